// PyPI's wheels with execution providers, for Linux x64, in a cache outside of the tree.
//
// node test/plugins/wheels.mjs    fetches them (140 MB)
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../../scripts/run.mjs'

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const PLATFORMS = ['manylinux_2_28_x86_64', 'manylinux2014_x86_64'].flatMap((name) => ['--platform', name])
const WHEELS = ['--python-version', '3.11', '--implementation', 'cp', ...PLATFORMS]
const UNPACK = `
import sys, zipfile
for wheel in sys.argv[2:]:
    zipfile.ZipFile(wheel).extractall(sys.argv[1])
`

const folder = () => {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const hash = createHash('sha256').update(fs.readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16)
  return join(cache, 'onnxruntime-iobinding', `plugins-${hash}`)
}

/**
 * The plugins' libraries, and ONNX Runtime's library with OpenVINO; or why they are not here.
 *
 * @returns {{ openVino: string, webGpu: string, builtIn: string, extensions: string } | { reason: string }}
 */
export function findWheels() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { reason: `the wheels are for linux-x64, not ${process.platform}-${process.arch}` }
  const wheels = join(folder(), 'wheels')
  if (!fs.existsSync(wheels)) return { reason: '`node test/plugins/wheels.mjs` fetches the wheels' }
  return {
    openVino: join(wheels, 'onnxruntime_ep_openvino', 'libonnxruntime_providers_openvino_plugin.so'),
    webGpu: join(wheels, 'onnxruntime_ep_webgpu', 'libonnxruntime_providers_webgpu.so'),
    builtIn: join(wheels, 'onnxruntime', 'capi', 'libonnxruntime.so.1.24.1'),
    extensions: join(wheels, 'onnxruntime_extensions', '_extensions_pydll.cpython-311-x86_64-linux-gnu.so'),
  }
}

/** `.ci/run` makes build-python; Debian's own Python may have no pip. */
function python() {
  const own = join(root, 'build-python', 'bin', 'python')
  return process.env.TEST_PYTHON ?? (fs.existsSync(own) ? own : 'python3')
}

/** @returns {string | undefined} why pip cannot fetch them */
function fetchWheels() {
  fs.mkdirSync(folder(), { recursive: true })
  const temporary = fs.mkdtempSync(join(folder(), 'fetch-'))
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes']
  try {
    const args = [...pip, ...WHEELS, '--dest', temporary, '-r', REQUIREMENTS]
    const download = spawnSync(python(), args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
    if (download.status !== 0) return download.error?.message ?? download.stderr.trim().split('\n').at(-1)
    const wheels = fs.readdirSync(temporary).map((file) => join(temporary, file))
    const unpacked = join(temporary, 'wheels')
    const { status } = spawnSync(python(), ['-c', UNPACK, unpacked, ...wheels], { stdio: 'inherit' })
    if (status !== 0) return 'the wheels do not unpack'
    fs.renameSync(unpacked, join(folder(), 'wheels'))
    return undefined
  } finally {
    fs.rmSync(temporary, { recursive: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const missing = 'reason' in findWheels() && process.platform === 'linux' && process.arch === 'x64'
  const failure = missing ? fetchWheels() : undefined
  const found = findWheels()
  if ('reason' in found) console.log(`SKIPPED: the tests of plugins: ${failure ?? found.reason}`)
  else console.log(Object.values(found).join('\n'))
}
