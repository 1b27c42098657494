// What the suites of the CUDA path on the fake driver share.
import {
  type ExecutionProvider,
  InferenceSession,
  type IoBinding,
  type OrtValue,
  type SessionOptions,
} from 'onnxruntime-iobinding'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { slowLoop } from '../helpers/model-builder.mjs'
import * as fake from './fake-cuda.mjs'

/** Suites of the build for the fake driver: shown as skipped, with the reason, where there is none. */
export function describeCuda(title: string, tests: () => void) {
  const why = fake.isBuilt ? '' : `: SKIPPED, for want of ${fake.controlPath}; run npm run build:fake-cuda`
  describe.skipIf(!fake.isBuilt)(title + why, () => {
    beforeEach(() => fake.reset())
    afterEach(() => expect(fake.violations()).toEqual([]))
    tests()
  })
}

type CudaOptions = SessionOptions & { deviceId?: number; wait?: 'spin' | 'block' }

/** A session on a fake GPU. */
export function onCuda(model: Uint8Array, { deviceId = 0, wait, ...options }: CudaOptions = {}) {
  const cuda = { name: 'cuda', deviceId, ...(wait && { wait }) } as ExecutionProvider
  return InferenceSession.create(model, {
    intraOpNumThreads: 1,
    executionProviders: [cuda, 'cpu'],
    ...options,
  })
}

/** The same on the CPU, to compare with. */
export const onCpu = (model: Uint8Array) => InferenceSession.create(model, { intraOpNumThreads: 1 })

/** A session whose runs take as long as is wanted. Logs nothing: to end a run early is an error to ONNX Runtime. */
export const slowOnCuda = (options: CudaOptions = {}) =>
  onCuda(slowLoop(), { logSeverityLevel: 4, ...options })

/** A binding of `slowOnCuda()` whose runs take that many trips. */
export function slowBinding(session: InferenceSession, trips: bigint): IoBinding {
  const binding = session.createIoBinding()
  binding.inputs.trips.set([trips] as never)
  ;(binding.inputs.x as Float32Array).fill(0.5)
  return binding
}

/** Some tenths of a second, and longer than any test waits. */
export const LONG = 3_000n
export const ENDLESS = 10n ** 12n

/** The calls of the driver since the last clearing, by name, without those that say nothing of the order of work. */
export function work(): { name: string; stream: number }[] {
  return fake
    .calls()
    .filter(({ name }) => !/Ctx|CaptureMode/.test(name))
    .map(({ name, stream }) => ({ name: name.replace(/^cu|_v2$/g, ''), stream }))
}

/** How often a function was called. */
export const count = (name: string) => work().filter((call) => call.name === name).length

/** What is alive, as what must be the same again when all was disposed. */
export function alive() {
  const { deviceBlocks, pinnedBlocks, streams, events, contextDepth } = fake.live()
  return { deviceBlocks, pinnedBlocks, streams, events, contextDepth }
}

/** Float32 data of a value, wherever it is. */
export const numbers = (value: OrtValue | undefined) => [...(value!.read() as Float32Array)]
