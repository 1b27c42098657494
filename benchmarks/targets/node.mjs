// A target in Node.js: `node.mjs ID`. It answers these questions; Python's targets and the C loop answer some of them.
//   { op: 'open', case }                  loads a model: { clockNs, sum, magnitude, output } of the clock and the first output
//   { op: 'measure', warmup, calls }      { times } of `calls` calls, in nanoseconds
//   { op: 'pace', hz, ms }                { times } from when each call was due until it ended
//   { op: 'in-flight', bindings, ms }     { count, ms } of runs with that many bindings at once
//   { op: 'copy', direction, bytes, ms }  { times } of copies between pinned and GPU memory
//   { op: 'delays', seconds }             { runs, runMs, delayMs } of the event loop while calls run back to back
//   { op: 'close' }                       {}
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { elementTypes, toComparable } from '../../test/helpers/tensors.mjs'
import { delays } from './delays.mjs'
import { serve } from './serve.mjs'
import { IN_FLIGHT } from './targets.mjs'

/** @typedef {import('../core/case.mjs').Case} Case */

// The cheapest clock: process.hrtime() allocates an array, process.hrtime.bigint() a BigInt.
const now = performance.now.bind(performance)
const [id] = process.argv.slice(2)
/** The words of an id are its options. */
const words = new Set(id.split('-'))
const isAsync = !words.has('sync') && ['async', 'run', 'flight', 'node'].some((word) => words.has(word))

// onnxruntime-node's process does not load this package.
const ours = () => import('../../dist/index.mjs')
const gpu = () => import('../../test/gpu/session.mjs')

/** @param {Case} bench */
async function openSession(bench) {
  const { path, device, freeDimensionOverrides, useTf32 } = bench
  if (device === 'cpu') return (await import('./cpu-options.mjs')).openOnCpu(words, bench)
  const wait = words.has('block') ? 'block' : 'spin'
  const cuda = { useTf32, wait, cudnnConvAlgoSearch: 'exhaustive' }
  return (await gpu()).open(path, { freeDimensionOverrides, cuda, enableGraphCapture: words.has('graph') })
}

const toDims = (bound) => Object.fromEntries(bound.map(({ name, dims }) => [name, dims]))

function readArray({ type, file }) {
  const { buffer, byteOffset, byteLength } = readFileSync(file)
  return new elementTypes[type].array(buffer.slice(byteOffset, byteOffset + byteLength))
}

/** @param {Case} bench */
async function bindTo(session, bench) {
  const { inputs, outputs } = bench
  const mapped = words.has('mapped') ? [...inputs, ...outputs].map(({ name }) => name) : undefined
  const binding = words.has('device')
    ? await bindOnDevice(session, bench)
    : session.createIoBinding(toDims(inputs), { outputs: toDims(outputs), ...(mapped && { mapped }) })
  for (const input of inputs) binding.inputValue(input.name).write(readArray(input))
  if (words.has('graph')) await binding.capture({ verify: true })
  return binding
}

/** Binds all values to GPU memory, except inputs that the CPU reads. */
async function bindOnDevice(session, { inputs, outputs }) {
  const { OrtValue } = await ours()
  const binding = session.ioBinding()
  const at = (device, { type, dims }) => OrtValue.allocate(type, dims, device)
  for (const input of inputs) {
    try {
      binding.bindOrtValueInput(input.name, at('cuda', input))
    } catch (error) {
      if (error.code !== 'ERR_DEVICE_MISMATCH') throw error
      binding.bindOrtValueInput(input.name, at('cpu', input))
    }
  }
  for (const output of outputs) binding.bindOrtValueOutput(output.name, at('cuda', output))
  return binding
}

/** @param {Case} bench */
async function bound(bench) {
  const session = await openSession(bench)
  const bindings = []
  for (let i = 0; i < (id === 'in-flight' ? IN_FLIGHT : 1); i++) bindings.push(await bindTo(session, bench))
  const [binding] = bindings
  const together = () => Promise.all(bindings.map((one) => one.run()))
  const call = id === 'in-flight' ? together : isAsync ? () => binding.run() : () => binding.runSync()
  return {
    ...calls(call, isAsync, bindings.length),
    result: () => same(bindings.map((one) => one.outputValue(bench.outputs[0].name).read())),
    bind: () => bindTo(session, bench),
    close: () => session.release(),
  }
}

/** `session.run` of this package, or of onnxruntime-node. @param {Case} bench */
async function unbound(bench) {
  const isOurs = id === 'session-run'
  const { InferenceSession, Tensor } = isOurs ? await ours() : await onnxruntimeNode()
  const session = isOurs
    ? await openSession(bench)
    : await InferenceSession.create(bench.path, await theirOptions(bench))
  const tensors = (bound, data) =>
    Object.fromEntries(bound.map((one) => [one.name, new Tensor(one.type, data(one), one.dims)]))
  const zeros = ({ type, dims }) =>
    new elementTypes[type].array(dims.reduce((product, dim) => product * dim, 1))
  const feeds = tensors(bench.inputs, readArray)
  const fetches = words.has('preallocated')
    ? tensors(bench.outputs, zeros)
    : bench.outputs.map(({ name }) => name)
  let results
  const call = async () => {
    results = await session.run(feeds, fetches)
  }
  return {
    ...calls(call, true),
    result: () => results[bench.outputs[0].name].data,
    close: () => session.release(),
  }
}

