// Runs a model by a package that uses onnxruntime-node, and by onnxruntime-common's own class, and prints what ran it.
const { ort, common } = require('client')

async function main() {
  const [model] = process.argv.slice(2)
  const session = await ort.InferenceSession.create(model)
  const feed = () => new ort.Tensor('int64', new BigInt64Array(4), [1, 4])
  const { output_0 } = await session.run({ input_0: feed(), input_1: feed() })
  const { inputNames } = await common.InferenceSession.create(model)
  const { libraryPath } = ort.initialized()
  console.log(JSON.stringify([session.engine, libraryPath, output_0.dims, inputNames]))
}
main()
