// A session on a GPU that captures graphs, of a model that counts: new_state = state + 1.
// biome-ignore-all lint/correctness/noUnusedImports: what follows uses them
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'

// By a path that TypeScript does not follow: seen from where the page's code is run.
const { counter } = await import(String(new URL('../../test/helpers/model-builder.mjs', import.meta.url)))
export const session = await InferenceSession.create(counter() as Uint8Array, {
  executionProviders: ['cuda', 'cpu'],
  enableGraphCapture: true,
})
