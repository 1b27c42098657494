// The targets of all suites, and the command that runs each.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '../../scripts/run.mjs'
import { lastLine } from '../core/target-process.mjs'

const BUILD = join(root, 'build-bench')
const C_LOOP = join(BUILD, process.platform === 'win32' ? 'ort_c_loop.exe' : 'ort_c_loop')
const PYTHON_TARGET = join(import.meta.dirname, 'target.py')

/** Runs of the target `in-flight` that are awaited together. */
export const IN_FLIGHT = 4

/** By id: family and label. A limit omits what the others must do. */
const TARGETS = {
  'c-loop': ['limit', 'C loop over RunWithBinding'],
  'torch-eager': ['torch', 'torch eager'],
  'torch-autocast': ['torch', 'torch eager, bf16 autocast'],
  'torch-compile': ['torch', 'torch.compile'],
  'torch-graph': ['torch', 'torch CUDA graph, with copies'],
  'torch-replay': ['limit', 'torch CUDA graph, replay alone'],
  'python-run': ['theirs', 'Python run'],
  'python-binding': ['theirs', 'Python IOBinding'],
  'python-graph': ['theirs', 'Python IOBinding, graph'],
  'python-openvino': ['theirs', 'OpenVINO in Python'],
  'ort-node': ['theirs', 'onnxruntime-node run'],
  'ort-node-preallocated': ['theirs', 'onnxruntime-node run, preallocated'],
  'run-sync': ['ours', 'binding.runSync()'],
  run: ['ours', 'await binding.run()'],
  'run-thread': ['ours', 'await binding.run(), never inline'],
  'in-flight': ['ours', `binding.run(), ${IN_FLIGHT} in flight`],
  'session-run': ['ours', 'await session.run()'],
  // BERT's ladder, by binding.runSync().
  'int8-sync': ['ours', 'int8'],
  'openvino-sync': ['ours', 'OpenVINO'],
  'openvino-static-sync': ['ours', 'OpenVINO, static shapes'],
  'openvino-static-bf16-sync': ['ours', 'OpenVINO, static shapes, bf16'],
  // On a GPU.
  'sync-spin': ['ours', 'binding.runSync(), spin'],
  'sync-block': ['ours', 'binding.runSync(), block'],
  async: ['ours', 'await binding.run()'],
  mapped: ['ours', 'runSync, mapped'],
  device: ['ours', 'runSync, all on the device'],
  graph: ['ours', 'runSync, graph'],
  'graph-async': ['ours', 'await run, graph'],
  'graph-mapped': ['ours', 'runSync, graph, mapped'],
  'graph-device': ['ours', 'runSync, graph, all on the device'],
}

export const targetLabel = (id) => TARGETS[id]?.[1] ?? id

/** @returns {import('../core/target-pool.mjs').Target[]} in the order of a round */
export const targets = (...ids) =>
  ids.map((id) => ({ id, label: targetLabel(id), family: /** @type {any} */ (TARGETS[id][0]) }))

/** The Python package that a target needs; undefined for the others. */
const targetPackage = (id) =>
  id === 'python-openvino' ? 'openvino' : { python: 'onnxruntime', torch: 'torch' }[id.split('-')[0]]

/** The versions of a Python and its packages, or why there are none. */
export function findPython(python, device = 'cpu') {
  const { status, stdout, stderr, error } = spawnSync(python, [PYTHON_TARGET, 'probe', device], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status === 0) return { found: JSON.parse(lastLine(stdout)) }
  return { missing: `${python}: ${error?.message ?? lastLine(stderr)}` }
}

/**
 * Finds out which targets can be measured here. May build the C loop.
 * @param {{ id: string }[]} wanted
 * @param {{ python: string, device?: 'cpu' | 'cuda', rehearse?: boolean }} options
 * @returns {{ python: Record<string, string>, targetCommand: (id: string, bench?: any) => string[] | string }} versions of
 *   Python's packages, and a target's command or why it cannot be measured
 */
export function readyTargets(wanted, { python, device = 'cpu', rehearse = false }) {
  const ids = wanted.map(({ id }) => id)
  const { found = {}, missing } = ids.some(targetPackage) ? findPython(python, device) : {}
  const cLoop = ids.includes('c-loop') && buildCLoop()

  const lacking = (name, bench) => {
    if (missing !== undefined) return missing
    const absent = [name, 'numpy'].find((one) => !found[one])
    if (absent !== undefined) return `${python} has no ${absent}`
    if (device === 'cuda')
      return rehearse || found[`${name}-cuda`] ? undefined : `${name} of ${python} has no CUDA`
    return name === 'torch' && !bench.torch
      ? 'no torch module of this model is given (--torch FILE)'
      : undefined
  }
  const targetCommand = (id, bench) => {
    if (id === 'c-loop') return cLoop ? [C_LOOP, ...cLoopArguments(bench)] : 'it could not be built'
    if (id.startsWith('int8') && !bench.int8) return 'no int8 model is given (--int8 FILE)'
    if (id.startsWith('openvino') && !bench.openVino) return '`node test/plugins/wheels.mjs` fetches OpenVINO'
    const name = targetPackage(id)
    if (name === undefined) return [process.execPath, join(import.meta.dirname, 'node.mjs'), id]
    return lacking(name, bench) ?? [python, PYTHON_TARGET, id]
  }
  const versions = Object.entries(found).filter(([name]) => !name.endsWith('-cuda'))
  return { python: Object.fromEntries(versions), targetCommand }
}

function cLoopArguments({ path, threads, inputs, outputs }) {
  // Not at the top: the process of onnxruntime-node's target does not load this package.
  const { initialized } = createRequire(import.meta.url)('../../dist/index.js')
  const describe = (kind, { name, code, dims, file = '' }) => [kind, name, `${code}`, dims.join(','), file]
  return [
    initialized().libraryPath,
    path,
    `${threads}`,
    ...inputs.flatMap((input) => describe('input', input)),
    ...outputs.flatMap((output) => describe('output', output)),
  ]
}

/** In a build folder of its own. */
function buildCLoop() {
  const cmake = (...args) => {
    const { status, error, stdout, stderr } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8' })
    if (status !== 0) console.error(error?.message ?? stdout + stderr)
    return status === 0
  }
  const configured = cmake('-S', '.', '-B', BUILD, '-DORT_IOBINDING_BENCH=ON', '-DCMAKE_BUILD_TYPE=Release')
  const built = configured && cmake('--build', BUILD, '--config', 'Release', '--target', 'ort_c_loop')
  return built && existsSync(C_LOOP)
}
