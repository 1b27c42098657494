// SwiftShader: a Vulkan driver in software, on which ONNX Runtime's WebGPU provider runs without a GPU. Debian's package
// chromium-common contains it.
//
// node scripts/swiftshader.mjs           prints its path, and fetches the package where it is missing
// node scripts/swiftshader.mjs --find    does not fetch
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './run.mjs'

const ICD = 'vk_swiftshader_icd.json'
const PACKAGE = 'chromium-common'
const INSTALLED = '/usr/lib/chromium'
/** git ignores build-*. */
const CACHE = join(root, 'build-swiftshader')

/**
 * @typedef {{ driver: string, version: string, env: Record<string, string> }} SwiftShader `driver`: the library's path;
 *   `version`: of the package, or a digest; `env`: for new processes, since the loader reads LD_LIBRARY_PATH once
 * @typedef {{ reason: string }} Missing
 */

/** @returns {SwiftShader | Missing} */
export function findSwiftShader() {
  if (process.platform !== 'linux') {
    return { reason: `SwiftShader is supported on Linux only, not on ${process.platform}` }
  }
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES
  if (named !== undefined) {
    const icd = named.split(delimiter)[0]
    return fs.existsSync(icd)
      ? describe(icd, process.env.LD_LIBRARY_PATH)
      : { reason: `VK_DRIVER_FILES names ${named}, which does not exist` }
  }
  for (const folder of [INSTALLED, join(CACHE, INSTALLED)]) {
    if (fs.existsSync(join(folder, ICD))) return describe(join(folder, ICD), libraryPath(folder))
  }
  return {
    reason: `it is neither in ${INSTALLED} nor in build-swiftshader: \`node scripts/swiftshader.mjs\` fetches it`,
  }
}

/** The Vulkan loader is beside the driver; existing folders come first. */
function libraryPath(folder) {
  return [process.env.LD_LIBRARY_PATH, folder].filter(Boolean).join(delimiter)
}

/** @returns {SwiftShader} */
function describe(icd, libraries) {
  const driver = resolve(dirname(icd), JSON.parse(fs.readFileSync(icd, 'utf8')).ICD.library_path)
  return {
    driver,
    version: readVersion(driver),
    env: {
      VK_DRIVER_FILES: icd,
      VK_ICD_FILENAMES: icd,
      ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }),
    },
  }
}

function readVersion(driver) {
  const kept = join(CACHE, 'version')
  if (driver.startsWith(CACHE) && fs.existsSync(kept)) return fs.readFileSync(kept, 'utf8').trim()
  if (driver.startsWith(INSTALLED)) {
    const { status, stdout } = spawnSync('dpkg-query', ['-W', PACKAGE], { encoding: 'utf8' })
    if (status === 0) return stdout.trim().replace('\t', ' ')
  }
  return `sha256 ${createHash('sha256').update(fs.readFileSync(driver)).digest('hex').slice(0, 16)}`
}

/** Downloads the package and keeps three files. Installs nothing. */
function fetchSwiftShader() {
  fs.mkdirSync(CACHE, { recursive: true })
  const folder = fs.mkdtempSync(join(CACHE, 'fetch-'))
  const options = { cwd: folder, stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' }
  const download = () => execFileSync('apt-get', ['-qq', 'download', PACKAGE], options)
  try {
    try {
      download()
    } catch {
      // The package lists may be missing or out of date.
      const update = ['apt-get', '-qq', 'update']
      const [command, ...args] = process.getuid() === 0 ? update : ['sudo', '-n', ...update]
      execFileSync(command, args, options)
      download()
    }
    const [deb] = fs.readdirSync(folder)
    execFileSync('dpkg-deb', ['-x', deb, 'unpacked'], options)
    const about = execFileSync('dpkg-deb', ['-f', deb, 'Version'], { cwd: folder, encoding: 'utf8' })
    fs.mkdirSync(join(CACHE, INSTALLED), { recursive: true })
    for (const file of [ICD, 'libvk_swiftshader.so', 'libvulkan.so.1']) {
      fs.renameSync(join(folder, 'unpacked', INSTALLED, file), join(CACHE, INSTALLED, file))
    }
    fs.writeFileSync(join(CACHE, 'version'), `${PACKAGE} ${about}`)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

function main() {
  let found = findSwiftShader()
  const canFetch =
    process.platform === 'linux' && !process.env.VK_DRIVER_FILES && !process.argv.includes('--find')
  if ('reason' in found && canFetch) {
    try {
      fetchSwiftShader()
      found = findSwiftShader()
    } catch (error) {
      const lines = String(error.stderr || error.message)
      found = { reason: `the package cannot be downloaded: ${lines.trim().split('\n').at(-1)}` }
    }
  }
  if ('reason' in found) {
    console.log(`SKIPPED: no SwiftShader: ${found.reason}. The tests on WebGPU will be skipped.`)
    return
  }
  console.log(`SwiftShader: ${found.driver} (${found.version})`)
  for (const [name, value] of Object.entries(found.env)) console.log(`  ${name}=${value}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
