// The latency path: memory is bound once for each of a few lengths. A request writes its text, runs, and reads.
//
//   node examples/latency-path.mjs [MODEL] [SAMPLES]
//
// The model is a text classifier. The samples are texts as token ids, with PyTorch's results.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InferenceSession } from 'onnxruntime-iobinding'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const model = process.argv[2] ?? here('../test/models/tiny_bert/model.onnx')
const samples = process.argv[3] ?? here('../test/models/tiny_bert/model.sample.json')

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

/** The rows of a sample, without their padding. */
function* rowsOf({ inputs, outputs }) {
  const [rows, length] = inputs.input_0.dims
  const labels = outputs.output_0.dims[1]
  for (let i = 0; i < rows; ++i) {
    const row = (tensor, width) => tensor.data.slice(i * width, (i + 1) * width)
    const mask = row(inputs.input_1, length)
    yield {
      ids: row(inputs.input_0, length)
        .filter((_, token) => mask[token] === 1)
        .map(BigInt),
      expected: row(outputs.output_0, labels),
    }
  }
}

const texts = JSON.parse(readFileSync(samples, 'utf8')).samples.flatMap((sample) => [...rowsOf(sample)])
let largest = 0
for (const { ids, expected } of texts) {
  const logits = classify(ids)
  for (const [label, value] of expected.entries())
    largest = Math.max(largest, Math.abs(logits[label] - value))
  console.log(
    `${String(ids.length).padStart(3)} tokens: ${[...logits].map((logit) => logit.toFixed(3)).join(', ')}`,
  )
}
console.log(`${texts.length} texts, largest difference to PyTorch's results: ${largest.toExponential(1)}`)
await session.release()
