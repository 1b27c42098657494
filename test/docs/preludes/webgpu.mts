// A model whose output may be its next input.
// biome-ignore-all lint/correctness/noUnusedImports: what follows uses them
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'

// By a path that TypeScript does not follow: seen from where the page's code is run.
const { mlp } = await import(String(new URL('../../test/helpers/model-builder.mjs', import.meta.url)))
export const model = mlp() as Uint8Array
export const x = new Tensor('float32', new Float32Array(128).fill(0.5), [1, 128])
