// A contender in Node: `contender.mjs ID`. It is asked by lines of JSON, and answers each by one.
//   { op: 'open', case }                    loads a model of bench-cases.mjs: { clockNs, sum, magnitude } of the first output
//   { op: 'measure', warmup, calls }        { times } of the latter, in nanoseconds
//   { op: 'pace', hz, ms }                  { times } from when each call was due until it had ended
//   { op: 'in-flight', bindings, ms }       { count, ms } of runs with so many bindings at once
//   { op: 'copy', direction, bytes, ms }    { times } of copies between pinned memory and the GPU's
//   { op: 'close' }                         { }
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import { OrtValue, Tensor } from '../../dist/index.mjs'
import { toComparable } from '../../test/helpers/tensors.mjs'
import { CUDA, open, rehearsal } from './gpu.mjs'

const now = performance.now.bind(performance)
const [id] = process.argv.slice(2)
const ways = new Set(id.split('-'))
const isAsync = ways.has('async') || ways.has('run') || id === 'ort-node'

const dimsOf = (ports) => Object.fromEntries(ports.map(({ name, dims }) => [name, dims]))
const optionsOf = ({ freeDimensionOverrides, useTf32 }) => ({
  freeDimensionOverrides,
  cuda: { useTf32, wait: ways.has('block') ? 'block' : 'spin', cudnnConvAlgoSearch: 'exhaustive' },
})

/** @param {import('./bench-cases.mjs').Case} bench */
async function bindTo(session, bench) {
  const binding = ways.has('device') ? onDevice(session, bench) : inHost(session, bench)
  for (const { name, type, file } of bench.inputs) {
    binding.inputValue(name).write(arrayOf(type, readFileSync(file)))
  }
  if (ways.has('graph')) await binding.capture({ verify: true })
  return binding
}

function inHost(session, { inputs, outputs }) {
  const mapped = ways.has('mapped') ? [...inputs, ...outputs].map(({ name }) => name) : []
  return session.createIoBinding(dimsOf(inputs), { outputs: dimsOf(outputs), mapped })
}

/** All on the GPU, but for the inputs that the CPU reads. */
function onDevice(session, { inputs, outputs }) {
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

const ARRAYS = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  float16: Uint16Array,
  bool: Uint8Array,
}

function arrayOf(type, bytes) {
  return new ARRAYS[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

async function ours(bench) {
  const session = await open(bench.path, { ...optionsOf(bench), enableGraphCapture: ways.has('graph') })
  const bind = () => bindTo(session, bench)
  const binding = await bind()
  return {
    call: isAsync ? () => binding.run() : () => binding.runSync(),
    result: () => binding.outputValue(bench.outputs[0].name).read(),
    bind,
    close: () => session.release(),
  }
}

/** Our session.run, or onnxruntime-node's. */
async function unbound(bench, create, TensorClass) {
  const session = await create(bench.path)
  const feeds = Object.fromEntries(
    bench.inputs.map(({ name, type, dims, file }) => [
      name,
      new TensorClass(type, arrayOf(type, readFileSync(file)), dims),
    ]),
  )
  let results
  return {
    call: async () => {
      results = await session.run(feeds)
    },
    result: () => results[bench.outputs[0].name].data,
    close: () => session.release(),
  }
}

async function onnxruntimeNode(bench) {
  const module = await import('onnxruntime-node').catch(() => {
    throw new Error('there is no onnxruntime-node')
  })
  const { InferenceSession, Tensor: Theirs } = module.default ?? module
  const { freeDimensionOverrides, useTf32 } = bench
  const executionProviders = [rehearsal ? 'cpu' : { ...CUDA, useTf32 }]
  return unbound(
    bench,
    (path) => InferenceSession.create(path, { executionProviders, freeDimensionOverrides }),
    Theirs,
  )
}

function start(bench) {
  if (id === 'ort-node') return onnxruntimeNode(bench)
  if (id === 'session-run') return unbound(bench, (path) => open(path, optionsOf(bench)), Tensor)
  return ours(bench)
}

const nanoseconds = (times) => Array.from(times, (ms) => Math.round(ms * 1e6))

async function measure(call, count, wait = isAsync) {
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const begin = now()
    if (wait) await call()
    else call()
    times[i] = now() - begin
  }
  return nanoseconds(times)
}

/** A call each so often, whatever the one before took: what is late is late by its own and its predecessors' time. */
async function pace(call, { hz, ms }) {
  const times = []
  const begin = now()
  for (let due = begin; due < begin + ms; due += 1000 / hz) {
    while (now() < due) if (isAsync) await turn()
    if (isAsync) await call()
    else call()
    times.push(now() - due)
  }
  return nanoseconds(times)
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
  const sums = bindings.map((binding) => sum(Object.values(binding.outputs)[0]))
  if (sums.some((one) => one !== sums[0])) throw new Error(`bindings in flight compute ${sums}`)
  for (const binding of bindings) binding.dispose()
  return answer
}

/** Between pinned memory and the GPU's, each waited for. */
async function copy({ direction, bytes, ms }) {
  const [pinned, device] = ['cuda-pinned', 'cuda'].map((where) => OrtValue.allocate('uint8', [bytes], where))
  const [from, to] = direction === 'in' ? [pinned, device] : [device, pinned]
  const call = () => from.copyTo(to)
  await measure(call, 3, false)
  const times = []
  for (const begin = now(); now() - begin < ms || times.length < 5; )
    times.push(...(await measure(call, 1, false)))
  for (const value of [pinned, device]) value.dispose()
  return { times }
}

const abs = (x) => (x < 0 ? -x : x)
const sum = (array) => array.reduce((total, x) => total + Number(x), 0)

let opened
const operations = {
  open: async ({ case: bench }) => {
    opened = await start(bench)
    await measure(opened.call, 10)
    const clock = (await measure(() => {}, 10_001, false)).sort((a, b) => a - b)
    const numbers = toComparable(bench.outputs[0].type, opened.result())
    return { clockNs: clock[5000], sum: sum(numbers), magnitude: sum(numbers.map(abs)) }
  },
  measure: async ({ warmup, calls }) => {
    await measure(opened.call, warmup)
    return { times: await measure(opened.call, calls) }
  },
  pace: async (question) => ({ times: await pace(opened.call, question) }),
  'in-flight': (question) => inFlight(opened.bind, question),
  copy,
  close: async () => {
    const { close } = opened
    opened = undefined
    await close()
    return {}
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  const answer = await Promise.resolve()
    .then(() => operations[question.op](question))
    .catch((error) => ({ error: `${error.code ? `${error.code}: ` : ''}${error.message}` }))
  console.log(JSON.stringify(answer))
}
process.exit()
