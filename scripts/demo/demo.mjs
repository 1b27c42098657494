// A voice activity detector on a recording: a real recurrent model, bound once and run for each 32 ms of audio, beside
// onnxruntime-node in the same process.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { InferenceSession, initialized, OrtValue } from 'onnxruntime-iobinding'
import * as onnxruntimeNode from 'onnxruntime-node'
import { root } from '../run.mjs'

const MODEL = join(root, 'test', 'models', 'silero_v6', 'model.onnx')
const SAMPLE_RATE = 16_000
const CHUNK = 512 // new samples per run: 32 ms
const CONTEXT = 64 // samples of the previous chunk
const ROUNDS = 5
const THRESHOLD = 0.5
const OPTIONS = { intraOpNumThreads: 1 }

/** Samples from -1 to 1 of a 16-bit mono WAV file with the usual 44-byte header. */
function readWav(path) {
  const bytes = readFileSync(path)
  const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.byteLength))
  return Float32Array.from(pcm, (sample) => sample / 32768)
}

/** The input of run `i`: the context, then the chunk. */
function writeChunk(target, audio, i) {
  const end = (i + 1) * CHUNK
  const start = end - CHUNK - CONTEXT
  target.fill(0)
  target.set(audio.subarray(Math.max(start, 0), end), Math.max(-start, 0))
}

/** This package: memory is bound once. The state is an input and an output: each run leaves it for the next. */
async function bound() {
  const session = await InferenceSession.create(MODEL, OPTIONS)
  const state = OrtValue.allocate('float32', [2, 1, 128])
  const binding = session.createIoBinding(
    { input: [1, CONTEXT + CHUNK], state, sr: [] },
    { outputs: { output: [1, 1], stateN: state } },
  )
  const { input, sr } = binding.inputs
  const { output } = binding.outputs
  sr[0] = BigInt(SAMPLE_RATE)
  const isNative = session.engine === 'native'
  return {
    name: isNative ? 'onnxruntime-iobinding, runSync()' : 'onnxruntime-iobinding on onnxruntime-node, run()',
    reset: () => state.data.fill(0),
    run(audio, i) {
      writeChunk(input, audio, i)
      if (isNative) binding.runSync()
      else return binding.run().then(() => output[0])
      return output[0]
    },
    release: () => session.release(),
  }
}

/** onnxruntime-node: new tensors for each run. */
async function unbound() {
  const session = await onnxruntimeNode.InferenceSession.create(MODEL, OPTIONS)
  const { Tensor } = onnxruntimeNode
  const sr = new Tensor('int64', BigInt64Array.of(BigInt(SAMPLE_RATE)), [])
  let state
  return {
    name: 'onnxruntime-node, run()',
    reset() {
      state = new Tensor('float32', new Float32Array(2 * 128), [2, 1, 128])
    },
    async run(audio, i) {
      const input = new Float32Array(CONTEXT + CHUNK)
      writeChunk(input, audio, i)
      const result = await session.run({ input: new Tensor('float32', input, [1, input.length]), state, sr })
      state = result.stateN
      return result.output.data[0]
    },
    release: () => session.release(),
  }
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]

function timeline(probabilities) {
  const seconds = (i) => `${((i * CHUNK) / SAMPLE_RATE).toFixed(2)} s`
  const isSpeech = (i) => probabilities[i] >= THRESHOLD
  const chunks = Array.from(probabilities, (_, i) => i)
  const begins = chunks.filter((i) => isSpeech(i) && !isSpeech(i - 1))
  const ends = chunks.filter((i) => isSpeech(i) && !isSpeech(i + 1))
  return begins.map((begin, i) => `${seconds(begin)} to ${seconds(ends[i] + 1)}`)
}

const audio = readWav(join(root, 'scripts', 'demo', 'speech.wav'))
const chunks = Math.floor(audio.length / CHUNK)
const targets = [await bound(), await unbound()]
const probabilities = targets.map(() => new Float32Array(chunks))
const times = targets.map(() => [])

for (let round = 0; round <= ROUNDS; ++round) {
  for (const target of targets) target.reset()
  for (let i = 0; i < chunks; ++i) {
    for (const [c, target] of targets.entries()) {
      const start = performance.now()
      const answer = target.run(audio, i)
      probabilities[c][i] = typeof answer === 'number' ? answer : await answer
      if (round > 0) times[c].push(performance.now() - start) // the first round warms up
    }
  }
}

const { engine, version } = initialized()
console.log(`Silero VAD over ${(audio.length / SAMPLE_RATE).toFixed(2)} s of speech, ${chunks} runs a round`)
console.log(`engine ${engine}, ONNX Runtime ${version}, Node ${process.versions.node}\n`)
console.log(`speech from ${timeline(probabilities[0]).join(', ')}`)
const difference = Math.max(...probabilities[0].map((p, i) => Math.abs(p - probabilities[1][i])))
console.log(`largest difference to onnxruntime-node's answers: ${difference.toExponential(1)}\n`)

console.log(`time per run, with the copy of the audio, ${ROUNDS} rounds, in turn for each chunk:`)
const medians = targets.map(({ name }, c) => {
  const sorted = times[c].sort((a, b) => a - b)
  const us = (p) => `${(quantile(sorted, p) * 1000).toFixed(1).padStart(8)} us`
  console.log(`  ${name.padEnd(50)} p50 ${us(0.5)}   p99 ${us(0.99)}`)
  return quantile(sorted, 0.5)
})
console.log(`  ratio of the medians ${(medians[1] / medians[0]).toFixed(2)}`)
if (engine !== 'native') {
  console.log('\nBoth use the same engine, so expect a ratio of about 1: the native addon was not built.')
  console.log('`npm run build:native` builds it (it needs CMake and a C++20 compiler).')
}

for (const target of targets) await target.release()
if (difference > 1e-4) throw new Error('the two engines disagree')
