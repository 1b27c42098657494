// A BERT tokenizer in the graph, by onnxruntime-extensions: node tokenize.mjs LIBRARY TEXT
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { model, node, value } from '../helpers/model-builder.mjs'

const vocabulary = '[PAD] [UNK] [CLS] [SEP] [MASK] bind once , run many time ##s'.split(' ')
const outputs = ['ids', 'types', 'mask']
const domain = 'ai.onnx.contrib'
const tokenizer = model({
  inputs: [value('text', 'string', [1])],
  outputs: outputs.map((name) => value(name, 'int64', ['n'])),
  nodes: [
    node(
      'BertTokenizer',
      ['text'],
      outputs,
      { vocab_file: vocabulary.join('\n'), do_lower_case: 1 },
      { domain },
    ),
  ],
  domains: { [domain]: 1 },
})

const [library, text] = process.argv.slice(2)
try {
  const session = await InferenceSession.create(tokenizer, { customOpLibraries: [library] })
  const { ids, types, mask } = await session.run({ text: new Tensor('string', [text], [1]) })
  const io = session.createIoBinding({ text: [1] })
  io.inputValue('text').write([text])
  await io.run()
  io.runSync()
  const bound = Object.values(io.outputs)
  console.log(
    JSON.stringify([ids.data, types.data, mask.data, ...bound].map((data) => Array.from(data, Number))),
  )
} catch ({ code, given, remedy }) {
  console.log(JSON.stringify({ code, given, remedy }))
}
