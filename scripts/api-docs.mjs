// The API reference, from the TSDoc comments, into build/api: a broken link or a reference to what is not public is an error.
//
// TypeDoc reads code through TypeScript's old interface, which ends with TypeScript 6; the package is built by a newer one. So it has
// a folder of its own.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'

const FOLDER = join(root, 'build', 'typedoc')
const dependencies = { typedoc: '0.28.20', typescript: '6.0.3' }
const manifest = `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`

const typedoc = join(FOLDER, 'node_modules', 'typedoc', 'bin', 'typedoc')
if (!existsSync(typedoc)) {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, 'package.json'), manifest)
  const install = ['install', '--no-audit', '--no-fund', '--loglevel', 'error']
  if (!run('npm', install, { cwd: FOLDER, shell: process.platform === 'win32' })) process.exit(1)
}
const options = [
  ['--tsconfig', 'tsconfig.json'],
  ['--readme', 'README.md'],
  ['--out', join('build', 'api')],
  ['--entryPoints', join('lib', 'index.ts')],
  ['--entryPoints', join('lib', 'tools', 'export-check', 'index.ts')],
  // No links to the lines of a repository, which package.json does not name.
  ['--disableSources'],
  ['--excludeInternal'],
  ['--excludePrivate'],
  // Tables that types are made of: TypeDoc writes the types out.
  ['--intentionallyNotExported', 'table'],
  ['--intentionallyNotExported', 'LOG_LEVELS'],
  ['--intentionallyNotExported', 'ValueKind'],
  ['--treatWarningsAsErrors'],
]
process.exitCode = run(process.execPath, [typedoc, ...options.flat()]) ? 0 : 1
