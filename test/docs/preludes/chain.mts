// Two sessions on WebGPU: the output of one is the input of the other.
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'

// A path that TypeScript does not follow, relative to the compiled program.
const { mlp } = await import(String(new URL('../../test/helpers/model-builder.mjs', import.meta.url)))
const create = () =>
  InferenceSession.create(mlp() as Uint8Array, { executionProviders: ['webgpu'], logSeverityLevel: 3 })
export const encoder = await create()
export const decoder = await create()
export const x = new Tensor('float32', new Float32Array(128).fill(0.5), [1, 128])
