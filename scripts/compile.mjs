// Compiles lib/ to dist/, and server/lib to server/dist: `npm run build:ts`.
//
// The library is two files, because Node.js takes longer to find and open its modules than to run them:
// dist/library.js has what most processes need, and dist/rest.js the modules that are loaded by the first use of one
// of their exports. V8 parses a file as a whole before it runs the first line. What else a process may not need has
// files of its own, which take the library's modules out of dist/library.js: the tools, the backend of
// onnxruntime-common, and the engine on onnxruntime-node. So there is one copy of each module. Types stay in a file
// for each module.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root, runTool, tool } from './run.mjs'

const lib = join(root, 'lib')
const dist = join(root, 'dist')
const LIBRARY = 'library.js'
const REST = 'rest.js'
/** Looked up once: by each module that imports it, Node.js would take a millisecond longer. */
const COMMON = 'onnxruntime-common'
/** Modules that no load of a model on the CPU, and no run, uses. Their importers use nothing of theirs while they load. */
const REST_MODULES = new RegExp(
  `^(${[
    'batching/(?!batcher$|pool$)',
    'device/(cuda-options|named-options|provider-options|webgpu-options)$',
    'engine/(config-key-table|cuda-libraries|ort-errors|provider-errors)$',
    'model/(adapter-file|initializers|protobuf|random|small-floats)$',
    'value/(nested|pointer|view)$',
  ].join('|')})`,
)
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
  const config = join(root, 'server/tsconfig.json')
  if (!existsSync(config)) return true
  const { dependencies } = JSON.parse(readFileSync(join(root, 'server/package.json'), 'utf8'))
  const missing = Object.keys(dependencies).filter((name) => !existsSync(join(root, 'node_modules', name)))
  if (missing.length === 0) return runTool(tool('typescript', 'tsc'), ['-p', config])
  console.log(`SKIPPED: server/ is not compiled; npm install gets ${missing.join(', ')}`)
  return true
}

const listFiles = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/'))

/** Rewrites the calls of `require` for modules of the library; returns these modules. */
function takeFromLibrary(outDir, file) {
  const path = join(outDir, file)
  const folder = posix.dirname(file)
  const modules = []
  const code = readFileSync(path, 'utf8').replace(/\brequire\("([^"]*)"\)/g, (call, specifier) => {
    const isOwn = specifier.startsWith('.')
    const module = isOwn ? moduleName(posix.join(folder, specifier)) : specifier
    if (module === undefined || !(isOwn ? !isApart(`${module}.js`) : module === COMMON)) return call
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

/** @param {readonly string[]} shared the modules that the apart files take from the library */
async function bundle(outDir, shared, sourcemap) {
  const isLater = (module) => REST_MODULES.test(module)
  const later = new Set(shared.filter(isLater))
  const taken = new Set(shared)
  const write = (outfile, modules, plugin) =>
    build({
      stdin: {
        contents: modules.map(exported).join('\n'),
        resolveDir: lib,
        sourcefile: outfile.replace('.js', '.ts'),
      },
      outfile: join(outDir, outfile),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'es2022',
      packages: 'external',
      logLevel: 'warning',
      sourcemap,
      plugins: [plugin],
    })
  // Again until neither takes a module that the other does not export yet.
  for (let known = 0; known !== later.size + taken.size; ) {
    known = later.size + taken.size
    await write(LIBRARY, [...taken].sort(), otherFile(REST, isLater, later))
    await write(
      REST,
      [...later].sort(),
      otherFile(LIBRARY, (module) => !isLater(module), taken),
    )
  }
  for (const file of [LIBRARY, REST]) {
    const path = join(outDir, file)
    writeFileSync(path, takeDirectly(restoreClassNames(readFileSync(path, 'utf8'))))
  }
}

/** esbuild calls a class that refers to itself `_X`, which `X.name` shows. A space keeps the places of the source map. */
function restoreClassNames(code) {
  const names = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name)
  return names.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), `${name} `), code)
}

/** esbuild reads an export of another file's module by a getter for all names, which V8 does not inline. */
const takeDirectly = (code) =>
  code.replace(/__toESM\((require_\w+\(\))\)/g, (_, call) => `${' '.repeat('__toESM('.length)}${call} `)

const exported = (module) =>
  `export * as ${JSON.stringify(module)} from '${module === COMMON ? COMMON : `./${module}`}'`

/**
 * Takes the modules that are in another file from there, by the first use of one of their exports.
 *
 * @param {string} file
 * @param {(module: string) => boolean} isThere
 * @param {Set<string>} used receives their names
 * @returns {import('esbuild').Plugin}
 */
function otherFile(file, isThere, used) {
  return {
    name: file,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
        const module = moduleName(relative(lib, join(resolveDir, path)).split(sep).join('/'))
        if (kind === 'require-call' && isApart(`${module}.js`))
          return { path: `./${module}.js`, external: true }
        if (path === `./${file}`) return { path, external: true }
        if (module === undefined || !isThere(module)) return undefined
        used.add(module)
        return { path: module, namespace: 'other-file' }
      })
      onResolve({ filter: /^onnxruntime-common$/ }, ({ path, namespace }) =>
        namespace === 'common' ? { path, external: true } : { path, namespace: 'common' },
      )
      onLoad({ filter: /./, namespace: 'common' }, () => ({
        contents: `module.exports = require('${COMMON}')`,
      }))
      onLoad({ filter: /./, namespace: 'other-file' }, async ({ path }) => ({
        contents: await getters(file, path),
        resolveDir: lib,
      }))
    },
  }
}

async function getters(file, module) {
  const { metafile } = await build({
    entryPoints: [join(lib, `${module}.ts`)],
    format: 'esm',
    write: false,
    metafile: true,
  })
  const names = Object.values(metafile.outputs)[0].exports
  return `let module
const load = () => (module ??= require('./${file}')[${JSON.stringify(module)}])
${names.map((name) => `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => load().${name} })`).join('\n')}`
}

/** The modules that the library's file contains, and files whose source was moved: they would be packed. */
function removeStale(outDir, files) {
  for (const file of files) {
    const [, name, types, m] = /^(.*?)(\.d)?\.(m?)[jt]s(?:\.map)?$/.exec(file) ?? []
    if (name === undefined || name === 'library' || name === 'rest') continue
    const isCompiled = existsSync(join(lib, `${name}.${m}ts`))
    if (!isCompiled || (types === undefined && !isApart(`${name}.${m}js`))) rmSync(join(outDir, file))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = (await compile()) ? 0 : 1
