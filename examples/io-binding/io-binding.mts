// IO binding side by side with io_binding.py: `node io-binding.mts [cpu|cuda] [MODEL]`. Node.js 22.18 and newer run
// TypeScript directly; compile it for older versions.
import { fileURLToPath } from 'node:url'
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'

const device = process.argv[2] === 'cuda' ? 'cuda' : 'cpu'
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const model = process.argv[3] ?? here('../../test/models/tiny_bert/model.onnx')
const providers = { cpu: ['cpu'], cuda: ['cuda', 'cpu'] } as const

// Two texts as token ids. The second is shorter and padded: its mask is zero there.
const ids = new Tensor('int64', [101, 7, 42, 9, 310, 102, 101, 23, 5, 102, 0, 0], [2, 6])
const mask = new Tensor('int64', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [2, 6])
const reversed = BigInt64Array.from([102, 310, 9, 42, 7, 101, 0, 0, 102, 5, 23, 101], BigInt)

// [session]
const session = await InferenceSession.create(model, { executionProviders: providers[device] })
// [binding]
const binding = session.ioBinding()
// [inputs]
const input0 = OrtValue.fromTensor(ids, device, 0)
const input1 = OrtValue.fromTensor(mask, device, 0)
binding.bindOrtValueInput('input_0', input0)
binding.bindOrtValueInput('input_1', input1)
// [output]
binding.bindOutput('output_0')
// [run]
await session.runWithIoBinding(binding)
// [result]
const [logits] = binding.copyOutputsToCpu()
// [again]
input0.write(reversed)
await session.runWithIoBinding(binding)
const [reversedLogits] = binding.copyOutputsToCpu()
// [end]

// The same, bound once: memory and views that stay. Use this form for many runs.
// [once]
type Inputs = { input_0: BigInt64Array; input_1: BigInt64Array }
type Outputs = { output_0: Float32Array }
const io = session.createIoBinding<Inputs, Outputs>({ input_0: [2, 6], input_1: [2, 6] })
io.inputs.input_0.set(ids.data as BigInt64Array)
io.inputs.input_1.set(mask.data as BigInt64Array)
await io.run() // or io.runSync()
const bound = io.outputs.output_0
// [end]

const rows = (data: Float32Array) =>
  [0, 1].map((i) => [...data.subarray((i * data.length) / 2, ((i + 1) * data.length) / 2)])
const numbers = (value: typeof logits) => rows((value as Tensor).data as Float32Array)
console.log(
  JSON.stringify({
    engine: session.engine,
    providers: session.executionProviders,
    first: numbers(logits),
    second: numbers(reversedLogits),
    bound: rows(bound),
  }),
)
await session.release()
