// biome-ignore-all lint/correctness/noUnusedImports: the block uses some of them
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
