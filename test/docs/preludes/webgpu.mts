// A model whose output can be its next input.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses them
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'

// A path that TypeScript does not follow, relative to the compiled program.
const { mlp } = await import(String(new URL('../../test/helpers/model-builder.mjs', import.meta.url)))
export const model = mlp() as Uint8Array
export const x = new Tensor('float32', new Float32Array(128).fill(0.5), [1, 128])
