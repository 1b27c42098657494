// A session of an exported model, and how a file is read.
// biome-ignore-all lint/correctness/noUnusedImports: what follows uses them
import { readFileSync } from 'node:fs'
import { InferenceSession } from 'onnxruntime-iobinding'

export const session = await InferenceSession.create('bert.onnx')
