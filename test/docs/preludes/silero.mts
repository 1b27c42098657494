// A session of a voice activity detector.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses them
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'

export const session = await InferenceSession.create('test/models/silero_v6/model.onnx')
