// Installs a folder's package-lock.json outside of the repository, beside a link to this package.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/run.mjs'

/** What npm reports where the registry lacks a package, or cannot be reached. */
const UNAVAILABLE =
  /npm error code (E404|ETARGET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|E5\d\d|ERR_SOCKET_TIMEOUT)/

export interface Installation {
  readonly folder: string
  /** Why nothing is installed. */
  readonly unavailable?: string
  remove(): void
}

/** @param source a folder of test/clients with a package-lock.json */
export function install(source: string): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-clients-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(source, file), join(folder, file))
  cpSync(join(import.meta.dirname, 'programs'), join(folder, 'programs'), { recursive: true })
  const args = [
    'ci',
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
    const unavailable = UNAVAILABLE.exec(String((error as { stderr?: Buffer }).stderr))?.[0]
    if (unavailable === undefined) throw error
    return { folder, unavailable, remove }
  }
  symlinkSync(root, join(folder, 'node_modules', 'onnxruntime-iobinding'), 'junction')
  return { folder, remove }
}
