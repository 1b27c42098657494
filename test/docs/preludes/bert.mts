// A session of a text classifier, and a request as Tensors.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses some of them
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'

export const session = await InferenceSession.create('bert.onnx')
export const input_0 = new Tensor('int64', new BigInt64Array(128).fill(7n), [1, 128])
export const input_1 = new Tensor('int64', new BigInt64Array(128).fill(1n), [1, 128])
