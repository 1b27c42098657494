// The simulated GPU: pip fetches ONNX Runtime's CUDA provider, nvdisasm and CUDA's headers, and CMake builds the libraries.
//
//     eval "$(node test/cuda-simulation/simulation.mjs)"    # the environment of commands that run on it
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, run } from '../../scripts/run.mjs'

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
/** git ignores build-*. */
export const build = join(root, 'build-cuda-simulation')
/** The provider is the same in the wheels of all versions of Python. */
const WHEELS = ['--python-version', '3.11', '--implementation', 'cp', '--platform', 'manylinux_2_28_x86_64']
const OLDER = ['manylinux_2_27_x86_64', 'manylinux2014_x86_64', 'manylinux_2_17_x86_64']
/** The files of the wheels that are kept. */
const KEPT = [
  String.raw`onnxruntime/capi/libonnxruntime(\.so|_providers_cuda|_providers_shared)`,
  'nvidia/cu13/include/',
  'nvidia/cu13/bin/nvdisasm$',
].join('|')
const UNPACK = `
import re, sys, zipfile
for wheel in sys.argv[3:]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if re.match(sys.argv[2], name):
                archive.extract(name, sys.argv[1])
`

/** A reason for which the simulation cannot run here, in contrast to a fault of it. */
class Unavailable extends Error {}

/** A folder outside of the tree, by the hash of what is fetched into it. */
function cacheFolder() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const hash = createHash('sha256').update(fs.readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16)
  return join(cache, 'onnxruntime-iobinding', `cuda-simulation-${hash}`)
}

/** `.ci/run` makes build-python; Debian's own Python may have no pip. */
function python() {
  const own = join(root, 'build-python', 'bin', 'python')
  return process.env.TEST_PYTHON ?? (fs.existsSync(own) ? own : 'python3')
}

/** Downloads the wheels, checks their hashes, and keeps what is needed of them. */
function fetchWheels() {
  const cache = cacheFolder()
  const wheels = join(cache, 'wheels')
  if (fs.existsSync(wheels)) return wheels
  fs.mkdirSync(cache, { recursive: true })
  const temporary = fs.mkdtempSync(join(cache, 'fetch-'))
  try {
    const unpacked = join(temporary, 'wheels')
    const options = [...WHEELS, ...OLDER.flatMap((platform) => ['--platform', platform])]
    const pip = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--require-hashes',
    ]
    const download = spawnSync(python(), [...pip, ...options, '--dest', temporary, '-r', REQUIREMENTS], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
    if (download.status !== 0) {
      const why = download.error?.message ?? download.stderr.trim().split('\n').at(-1)
      throw new Unavailable(
        `pip cannot fetch ONNX Runtime's CUDA provider, nvdisasm or CUDA's headers: ${why}`,
      )
    }
    const files = fs.readdirSync(temporary).filter((file) => file.endsWith('.whl'))
    const paths = files.map((file) => join(temporary, file))
    if (!run(python(), ['-c', UNPACK, unpacked, KEPT, ...paths])) throw new Error('the wheels do not unpack')
    fs.chmodSync(join(unpacked, 'nvidia/cu13/bin/nvdisasm'), 0o755)
    fs.renameSync(unpacked, wheels)
    return wheels
  } finally {
    fs.rmSync(temporary, { recursive: true })
  }
}

/** @returns {Record<string, string>} the environment of new processes: the loader reads LD_LIBRARY_PATH once */
function environment(wheels) {
  const capi = join(wheels, 'onnxruntime', 'capi')
  const library = fs.readdirSync(capi).find((file) => file.startsWith('libonnxruntime.so.'))
  const kernels = join(cacheFolder(), 'kernels')
  fs.mkdirSync(kernels, { recursive: true })
  return {
    LD_LIBRARY_PATH: [join(build, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
    ORT_DYLIB_PATH: join(capi, library),
    CUDASIM_NVDISASM: join(wheels, 'nvidia/cu13/bin/nvdisasm'),
    CUDASIM_CACHE: kernels,
  }
}

/**
 * Fetches and builds what is missing.
 *
 * @returns {{ env: Record<string, string> } | { reason: string }} `reason`: why it cannot run here
 * @throws if it does not compile
 */
export function prepareSimulation() {
  try {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new Unavailable(
        `ONNX Runtime's CUDA provider is for linux-x64, not ${process.platform}-${process.arch}`,
      )
    }
    if (spawnSync('cmake', ['--version']).error) throw new Unavailable('no cmake')
    const wheels = fetchWheels()
    const include = `-DCUDA_INCLUDE_DIR=${join(wheels, 'nvidia/cu13/include')}`
    const configure = ['-S', import.meta.dirname, '-B', build, '-DCMAKE_BUILD_TYPE=Release', include]
    const stdio = ['ignore', 'ignore', 'inherit']
    for (const args of [configure, ['--build', build, '--parallel']]) {
      if (!run('cmake', args, { stdio })) throw new Error('the CUDA simulation does not build')
    }
    return { env: environment(wheels) }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    return { reason: error.message }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = prepareSimulation()
  if ('reason' in found) {
    console.error(`no CUDA simulation: ${found.reason}`)
    process.exitCode = 1
  } else {
    for (const [name, value] of Object.entries(found.env)) console.log(`export ${name}='${value}'`)
  }
}
