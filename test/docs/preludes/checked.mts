// A session of an exported model, and readFileSync.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses them
import { readFileSync } from 'node:fs'
import { InferenceSession } from 'onnxruntime-iobinding'

export const session = await InferenceSession.create('bert.onnx')
