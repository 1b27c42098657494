// SwiftShader: a Vulkan driver in software, on which ONNX Runtime's WebGPU provider runs where there is no GPU. Chromium
// brings it; Debian's package `chromium-common` holds it.
//
// node scripts/swiftshader.mjs           says where it is, and fetches the package where it is not
// node scripts/swiftshader.mjs --find    does not fetch
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './run.mjs'

const ICD = 'vk_swiftshader_icd.json'
const PACKAGE = 'chromium-common'
const INSTALLED = '/usr/lib/chromium'
/** Ignored by git, as every folder of that beginning is. */
const CACHE = join(root, 'build-swiftshader')

/**
 * @typedef {object} SwiftShader
 * @property {string} driver path of the library
 * @property {string} version of the package it comes from, or a digest
 * @property {Record<string, string>} env what a process needs before it starts: the loader reads LD_LIBRARY_PATH once
 * @typedef {{ reason: string }} Missing
 */

/** @returns {SwiftShader | Missing} */
export function findSwiftShader() {
  if (process.platform !== 'linux') {
    return { reason: `SwiftShader is looked for on Linux, and this is ${process.platform}` }
  }
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES
  if (named !== undefined) {
    const icd = named.split(delimiter)[0]
    return existsSync(icd)
      ? describe(icd, process.env.LD_LIBRARY_PATH)
      : { reason: `VK_DRIVER_FILES names ${named}, which is not there` }
  }
  for (const folder of [INSTALLED, join(CACHE, INSTALLED)]) {
    if (existsSync(join(folder, ICD))) return describe(join(folder, ICD), libraryPath(folder))
  }
  return {
    reason: `neither ${INSTALLED} nor build-swiftshader has it; \`node scripts/swiftshader.mjs\` fetches it`,
  }
}

/** The Vulkan loader is beside the driver; a folder that was named already comes first. */
function libraryPath(folder) {
  return [process.env.LD_LIBRARY_PATH, folder].filter(Boolean).join(delimiter)
}

/** @returns {SwiftShader} */
function describe(icd, libraries) {
  const driver = resolve(dirname(icd), JSON.parse(readFileSync(icd, 'utf8')).ICD.library_path)
  return {
    driver,
    version: versionOf(driver),
    env: {
      VK_DRIVER_FILES: icd,
      VK_ICD_FILENAMES: icd,
      ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }),
    },
  }
}

function versionOf(driver) {
  const kept = join(CACHE, 'version')
  if (driver.startsWith(CACHE) && existsSync(kept)) return readFileSync(kept, 'utf8').trim()
  if (driver.startsWith(INSTALLED)) {
    const { status, stdout } = spawnSync('dpkg-query', ['-W', PACKAGE], { encoding: 'utf8' })
    if (status === 0) return stdout.trim().replace('\t', ' ')
  }
  return `sha256 ${createHash('sha256').update(readFileSync(driver)).digest('hex').slice(0, 16)}`
}

/** Downloads the package and keeps what is needed of it. Nothing is installed. */
function fetchSwiftShader() {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'fetch-'))
  const options = { cwd: folder, stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' }
  const download = () => execFileSync('apt-get', ['-qq', 'download', PACKAGE], options)
  try {
    try {
      download()
    } catch {
      // The lists may be missing, or name a version that the mirror no longer has.
      const update = ['apt-get', '-qq', 'update']
      const [command, ...args] = process.getuid() === 0 ? update : ['sudo', '-n', ...update]
      execFileSync(command, args, options)
      download()
    }
    const [deb] = readdirSync(folder)
    execFileSync('dpkg-deb', ['-x', deb, 'unpacked'], options)
    const about = execFileSync('dpkg-deb', ['-f', deb, 'Version'], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    mkdirSync(join(CACHE, INSTALLED), { recursive: true })
    for (const file of [ICD, 'libvk_swiftshader.so', 'libvulkan.so.1']) {
      renameSync(join(folder, 'unpacked', INSTALLED, file), join(CACHE, INSTALLED, file))
    }
    writeFileSync(join(CACHE, 'version'), `${PACKAGE} ${about}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function main() {
  let found = findSwiftShader()
  if ('reason' in found && process.platform === 'linux' && !process.env.VK_DRIVER_FILES) {
    if (!process.argv.includes('--find')) {
      try {
        fetchSwiftShader()
      } catch (error) {
        const why = String(error.stderr || error.message)
          .trim()
          .split('\n')
          .at(-1)
        console.log(`SKIPPED: SwiftShader cannot be had: ${why}. The tests on WebGPU will be skipped.`)
        return
      }
      found = findSwiftShader()
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
