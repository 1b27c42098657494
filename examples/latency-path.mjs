// The latency path: memory is bound once for each of a few lengths. A request writes its text, runs, and reads.
//
//   node examples/latency-path.mjs [TEXT...]
//
// The model is a text classifier: it recognizes the language of a text.
import { InferenceSession } from 'onnxruntime-iobinding'
import { detectLanguage, model, texts, tokens } from './language.mjs'

// A binding has one shape. A text is padded to the next of these lengths, and the mask marks its end.
const LENGTHS = [16, 32, 64, 128]

// [bind]
const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
const bindings = LENGTHS.map((length) =>
  session.createIoBinding({ input_0: [1, length], input_1: [1, length] }),
)
// The first run of a shape takes longer, so do it before the first request.
for (const io of bindings) {
  io.inputs.input_1.fill(1n)
  io.runSync()
}
// [request]
/** The logits of a text, in the binding's memory: the next text of that length overwrites them. */
function classify(ids) {
  const io = bindings[LENGTHS.findIndex((length) => length >= ids.length)]
  if (io === undefined) throw new RangeError(`a text has at most ${LENGTHS.at(-1)} tokens, not ${ids.length}`)
  io.inputs.input_0.fill(0n).set(ids)
  io.inputs.input_1.fill(0n).fill(1n, 0, ids.length)
  io.runSync()
  return io.outputs.output_0
}
// [end]

const requests = process.argv.length > 2 ? process.argv.slice(2) : texts
for (const text of requests) console.log(`${detectLanguage(classify(tokens(text)))}  ${text}`)
await session.release()
