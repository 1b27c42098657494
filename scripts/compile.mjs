// Compiles lib/ to dist/, and server/lib to server/dist: `npm run build:ts`.
//
// The library is one file, dist/library.js, because Node.js takes longer to find and open its modules than to run
// them. What a process may not need has files of its own, which take the library's modules out of that file: the
// tools, the backend of onnxruntime-common, and the engine on onnxruntime-node. So there is one copy of each
// module. Types stay in a file for each module.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root, runTool, tool } from './run.mjs'

const lib = join(root, 'lib')
const dist = join(root, 'dist')
const LIBRARY = 'library.js'
const isApart = (file) => /^(index\.m?js$|(backend|register|tools)\/|engine\/onnxruntime-node\/)/.test(file)

/** @param {{ outDir?: string, sourceMap?: boolean }} options */
export async function compile({ outDir = dist, sourceMap = false } = {}) {
  const options = ['-p', 'tsconfig.json', '--noEmit', 'false', '--outDir', outDir]
  if (!runTool(tool('typescript', 'tsc'), [...options, ...(sourceMap ? ['--sourceMap'] : [])])) return false
  const files = listFiles(outDir)
  const shared = files
    .filter((file) => file.endsWith('.js') && isApart(file))
    .flatMap((file) => takeFromLibrary(outDir, file))
  await bundle(outDir, [...new Set(shared)].sort(), sourceMap)
  removeStale(outDir, files)
  return outDir !== dist || compileServer()
}

/** The server's types are those of dist/. Packages for tests do not have its dependencies. */
function compileServer() {
  const [config, dependency] = ['server/tsconfig.json', 'node_modules/fastify'].map((path) =>
    join(root, path),
  )
  if (!existsSync(config) || !existsSync(dependency)) return true
  return runTool(tool('typescript', 'tsc'), ['-p', config])
}

const listFiles = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/'))

/** Rewrites the calls of `require` for modules of the library; returns these modules. */
function takeFromLibrary(outDir, file) {
  const path = join(outDir, file)
  const folder = posix.dirname(file)
  const modules = []
  const code = readFileSync(path, 'utf8').replace(/\brequire\("(\.[^"]*)"\)/g, (call, specifier) => {
    const module = moduleName(posix.join(folder, specifier))
    if (module === undefined || isApart(`${module}.js`)) return call
    modules.push(module)
    const library = posix.relative(folder, LIBRARY)
    return `require("${library.startsWith('.') ? library : `./${library}`}")[${JSON.stringify(module)}]`
  })
  writeFileSync(path, code)
  return modules
}

/** The module of a path without its extension, which may be a folder's. */
function moduleName(path) {
  return [path, `${path}/index`].find((name) => existsSync(join(lib, `${name}.ts`)))
}

/** @param {readonly string[]} shared the modules that the library's file exports, by their names */
async function bundle(outDir, shared, sourcemap) {
  await build({
    stdin: {
      contents: shared.map((module) => `export * as ${JSON.stringify(module)} from './${module}'`).join('\n'),
      resolveDir: lib,
      sourcefile: 'library.ts',
    },
    outfile: join(outDir, LIBRARY),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'es2022',
    packages: 'external',
    logLevel: 'warning',
    sourcemap,
    plugins: [{ name: 'apart', setup: ({ onResolve }) => onResolve({ filter: /^\./ }, keepApart) }],
  })
  keepClassNames(join(outDir, LIBRARY))
}

/** esbuild makes `var X = class _X` of a class that names itself, so that errors and console.log() would show `_X`. */
function keepClassNames(path) {
  const code = readFileSync(path, 'utf8')
  const names = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name)
  writeFileSync(path, code.replaceAll(new RegExp(`\\b_(${names.join('|')})\\b`, 'g'), '$1'))
}

function keepApart({ path, resolveDir, kind }) {
  const file = `${relative(lib, join(resolveDir, path)).split(sep).join('/')}.js`
  return kind === 'require-call' && isApart(file) ? { path: `./${file}`, external: true } : undefined
}

/** The modules that the library's file contains, and files whose source was moved: they would be packed. */
function removeStale(outDir, files) {
  for (const file of files) {
    const [, name, types, m] = /^(.*?)(\.d)?\.(m?)[jt]s(?:\.map)?$/.exec(file) ?? []
    if (name === undefined || name === 'library') continue
    const isCompiled = existsSync(join(lib, `${name}.${m}ts`))
    if (!isCompiled || (types === undefined && !isApart(`${name}.${m}js`))) rmSync(join(outDir, file))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = (await compile()) ? 0 : 1
