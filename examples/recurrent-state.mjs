// A recurrent model whose state stays in place: one value is bound as an input and as an output, so each run leaves the
// state for the next run. Nothing is copied and nothing is bound again.
//
//   node examples/recurrent-state.mjs [WAV] [MODEL]
//
// The model is a voice activity detector that takes 32 ms of audio per run. Silero VAD can take its place.
import { fileURLToPath } from 'node:url'
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { CHUNK, CONTEXT, readWav, SAMPLE_RATE, spans } from './audio.mjs'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const wav = process.argv[2] ?? here('speech.wav')
const model = process.argv[3] ?? here('models/voice.onnx')
const THRESHOLD = 0.5

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
const speaks = []
for (let at = 0; at + CHUNK <= audio.length; at += CHUNK)
  speaks.push(detect(audio.subarray(at, at + CHUNK)) >= THRESHOLD)
for (const span of spans(speaks)) console.log(`speech from ${span}`)

io.dispose()
state.dispose()
await session.release()
