// Compiles lib/ to dist/: `npm run build:ts`.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, runTool, tool } from './run.mjs'

const dist = join(root, 'dist')

export function compile() {
  if (!runTool(tool('typescript', 'tsc'), ['-p', 'tsconfig.json'])) return false
  removeStale()
  return true
}

/** Files whose source was moved or deleted would be packed. The others stay in place: a test run may be using them. */
function removeStale() {
  for (const file of readdirSync(dist, { recursive: true })) {
    const [, name, m] = /^(.*?)(?:\.d)?\.(m?)[jt]s(?:\.map)?$/.exec(file) ?? []
    if (name !== undefined && !existsSync(join(root, 'lib', `${name}.${m}ts`))) rmSync(join(dist, file))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = compile() ? 0 : 1
