// Makes the API reference from the TSDoc comments, in build/api. A broken link or a reference to something that is not public is
// an error. TypeDoc needs TypeScript 6, and a newer version builds the package: TypeDoc is installed in a folder of its own.
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
  ...['--tsconfig', 'tsconfig.json', '--readme', 'README.md', '--out', join('build', 'api')],
  ...['--entryPoints', join('lib', 'index.ts')],
  ...['--entryPoints', join('lib', 'backend', 'index.ts')],
  ...['--entryPoints', join('lib', 'tools', 'export-check', 'index.ts')],
  // package.json names no repository to link to.
  ...['--disableSources', '--excludeInternal', '--excludePrivate', '--treatWarningsAsErrors'],
  // Markdown's languages beside TypeDoc's own.
  ...['typescript', 'javascript', 'json', 'sh', 'python', 'powershell'].flatMap((name) => [
    '--highlightLanguages',
    name,
  ]),
  // Base classes, whose members are listed with the only subclass; tables from which types are derived, which are listed.
  ...['OrtValueMemory', 'table', 'LOG_LEVELS', 'POLICIES', 'ValueKind', 'EarlyEnd'].flatMap((name) => [
    '--intentionallyNotExported',
    name,
  ]),
]
process.exitCode = run(process.execPath, [typedoc, ...options]) ? 0 : 1
