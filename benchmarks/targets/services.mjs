// The services of the throughput suite: each answers requests, one or several at once, with the sum of the first output.
import { pseudoRandom } from '../../test/helpers/random.mjs'

const OURS = '../../dist/index.mjs'

/**
 * @typedef {{ name: string, type: string, dims: number[], value?: string }} Input `value`: what all elements hold
 * @typedef {{ path: string, threads: number, inputs: Input[] }} Case
 * @typedef {(request: number) => Promise<number>} Service
 */

export const BASELINE = 'ort-node'

/** By id: family, label and start. @type {Record<string, ['ours' | 'theirs', string, (bench: Case) => Promise<Service>]>} */
const SERVICES = {
  [BASELINE]: ['theirs', 'onnxruntime-node run', (bench) => unbound(bench, 'onnxruntime-node')],
  'session-run': ['ours', 'session.run', (bench) => unbound(bench, OURS)],
  'binding-1': ['ours', '1 binding', (bench) => bound(bench, 1, 1)],
  'bindings-2': ['ours', '2 bindings', (bench) => bound(bench, 1, 2)],
  'bindings-4': ['ours', '4 bindings', (bench) => bound(bench, 1, 4)],
  'bindings-8': ['ours', '8 bindings', (bench) => bound(bench, 1, 8)],
  batcher: ['ours', 'batcher', batched],
  'sessions-2': ['ours', '2 sessions, 1 binding each', (bench) => bound(bench, 2, 1)],
}

const all = Object.entries(SERVICES).map(([id, [family, label]]) => ({ id, label, family }))

/** In the order of a round. The batcher is bench:server's, because not every model can be batched. */
export const targets = all.filter(({ id }) => id !== 'batcher')

/** Of the comparison of batches with single requests. */
export const batchTargets = [BASELINE, 'session-run', 'batcher'].map((id) => all.find((one) => one.id === id))

/** `nothing` serves nothing: it shows how late the generator itself is. */
export const startService = (id, bench) => (id === 'nothing' ? async () => 0 : SERVICES[id][2](bench))

/** Requests take these in turn: a value left in a binding by another request would show. */
export const INPUT_SETS = 8

/** Whether two answers are to the same request: closer than answers to two requests are. */
export const isClose = (a, b) => Math.abs(a - b) <= 1e-5 + 1e-5 * Math.abs(b)

/** The data of an input in a set. @param {Input} input */
export function makeData({ type, dims, value }, set) {
  const length = dims.reduce((product, dim) => product * dim, 1)
  const random = pseudoRandom(length, set + 1)
  if (type === 'float32') return value === undefined ? random : random.fill(Number(value))
  if (type !== 'int64') throw new Error(`the benchmark has no data of type ${type}: int64 and float32 only`)
  // Zeros and ones: tokens and types.
  return BigInt64Array.from(random, (x) => BigInt(value ?? Number(x > 0)))
}

/** @param {Case} bench @returns {Record<string, Float32Array | BigInt64Array>[]} */
const inputSets = ({ inputs }) =>
  Array.from({ length: INPUT_SETS }, (_, set) =>
    Object.fromEntries(inputs.map((input) => [input.name, makeData(input, set)])),
  )

/** Reads the whole output, as a handler that makes an answer of it does. */
function sum(/** @type {Float32Array} */ data) {
  let total = 0
  for (let i = 0; i < data.length; i++) total += data[i]
  return total
}

/**
 * `session.run` of onnxruntime-node or of this package: all requests at once.
 * @param {Case} bench
 * @returns {Promise<Service>}
 */
async function unbound(bench, module) {
  const { InferenceSession, Tensor } = await import(module)
  const session = await InferenceSession.create(bench.path, { intraOpNumThreads: bench.threads })
  const sets = inputSets(bench)
  const [output] = session.outputNames
  return async (request) => {
    const set = sets[request % INPUT_SETS]
    const feeds = {}
    for (const { name, type, dims } of bench.inputs) feeds[name] = new Tensor(type, set[name], dims)
    const results = await session.run(feeds)
    return sum(results[output].data)
  }
}

/**
 * Bindings of one or more sessions: a request takes a free binding, first come first served.
 * @param {Case} bench
 * @returns {Promise<Service>}
 */
async function bound(bench, sessions, bindingsEach) {
  const pool = new Pool()
  const sets = inputSets(bench)
  let output
  for (let i = 0; i < sessions; i++) {
    const { session, inputs, outputs } = await open(bench, sets[0])
    output = session.outputNames[0]
    for (let k = 0; k < bindingsEach; k++) pool.add(session.createIoBinding(inputs, { outputs }))
  }
  return async (request) => {
    const set = sets[request % INPUT_SETS]
    const binding = await pool.take()
    try {
      for (const { name } of bench.inputs) binding.inputs[name].set(set[name])
      await binding.run()
      return sum(binding.outputs[output])
    } finally {
      pool.add(binding)
    }
  }
}

/**
 * The requests that are there together go in one run. The batch axis is the first of every input.
 * @param {Case} bench
 * @returns {Promise<Service>}
 */
async function batched({ path, threads, inputs }) {
  const { InferenceSession } = await import(OURS)
  const session = await InferenceSession.create(path, { intraOpNumThreads: threads })
  const sets = inputSets({ path, threads, inputs })
  const [output] = session.outputNames
  const rows = Object.fromEntries(inputs.map(({ name, dims }) => [name, dims.slice(1)]))
  const batcher = await session.createBatcher(rows, {
    samples: sets,
    verify: { tolerance: 1e-5 },
    maxQueueSize: 2 ** 20, // the load has a bound of its own
  })
  return async (request) => sum((await batcher.run(sets[request % INPUT_SETS]))[output])
}

/** A session and its shapes: a run determines those of outputs. */
async function open({ path, threads, inputs }, set) {
  const { InferenceSession, Tensor } = await import(OURS)
  const session = await InferenceSession.create(path, { intraOpNumThreads: threads })
  const feeds = inputs.map(({ name, type, dims }) => [name, new Tensor(type, set[name], dims)])
  const results = await session.run(Object.fromEntries(feeds))
  const shapes = (entries) => Object.fromEntries(entries.map(([name, { dims }]) => [name, dims]))
  return { session, inputs: shapes(feeds), outputs: shapes(Object.entries(results)) }
}

class Pool {
  #free = []
  #waiting = []

  /** Who has waited longest takes it before the previous holder continues with its answer. */
  add(binding) {
    const next = this.#waiting.shift()
    if (next) next(binding)
    else this.#free.push(binding)
  }

  take() {
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve))
  }
}
