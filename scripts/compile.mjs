// Compiles lib/ to dist/, and server/lib to server/dist: `npm run build:ts`.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, runTool, tool } from './run.mjs'

const dist = join(root, 'dist')

export function compile() {
  if (!runTool(tool('typescript', 'tsc'), ['-p', 'tsconfig.json'])) return false
  removeStale()
  return compileServer()
}

/** The server's types are those of dist/. Other workspaces, and packages for tests, do not have its dependencies. */
function compileServer() {
  const [config, dependency] = ['server/tsconfig.json', 'node_modules/fastify'].map((path) =>
    join(root, path),
  )
  if (!existsSync(config) || !existsSync(dependency)) return true
  return runTool(tool('typescript', 'tsc'), ['-p', config])
}

/** Files whose source was moved or deleted would be packed. The others stay in place: a test run may be using them. */
function removeStale() {
  for (const file of readdirSync(dist, { recursive: true })) {
    const [, name, m] = /^(.*?)(?:\.d)?\.(m?)[jt]s(?:\.map)?$/.exec(file) ?? []
    if (name !== undefined && !existsSync(join(root, 'lib', `${name}.${m}ts`))) rmSync(join(dist, file))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = compile() ? 0 : 1
