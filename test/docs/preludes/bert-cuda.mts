// A session of a text classifier on a GPU, and a text as a Tensor.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses them
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'

export const session = await InferenceSession.create('bert.onnx', { executionProviders: ['cuda', 'cpu'] })
export const ids = new Tensor('int64', new BigInt64Array(128).fill(7n), [1, 128])