async function onnxruntimeNode() {
  const module = await import('onnxruntime-node').catch(() => {
    throw new Error('onnxruntime-node is not installed')
  })
  return module.default ?? module
}

async function theirOptions({ device, threads, freeDimensionOverrides, useTf32 }) {
  if (device === 'cpu') return { intraOpNumThreads: threads }
  const { CUDA, rehearsal } = await gpu()
  return { executionProviders: [rehearsal ? 'cpu' : { ...CUDA, useTf32 }], freeDimensionOverrides }
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

/** A call, and its loop; `count` runs in one call share its time. */
function calls(call, isAwaited, count = 1) {
  const loop = isAwaited ? asyncLoop(call) : syncLoop(call)
  const measure = async (/** @type {Float64Array} */ times) => {
    await loop(times)
    if (count > 1) for (let i = 0; i < times.length; i++) times[i] /= count
  }
  return { call, measure }
}

/** The first array; all must hold the same. */
function same([first, ...others]) {
  const different = others.find((other) => other.some((x, i) => x !== first[i]))
  if (different === undefined) return first
  throw new Error(`bindings in flight compute ${different} where the first computes ${first}`)
}

const nanoseconds = (times) => Array.from(times, (ms) => Math.round(ms * 1e6))

async function timed(measure, count) {
  const times = new Float64Array(count)
  await measure(times)
  return nanoseconds(times)
}

/** A call every so often, however long the one before took: delays add up. */
async function pace(call, { hz, ms }) {
  const times = []
  const begin = now()
  for (let due = begin; due < begin + ms; due += 1000 / hz) {
    while (now() < due) if (isAsync) await setImmediate()
    if (isAsync) await call()
    else call()
    times.push(now() - due)
  }
  return { times: nanoseconds(times) }
}

async function inFlight(bind, { bindings: count, ms }) {
  const bindings = []
  for (let i = 0; i < count; i++) bindings.push(await bind())
  const rounds = async (until) => {
    let runs = 0
    const loop = async (binding) => {
      for (; now() < until; runs++) await binding.run()
    }
    await Promise.all(bindings.map(loop))
    return runs
  }
  await rounds(now() + ms / 10)
  const begin = now()
  const runs = await rounds(begin + ms)
  const answer = { count: runs, ms: now() - begin }
  same(bindings.map(({ outputs }) => Object.values(outputs)[0]))
  for (const binding of bindings) binding.dispose()
  return answer
}

async function copy({ direction, bytes, ms }) {
  const { OrtValue } = await ours()
  const [pinned, device] = ['cuda-pinned', 'cuda'].map((where) => OrtValue.allocate('uint8', [bytes], where))
  const [from, to] = direction === 'in' ? [pinned, device] : [device, pinned]
  const measure = syncLoop(() => from.copyTo(to))
  await timed(measure, 3)
  const times = []
  for (const begin = now(); now() - begin < ms || times.length < 5; ) times.push(...(await timed(measure, 1)))
  for (const value of [pinned, device]) value.dispose()
  return { times }
}

/** Outputs of so many elements are compared one by one. */
const SHORT = 1024

const sum = (numbers) => numbers.reduce((total, x) => total + x, 0)

let opened
await serve({
  async open({ case: bench }) {
    const clock = syncLoop(() => {})
    for (let i = 0; i < 2; i++) await timed(clock, 10_000)
    const clockNs = (await timed(clock, 10_000)).sort((a, b) => a - b)[5000]
    opened = await (/^(ort-node|session-run)/.test(id) ? unbound(bench) : bound(bench))
    // Ten calls; of a large model as many as a second has room for, at least one.
    for (let i = 0, begin = now(); i < 10 && (i === 0 || now() - begin < 1000); i++)
      await timed(opened.measure, 1)
    const numbers = Array.from(toComparable(bench.outputs[0].type, opened.result()), Number)
    const output = numbers.length <= SHORT ? { output: numbers } : {}
    return { clockNs, sum: sum(numbers), magnitude: sum(numbers.map(Math.abs)), ...output }
  },
  async measure({ warmup, calls }) {
    await timed(opened.measure, warmup)
    return { times: await timed(opened.measure, calls) }
  },
  pace: (question) => pace(opened.call, question),
  'in-flight': (question) => inFlight(opened.bind, question),
  copy,
  delays: ({ seconds }) => delays(opened?.call, seconds),
  async close() {
    const { close } = opened
    opened = undefined
    await close()
  },
})
