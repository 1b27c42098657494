// A request as Tensors, which are arrays in Python.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses them
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'

export const ids = new Tensor('int64', new BigInt64Array(128).fill(7n), [1, 128])
export const mask = new Tensor('int64', new BigInt64Array(128).fill(1n), [1, 128])
