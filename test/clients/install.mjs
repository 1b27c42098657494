// Installs a folder's package.json outside of the repository, beside a link to this package.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/run.mjs'

/** What npm reports where the registry lacks a package, or cannot be reached. */
const UNAVAILABLE =
  /npm error code (E404|ETARGET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|E5\d\d|ERR_SOCKET_TIMEOUT)/

/** @typedef {{ readonly folder: string, readonly unavailable?: string, remove(): void }} Installation `unavailable`: why nothing is installed */

/**
 * What the nightly tests alone install. Prints why it is not installed.
 * @param {string} source
 * @param {string} what its name
 * @param {boolean} [isHere] whether it exists for this platform
 * @returns {Installation}
 */
export function installNightly(source, what, isHere = true) {
  const reason =
    process.env.TEST_CLIENTS !== 'all' ? 'without TEST_CLIENTS=all' : !isHere && 'not for this platform'
  const installation = reason ? { folder: '', unavailable: reason, remove() {} } : install(source)
  if (installation.unavailable !== undefined) console.log(`SKIPPED: ${what}: ${installation.unavailable}`)
  return installation
}

/**
 * @param {string} source a folder of test/clients with a package.json, and a package-lock.json where that is small
 * @returns {Installation}
 */
export function install(source) {
  const folder = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-clients-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const files = ['package.json', 'package-lock.json'].filter((file) => existsSync(join(source, file)))
  for (const file of files) cpSync(join(source, file), join(folder, file))
  cpSync(join(import.meta.dirname, 'programs'), join(folder, 'programs'), { recursive: true })
  const args = [
    files.length > 1 ? 'ci' : 'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--loglevel',
    'error',
  ]
  try {
    execFileSync('npm', args, { cwd: folder, stdio: 'pipe', shell: process.platform === 'win32' })
  } catch (error) {
    const unavailable = UNAVAILABLE.exec(String(error.stderr))?.[0]
    if (unavailable === undefined) throw error
    return { folder, unavailable, remove }
  }
  symlinkSync(root, join(folder, 'node_modules', 'onnxruntime-iobinding'), 'junction')
  return { folder, remove }
}
