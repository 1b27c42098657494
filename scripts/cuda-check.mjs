// Compares the types and functions of the CUDA driver with NVIDIA's official header: a wrong prototype or value does not
// compile. CUDA_INCLUDE_DIR names the folder of cuda.h; without it pip fetches a wheel with the header.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { run } from './run.mjs'

const WHEEL = 'nvidia-cuda-runtime'
const SOURCE = join('native', 'device', 'cuda', 'driver_check.cc')
const given = process.env.CUDA_INCLUDE_DIR
const temporary = mkdtempSync(join(tmpdir(), 'cuda-check-'))
try {
  const include = given !== undefined ? resolve(given) : fetchHeader(temporary)
  if (include === undefined || !existsSync(join(include, 'cuda.h'))) {
    const reason = given !== undefined ? `cuda.h in ${include}` : `cuda.h: pip cannot fetch ${WHEEL}`
    console.log(`SKIPPED: the check of the CUDA driver's ABI: no ${reason} (set CUDA_INCLUDE_DIR)`)
  } else {
    const flags = ['-fsyntax-only', '-std=c++20', '-Wall', '-Wextra', '-Werror', '-isystem', include]
    const agrees = run(process.env.CXX ?? 'c++', [...flags, SOURCE])
    console.log(`The CUDA driver's ABI ${agrees ? 'agrees' : 'DISAGREES'} with ${given ?? WHEEL}`)
    process.exitCode = agrees ? 0 : 1
  }
} finally {
  rmSync(temporary, { recursive: true })
}

/** The wheel's folder with cuda.h, or undefined. */
function fetchHeader(folder) {
  const python = (args) => spawnSync('python3', args, { cwd: folder, stdio: 'ignore' }).status === 0
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', folder, WHEEL]
  if (!python(pip)) return undefined
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'))
  if (wheel === undefined || !python(['-m', 'zipfile', '-e', wheel, folder])) return undefined
  const header = readdirSync(folder, { recursive: true }).find((file) => /(^|[\\/])cuda\.h$/.test(file))
  return header !== undefined ? join(folder, dirname(header)) : undefined
}
