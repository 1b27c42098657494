// biome-ignore-all lint/correctness/noUnusedImports: what follows uses some of them
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
