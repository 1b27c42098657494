// IO binding side by side with io_binding.py: `node io-binding.mjs [cpu|cuda] [MODEL]`
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { model as language } from '../language.mjs'

const device = process.argv[2] === 'cuda' ? 'cuda' : 'cpu'
const model = process.argv[3] ?? language
const providers = { cpu: ['cpu'], cuda: ['cuda', 'cpu'] }

// Two texts as token ids. The second is shorter and padded: its mask is zero there.
const ids = new Tensor('int64', [101, 7, 42, 9, 210, 102, 101, 23, 5, 102, 0, 0], [2, 6])
const mask = new Tensor('int64', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [2, 6])
const reversed = BigInt64Array.from([102, 210, 9, 42, 7, 101, 0, 0, 102, 5, 23, 101], BigInt)

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
const io = session.createIoBinding({ input_0: [2, 6], input_1: [2, 6] })
io.inputs.input_0.set(ids.data)
io.inputs.input_1.set(mask.data)
await io.run() // or io.runSync()
const bound = io.outputs.output_0
// [end]

const rows = (data) =>
  [0, 1].map((i) => [...data.subarray((i * data.length) / 2, ((i + 1) * data.length) / 2)])
console.log(
  JSON.stringify({
    engine: session.engine,
    providers: session.executionProviders,
    first: rows(logits.data),
    second: rows(reversedLogits.data),
    bound: rows(bound),
  }),
)
await session.release()
