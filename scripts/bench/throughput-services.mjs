// The contenders: each answers one request after another, or several at once, with the sum of the first output.
import { pseudoRandom } from '../../test/helpers/model-builder.mjs'

const OURS = '../../dist/index.mjs'

/**
 * @typedef {{ name: string, type: string, dims: number[], value?: string }} Input `value` is what all of it holds
 * @typedef {{ path: string, threads: number, inputs: Input[] }} Case
 * @typedef {(request: number) => Promise<number>} Service
 * @typedef {{ id: string, label: string, family: 'ours' | 'theirs', start: (bench: Case) => Promise<Service> }} Contender
 */

export const BASELINE = 'ort-node'

/** @type {Contender[]} in the order of a round */
export const contenders = [
  {
    id: BASELINE,
    label: 'onnxruntime-node run',
    family: 'theirs',
    start: (bench) => unbound(bench, 'onnxruntime-node'),
  },
  { id: 'session-run', label: 'session.run', family: 'ours', start: (bench) => unbound(bench, OURS) },
  { id: 'binding-1', label: '1 binding', family: 'ours', start: (bench) => bound(bench, 1, 1) },
  { id: 'bindings-2', label: '2 bindings', family: 'ours', start: (bench) => bound(bench, 1, 2) },
  { id: 'bindings-4', label: '4 bindings', family: 'ours', start: (bench) => bound(bench, 1, 4) },
  { id: 'bindings-8', label: '8 bindings', family: 'ours', start: (bench) => bound(bench, 1, 8) },
  {
    id: 'sessions-2',
    label: '2 sessions, 1 binding each',
    family: 'ours',
    start: (bench) => bound(bench, 2, 1),
  },
]

/** What shows how late the generator itself is. */
export const nothing = { id: 'nothing', label: 'nothing', family: 'theirs', start: async () => async () => 0 }

/** Requests take these in turn: what a binding was left with by another request would show. */
export const INPUT_SETS = 8

/** Whether two answers are to the same request: closer than answers to two requests are. */
export const isClose = (a, b) => Math.abs(a - b) <= 1e-5 + 1e-5 * Math.abs(b)

/** The data of an input, by the number of the set. @param {Input} input */
function dataOf({ type, dims, value }, set) {
  const length = dims.reduce((product, dim) => product * dim, 1)
  const random = pseudoRandom(length, set + 1)
  if (type === 'float32') return value === undefined ? random : random.fill(Number(value))
  if (type !== 'int64') throw new Error(`the benchmark has no input of ${type}: int64 and float32 only`)
  // Zeros and ones: tokens, types and a mask all at once.
  return BigInt64Array.from(random, (x) => BigInt(value ?? Number(x > 0)))
}

/** @param {Case} bench @returns {Record<string, Float32Array | BigInt64Array>[]} */
const inputSets = ({ inputs }) =>
  Array.from({ length: INPUT_SETS }, (_, set) =>
    Object.fromEntries(inputs.map((input) => [input.name, dataOf(input, set)])),
  )

/** Reads all of an output, as whoever makes an answer of it does. */
function sum(/** @type {Float32Array} */ data) {
  let total = 0
  for (let i = 0; i < data.length; i++) total += data[i]
  return total
}

/**
 * `run` of onnxruntime-node, or ours: as many at once as there are requests.
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
 * Bindings of one session, or of several: a request takes a free one, first come first served.
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

/** A session, and the shapes of all it has: outputs whose shape the model does not tell are learnt from a run. */
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

  /** Whoever has waited longest gets it, before the one that has had it goes on with its answer. */
  add(binding) {
    const next = this.#waiting.shift()
    if (next) next(binding)
    else this.#free.push(binding)
  }

  take() {
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve))
  }
}
