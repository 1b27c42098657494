// The same of a CommonJS module.
import ort = require('onnxruntime-node')

let session: ort.InferenceSession
const options: ort.InferenceSession.SessionOptions = { executionProviders: ['cpu'] }
export async function load(): Promise<ort.OnnxValue | undefined> {
  session = await ort.InferenceSession.create('model.onnx', options)
  const x: ort.Tensor = new ort.Tensor('float32', [1], [1])
  const { y } = await session.run({ x })
  return y
}
