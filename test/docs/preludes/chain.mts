// Two sessions on WebGPU, of which one's output is the other's input.
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'

// By a path that TypeScript does not follow: seen from where the page's code is run.
const { mlp } = await import(String(new URL('../../test/helpers/model-builder.mjs', import.meta.url)))
const create = () =>
  InferenceSession.create(mlp() as Uint8Array, { executionProviders: ['webgpu'], logSeverityLevel: 3 })
export const encoder = await create()
export const decoder = await create()
export const x = new Tensor('float32', new Float32Array(128).fill(0.5), [1, 128])
