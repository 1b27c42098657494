// A contender in Node.js: `contender.mjs ID CASE`, where CASE is JSON of models.mjs's Case. It says `ready CLOCK SUM`
// (what reading the clock costs, and what the first output adds up to), then does for each line `WARMUP CALLS` that
// many calls and answers with the times of the latter in nanoseconds.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { IN_FLIGHT } from './bert-contenders.mjs'

// The cheapest clock: a number, where process.hrtime() makes an array and process.hrtime.bigint() a BigInt.
const now = performance.now.bind(performance)

/** @param {import('./models.mjs').Case} bench */
async function bindings(count, { path, threads, inputs, outputs }, options = {}) {
  const { InferenceSession } = await import('../../dist/index.mjs')
  const session = await InferenceSession.create(path, { intraOpNumThreads: threads, ...options })
  const dimsOf = (ports) => Object.fromEntries(ports.map(({ name, dims }) => [name, dims]))
  return Array.from({ length: count }, () => {
    const binding = session.createIoBinding(dimsOf(inputs), { outputs: dimsOf(outputs) })
    for (const { name, file } of inputs) bytesOf(binding.inputs[name]).set(readFileSync(file))
    return { binding, result: () => binding.outputs[outputs[0].name] }
  })
}

async function bound(bench, options) {
  const [one] = await bindings(1, bench, options)
  return one
}

/**
 * onnxruntime-node's class, or ours, which has the same `run`.
 * @param {import('./models.mjs').Case} bench
 */
async function unbound({ path, threads, inputs, outputs }, module, preallocate) {
  const { InferenceSession, Tensor } = await import(module)
  const session = await InferenceSession.create(path, { intraOpNumThreads: threads })
  const tensors = (ports) =>
    Object.fromEntries(ports.map(({ name, type, dims }) => [name, new Tensor(type, zeros(type, dims), dims)]))
  const feeds = tensors(inputs)
  for (const { name, file } of inputs) bytesOf(feeds[name].data).set(readFileSync(file))
  const fetches = preallocate ? tensors(outputs) : outputs.map(({ name }) => name)
  let results
  const call = async () => {
    results = await session.run(feeds, fetches)
  }
  return { call, result: () => results[outputs[0].name].data }
}

const start = {
  'run-sync': async (bench) => {
    const { binding, result } = await bound(bench)
    return { measure: syncLoop(() => binding.runSync()), result }
  },
  run: async (bench) => {
    const { binding, result } = await bound(bench)
    return { measure: asyncLoop(() => binding.run()), result }
  },
  'run-thread': async (bench) => {
    const { binding, result } = await bound(bench, { inlineRunBelowUs: 0 })
    return { measure: asyncLoop(() => binding.run()), result }
  },
  'in-flight': async (bench) => {
    const all = await bindings(IN_FLIGHT, bench)
    const together = asyncLoop(() => Promise.all(all.map(({ binding }) => binding.run())))
    const measure = async (/** @type {Float64Array} */ times) => {
      await together(times)
      for (let i = 0; i < times.length; i++) times[i] /= IN_FLIGHT
    }
    return { measure, result: () => same(all.map(({ result }) => result())) }
  },
  'session-run': async (bench) => {
    const { call, result } = await unbound(bench, '../../dist/index.mjs', false)
    return { measure: asyncLoop(call), result }
  },
  'ort-node': async (bench) => {
    const { call, result } = await unbound(bench, 'onnxruntime-node', false)
    return { measure: asyncLoop(call), result }
  },
  'ort-node-preallocated': async (bench) => {
    const { call, result } = await unbound(bench, 'onnxruntime-node', true)
    return { measure: asyncLoop(call), result }
  },
}

function syncLoop(call) {
  return (/** @type {Float64Array} */ times) => {
    for (let i = 0; i < times.length; i++) {
      const begin = now()
      call()
      times[i] = now() - begin
    }
  }
}

function asyncLoop(call) {
  return async (/** @type {Float64Array} */ times) => {
    for (let i = 0; i < times.length; i++) {
      const begin = now()
      await call()
      times[i] = now() - begin
    }
  }
}

/** Ten calls; of a large model what a second has room for, which may be one. */
async function warmUp(measure) {
  const begin = now()
  for (let i = 0; i < 10 && now() - begin < 1000; i++) await measure(new Float64Array(1))
}

function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** One of some arrays, which must hold the same. */
function same([first, ...others]) {
  const odd = others.find((other) => other.some((x, i) => x !== first[i]))
  if (odd === undefined) return first
  throw new Error(`bindings in flight compute ${odd} where the first computes ${first}`)
}

function zeros(type, dims) {
  const length = dims.reduce((product, dim) => product * dim, 1)
  return type === 'int64' ? new BigInt64Array(length) : new Float32Array(length)
}

const nanoseconds = (times) => Array.from(times, (ms) => Math.round(ms * 1e6))

function clockOverhead() {
  const times = new Float64Array(10_000)
  const measure = syncLoop(() => {})
  for (let i = 0; i < 3; i++) measure(times)
  return nanoseconds(times.sort())[times.length / 2]
}

const [id, bench] = process.argv.slice(2)
const clock = clockOverhead()
const { measure, result } = await start[id](JSON.parse(bench))
await warmUp(measure)
console.log(`ready ${clock} ${result().reduce((sum, x) => sum + Number(x), 0)}`)
for await (const line of createInterface({ input: process.stdin })) {
  const [warmup, calls] = line.split(' ').map(Number)
  await measure(new Float64Array(warmup))
  const times = new Float64Array(calls)
  await measure(times)
  console.log(nanoseconds(times).join(' '))
}
process.exit()
