// Copies what the GPU suites need into a folder that runs on a machine with Node and nothing else:
// `npm run pack:gpu -- [--out build/gpu-pack] [--addon FILE] [--models DIR]`.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/run.mjs'
import { modelCases } from '../helpers/cases.mjs'

const ADDON = 'onnxruntime_iobinding.node'
const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'build', 'gpu-pack') },
    addon: { type: 'string', default: join(root, 'build', 'Release', ADDON) },
    models: { type: 'string' },
  },
})
const out = resolve(options.out)
if (existsSync(out) && !existsSync(join(out, 'test', 'gpu', 'pack.mjs')) && readdirSync(out).length > 0) {
  throw new Error(`${out} is not a pack: it is not emptied`)
}
rmSync(out, { recursive: true, force: true })

/** Copies a file or a folder of the repository to the same place in the pack. */
function take(path, filter = () => true) {
  const source = join(root, path)
  if (!existsSync(source)) throw new Error(`${source} does not exist: build the package first`)
  cpSync(source, join(out, path), {
    recursive: true,
    filter: (file) => statSync(file).isDirectory() || filter(file),
  })
}

/** The packages that the package needs at run time, with their dependencies. */
function productionPackages(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue
    found.add(name)
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    productionPackages(Object.keys(manifest.dependencies ?? {}), found)
  }
  return found
}

const runs = (file) => !/\.(map|ts|md)$/.test(file)
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
take('package.json')
take('dist', runs)
for (const name of productionPackages(Object.keys(dependencies))) take(join('node_modules', name), runs)
for (const folder of ['benchmarks', 'scripts/export']) take(folder, (file) => /\.(mjs|py)$/.test(file))
take('scripts/run.mjs')
take('scripts/gpu')
take('test/gpu', (file) => !file.endsWith('.ts'))
for (const file of ['cases', 'library', 'random', 'tensors']) take(`test/helpers/${file}.mjs`)
take('test/models')
const addon = join(out, 'prebuilds', `${process.platform}-${process.arch}`, ADDON)
mkdirSync(dirname(addon), { recursive: true })
cpSync(options.addon, addon)
if (options.models !== undefined) {
  process.env.ONNX_MODELS_DIR = resolve(options.models)
  for (const { id, dir, bundled } of modelCases())
    if (!bundled) cpSync(dir, join(out, 'models', id), { recursive: true })
  cpSync(join(options.models, 'manifest.json'), join(out, 'models', 'manifest.json'))
}

function diskSize(path) {
  if (!statSync(path).isDirectory()) return statSync(path).size
  return readdirSync(path).reduce((sum, name) => sum + diskSize(join(path, name)), 0)
}
const mib = (path) => `${(diskSize(path) / 2 ** 20).toFixed(1)} MiB`
for (const name of readdirSync(out)) console.log(`${mib(join(out, name)).padStart(9)}  ${name}`)
console.log(`${mib(out).padStart(9)}  ${out}`)
