// Compares the ABI table with ONNX Runtime's official headers: a wrong slot, type or value does not compile.
//
// ONNXRUNTIME_INCLUDE_DIR names the folder of onnxruntime_c_api.h (default: ../shared/onnxruntime/include). Without the
// header the check is skipped; under CI, which has it, that is a failure.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root, run } from './run.mjs'

const include = resolve(
  process.env.ONNXRUNTIME_INCLUDE_DIR ?? join(root, '..', 'shared', 'onnxruntime', 'include'),
)
if (!existsSync(join(include, 'onnxruntime_c_api.h'))) {
  const reason = `${include} has no onnxruntime_c_api.h (set ONNXRUNTIME_INCLUDE_DIR)`
  console.log(process.env.CI ? `The ABI check cannot run: ${reason}` : `SKIPPED: the ABI check: ${reason}`)
  process.exit(process.env.CI ? 1 : 0)
}
const build = join(root, 'build-abi-check')
const configured = run('cmake', ['-S', root, '-B', build, `-DONNXRUNTIME_INCLUDE_DIR=${include}`])
const checked = configured && run('cmake', ['--build', build, '--target', 'abi_check'])
console.log(
  checked ? `The ABI table agrees with the headers in ${include}` : 'The ABI table DIFFERS from the headers',
)
process.exit(checked ? 0 : 1)
