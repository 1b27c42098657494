// Compares our declarations of the CUDA driver with NVIDIA's official header: a wrong prototype or value does not compile.
// CUDA_INCLUDE_DIR names the folder of cuda.h; without it pip fetches a wheel that has the header.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { run } from './run.mjs'

const WHEEL = 'nvidia-cuda-runtime'
const given = process.env.CUDA_INCLUDE_DIR
const temporary = mkdtempSync(join(tmpdir(), 'cuda-check-'))
try {
  const include = given !== undefined ? resolve(given) : fetchHeader(temporary)
  if (include === undefined || !existsSync(join(include, 'cuda.h'))) {
    const reason = given !== undefined ? `${include} has no cuda.h` : `pip cannot fetch ${WHEEL}`
    console.log(`SKIPPED: the check of the CUDA driver's ABI: ${reason} (set CUDA_INCLUDE_DIR)`)
  } else {
    const flags = ['-fsyntax-only', '-std=c++20', '-Wall', '-Wextra', '-Werror', '-isystem', include]
    const source = join('native', 'device', 'cuda', 'driver_check.cc')
    const checked = run(process.env.CXX ?? 'c++', [...flags, source])
    console.log(
      checked
        ? `The CUDA driver's ABI agrees with ${given ?? WHEEL}`
        : "The CUDA driver's ABI DIFFERS from the header",
    )
    process.exitCode = checked ? 0 : 1
  }
} finally {
  rmSync(temporary, { recursive: true })
}

/** The folder of cuda.h in the wheel, or undefined. */
function fetchHeader(folder) {
  const python = (args) => spawnSync('python3', args, { cwd: folder, stdio: 'ignore' }).status === 0
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', folder, WHEEL]
  if (!python(pip)) return undefined
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'))
  if (wheel === undefined || !python(['-m', 'zipfile', '-e', wheel, folder])) return undefined
  const header = readdirSync(folder, { recursive: true }).find((file) => /(^|[\\/])cuda\.h$/.test(file))
  return header !== undefined ? join(folder, dirname(header)) : undefined
}
