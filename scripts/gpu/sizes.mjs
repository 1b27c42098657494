// Prepares the two folders that travel to a GPU machine, and checks their sizes before a machine is requested:
// `node scripts/gpu/sizes.mjs --part DIR --limit-mib N [--wheel FILE] [--base DIR] [--pack DIR]`.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from '../run.mjs'

const { values: options } = parseArgs({
  options: {
    part: { type: 'string' },
    'limit-mib': { type: 'string' },
    wheel: { type: 'string' },
    base: { type: 'string', default: join(root, 'build', 'gpu-base') },
    pack: { type: 'string', default: join(root, 'build', 'gpu-pack') },
    addon: { type: 'string' },
  },
})
const { part, wheel, addon, 'limit-mib': limitMib } = options
if (!part || !(Number(limitMib) > 0)) {
  throw new Error('sizes.mjs: expected --part DIR, the packed base, and --limit-mib N of a transfer')
}
const [base, pack] = [resolve(options.base), resolve(options.pack)]

function writable(path) {
  chmodSync(path, lstatSync(path).mode | 0o200)
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) writable(join(path, name))
}

/** Unpacking moves the part's files: a copy travels. */
function copyBase() {
  rmSync(base, { recursive: true, force: true })
  cpSync(part, base, { recursive: true })
  writable(base)
}

function makePack() {
  const more = addon ? ['--addon', resolve(addon)] : []
  const packed = run(process.execPath, [join(root, 'test/gpu/pack.mjs'), '--out', pack, ...more])
  const taken =
    !wheel ||
    run('python3', [join(import.meta.dirname, 'python-part.py'), wheel, join(pack, 'python-part.tar.xz')])
  if (!packed || !taken) throw new Error('sizes.mjs: the pack could not be made (see above)')
}

/** Node travels with the pack: no transfer is near its limit. */
function splitBase() {
  const script = join(import.meta.dirname, 'split-base.py')
  if (!run('python3', [script, base, join(pack, 'node.tar.xz')])) {
    throw new Error('sizes.mjs: the base could not be split (see above)')
  }
}

function diskSize(path) {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return stat.size
  return readdirSync(path).reduce((sum, name) => sum + diskSize(join(path, name)), 0)
}

/** The files that travel with every call: tracked ones, and others that Git does not ignore. */
function treeSize() {
  const { stdout, status } = spawnSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error('sizes.mjs: the folder is not a Git working tree')
  const files = [...new Set(stdout.split('\0').filter(Boolean))].map((name) => join(root, name))
  return files.reduce((sum, file) => sum + (lstatSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}

copyBase()
makePack()
splitBase()
const mib = (bytes) => bytes / 2 ** 20
const tree = treeSize()
let tooLarge = false
for (const [name, folder] of Object.entries({ base, proof: pack })) {
  const sum = mib(tree + diskSize(folder))
  const fits = sum < Number(limitMib)
  tooLarge ||= !fits
  console.log(
    `${name}: working tree ${mib(tree).toFixed(1)} + ${relative(root, folder)} ${mib(diskSize(folder)).toFixed(1)} = ` +
      `${sum.toFixed(1)} of ${limitMib} MiB: ${fits ? 'fits' : 'TOO LARGE'}`,
  )
}
process.exitCode = tooLarge ? 1 : 0
