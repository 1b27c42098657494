// Who is measured, and the command that runs each.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { initialize } from '../../dist/index.mjs'
import { root } from '../run.mjs'
import { findPython } from './python.mjs'

const BUILD = join(root, 'build-bench')
const C_LOOP = join(BUILD, process.platform === 'win32' ? 'ort_c_loop.exe' : 'ort_c_loop')
const here = (file) => join(root, 'scripts', 'bench', file)

/** What the others' times are held against. */
export const LIMIT = 'c-loop'
export const BASELINE = 'ort-node'

/** @typedef {{ id: string, label: string, family: 'limit' | 'ours' | 'theirs' | 'torch' }} Contender */

/** @type {Contender[]} in the order of a round */
export const contenders = [
  { id: LIMIT, label: 'C loop over RunWithBinding', family: 'limit' },
  { id: 'run-sync', label: 'binding.runSync()', family: 'ours' },
  { id: 'run', label: 'await binding.run()', family: 'ours' },
  { id: 'run-thread', label: 'await binding.run(), never inline', family: 'ours' },
  { id: 'session-run', label: 'await session.run()', family: 'ours' },
  { id: BASELINE, label: 'onnxruntime-node run', family: 'theirs' },
  { id: 'ort-node-preallocated', label: 'onnxruntime-node run, preallocated outputs', family: 'theirs' },
  { id: 'python-run', label: 'Python run', family: 'theirs' },
  { id: 'python-binding', label: 'Python IOBinding', family: 'theirs' },
]

/** What a contender of Python needs of it; undefined for the others. */
const moduleOf = (id) => ({ python: 'onnxruntime', torch: 'torch' })[id.split('-')[0]]

/**
 * Finds out what can be measured here, which for the C loop may build it.
 * @param {Contender[]} wanted
 * @param {string} python command of a Python that has onnxruntime, or torch
 */
export function readyContenders(wanted, python) {
  const ids = wanted.map(({ id }) => id)
  const { found, missing } = ids.some(moduleOf) ? findPython(python) : {}
  const library = initialize().libraryPath
  const cLoop = ids.includes(LIMIT) && buildCLoop()
  /** The command of a contender for a case, or why there is none. */
  const commandOf = (id, /** @type {import('./models.mjs').Case} */ bench) => {
    if (id === LIMIT) return cLoop ? [C_LOOP, ...cLoopArguments(library, bench)] : 'it could not be built'
    const module = moduleOf(id)
    if (module === undefined) return [process.execPath, here('contender.mjs'), id, JSON.stringify(bench)]
    const lacking =
      missing ?? [module, 'numpy'].filter((name) => !found[name]).map((name) => `${python} has no ${name}`)[0]
    if (lacking !== undefined) return lacking
    if (module === 'torch' && !bench.torch) return 'there is no module of torch for this model (--torch FILE)'
    return [python, here('contender.py'), id, JSON.stringify(bench)]
  }
  return { python: found, commandOf }
}

function cLoopArguments(library, { path, threads, inputs, outputs }) {
  const port = ({ name, code, dims }) => [name, `${code}`, dims.join(',')]
  return [
    library,
    path,
    `${threads}`,
    ...inputs.flatMap((input) => ['input', ...port(input), input.file]),
    ...outputs.flatMap((output) => ['output', ...port(output), '']),
  ]
}

/** Its build is its own: the addon's is left alone. */
function buildCLoop() {
  const cmake = (...args) => {
    const { status, error, stdout, stderr } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8' })
    if (status !== 0) console.error(`${error?.message ?? stdout + stderr}`)
    return status === 0
  }
  const configured = cmake('-S', '.', '-B', BUILD, '-DORT_IOBINDING_BENCH=ON', '-DCMAKE_BUILD_TYPE=Release')
  const built = configured && cmake('--build', BUILD, '--config', 'Release', '--target', 'ort_c_loop')
  return built && existsSync(C_LOOP)
}
