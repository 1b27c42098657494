// What the calls are made on.
import {
  type Batcher,
  type BindingPool,
  InferenceSession,
  type IoBinding,
  LoraAdapter,
  OrtValue,
  Tensor,
} from 'onnxruntime-iobinding'
import { adapterFile } from '../adapter-file.ts'
import { identity, oneNode } from '../model-builder.mjs'

export let session: InferenceSession
export let io: IoBinding
export let released: InferenceSession
export let batched: InferenceSession
export let batcher: Batcher
export let pool: BindingPool
export let adapter: LoraAdapter

export async function openSessions(): Promise<void> {
  session = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
  released = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
  await released.release()
  io = session.createIoBinding({ x: [1] })
  batched = await InferenceSession.create(identity('float32', ['n', 1]), { logSeverityLevel: 4 })
  batcher = await batched.createBatcher({ x: [1] }, { maxBatchSize: 2 })
  pool = batched.createBindingPool({ x: [1, 1] }, { size: 1 })
  adapter = await LoraAdapter.create(adapterFile([['x', [1], [1]]]))
}

/** A binding, and a session unless it was released. */
export async function renewSessions(): Promise<void> {
  io.dispose()
  try {
    io = session.createIoBinding({ x: [1] })
  } catch {
    session = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
    io = session.createIoBinding({ x: [1] })
  }
}

/** What a hostile argument may dispose of, release or run again. */
export const opened = () => ({ session, io, batcher, pool, adapter })

export const x = () => ({ x: new Tensor('float32', [1], [1]) })
export const value = () => OrtValue.allocate('float32', [1])
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript refuses
export type Any = any
