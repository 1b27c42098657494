// Holds the ABI table against ONNX Runtime's official headers: a wrong slot, type or value does not compile.
// ONNXRUNTIME_INCLUDE_DIR names the folder of onnxruntime_c_api.h; without it a folder beside the checkout is tried.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root, run } from './run.mjs'

const include = resolve(
  process.env.ONNXRUNTIME_INCLUDE_DIR ?? join(root, '..', 'shared', 'onnxruntime', 'include'),
)
if (!existsSync(join(include, 'onnxruntime_c_api.h'))) {
  console.log(
    `SKIPPED: the ABI check, for want of onnxruntime_c_api.h in ${include} (set ONNXRUNTIME_INCLUDE_DIR)`,
  )
  process.exit(0)
}
const build = join(root, 'build-abi-check')
const configured = run('cmake', ['-S', root, '-B', build, `-DONNXRUNTIME_INCLUDE_DIR=${include}`])
const checked = configured && run('cmake', ['--build', build, '--target', 'abi_check'])
console.log(
  checked
    ? `The ABI table agrees with the headers in ${include}`
    : 'The ABI table DISAGREES with the headers',
)
process.exit(checked ? 0 : 1)
