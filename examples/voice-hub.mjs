// Many streams of audio through one voice activity detector: each chunk waits for no other, and those that are there together
// go in one run. The state of a stream goes along with its chunks.
//
//   node examples/voice-hub.mjs [STREAMS] [WAV] [MODEL]
//
// Silero VAD can take the place of the model.
import { fileURLToPath } from 'node:url'
import { InferenceSession } from 'onnxruntime-iobinding'
import { CHUNK, CONTEXT, readWav, SAMPLE_RATE, spans } from './audio.mjs'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const streams = Number(process.argv[2] ?? 16)
const audio = readWav(process.argv[3] ?? here('speech.wav'))
const model = process.argv[4] ?? here('models/voice.onnx')
const THRESHOLD = 0.5

const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
const sr = BigInt64Array.of(BigInt(SAMPLE_RATE))
const hub = await session.createBatcher(
  { input: [CONTEXT + CHUNK], state: [2, 128], sr: [] },
  { batchAxes: { state: 1, sr: null, stateN: 1 }, maxBatchSize: streams, samples: audioSamples(audio) },
)

/** Rows like those to come, on which the batcher compares a batch with single rows. */
function audioSamples(audio) {
  const input = (start) => audio.slice(start, start + CONTEXT + CHUNK)
  return [0, audio.length >> 1].map((at) => ({ input: input(at), state: new Float32Array(2 * 128), sr }))
}

/** What a stream hears: chunk after chunk, with its own state. */
async function listen(samples) {
  const input = new Float32Array(CONTEXT + CHUNK)
  const speaks = []
  let state = new Float32Array(2 * 128)
  for (let at = 0; at + CHUNK <= samples.length; at += CHUNK) {
    input.copyWithin(0, CHUNK) // the last samples of the previous chunk
    input.set(samples.subarray(at, at + CHUNK), CONTEXT)
    const { output, stateN } = await hub.run({ input, state, sr })
    speaks.push(output[0] >= THRESHOLD)
    state = /** @type {Float32Array<ArrayBuffer>} */ (stateN)
  }
  return spans(speaks)
}

// Each stream begins 32 ms later in the recording than the one before.
const heard = await Promise.all(Array.from({ length: streams }, (_, i) => listen(audio.subarray(i * CHUNK))))
for (const [i, times] of heard.entries()) console.log(`stream ${i}: speech from ${times.join(', ')}`)
const runs = Object.values(hub.stats.batches).reduce((sum, { count }) => sum + count, 0)
console.log(`${hub.stats.rows.succeeded} chunks of ${streams} streams in ${runs} runs`)
await hub.close()
await session.release()
