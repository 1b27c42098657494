// A session of a model that counts: new_state = state + 1.
// biome-ignore-all lint/correctness/noUnusedImports: the block uses them
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'

// A path that TypeScript does not follow, relative to the compiled program.
const { counter } = await import(String(new URL('../../test/helpers/model-builder.mjs', import.meta.url)))
export const session = await InferenceSession.create(counter() as Uint8Array)
