// A recurrent model whose state stays in place: one value is bound as an input and as an output, so each run leaves the
// state for the next run. Nothing is copied and nothing is bound again.
//
//   node examples/recurrent-state.mjs [WAV]
//
// The model is a voice activity detector (Silero VAD) that takes 32 ms of audio per run.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const wav = process.argv[2] ?? here('../scripts/demo/speech.wav')

const SAMPLE_RATE = 16_000
const CHUNK = 512 // new samples per run
const CONTEXT = 64 // samples of the previous chunk, which the model takes again
const THRESHOLD = 0.5

/** The samples, from -1 to 1, of a mono 16-bit WAV file at 16 kHz with the usual header of 44 bytes. */
function readWav(path) {
  const bytes = readFileSync(path)
  const format = [bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt16LE(34)]
  if (String(format) !== String([1, SAMPLE_RATE, 16]))
    throw new Error(`${path} has ${format[0]} channels, ${format[1]} Hz, ${format[2]} bits`)
  const samples = new Float32Array((bytes.length - 44) >> 1)
  for (let i = 0; i < samples.length; ++i) samples[i] = bytes.readInt16LE(44 + 2 * i) / 32_768
  return samples
}

const model = here('../test/models/silero_v6/model.onnx')
// [bind]
const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
const state = OrtValue.allocate('float32', [2, 1, 128]) // zeros: no audio yet
const io = session.createIoBinding(
  { input: [1, CONTEXT + CHUNK], state, sr: [] },
  { outputs: { output: [1, 1], stateN: state } },
)
const { input, sr } = io.inputs
const { output } = io.outputs
sr[0] = BigInt(SAMPLE_RATE)

/** The probability that the next chunk is speech. */
function detect(chunk) {
  input.copyWithin(0, CHUNK) // the last samples of the previous chunk
  input.set(chunk, CONTEXT)
  io.runSync()
  return output[0]
}
// [end]

const audio = readWav(wav)
const seconds = (chunks) => `${((chunks * CHUNK) / SAMPLE_RATE).toFixed(2)} s`
const chunks = Math.floor(audio.length / CHUNK)
let since
for (let i = 0; i <= chunks; ++i) {
  const speech = i < chunks && detect(audio.subarray(i * CHUNK, (i + 1) * CHUNK)) >= THRESHOLD
  if (speech) since ??= i
  else if (since !== undefined) {
    console.log(`speech from ${seconds(since)} to ${seconds(i)}`)
    since = undefined
  }
}

io.dispose()
state.dispose()
await session.release()
