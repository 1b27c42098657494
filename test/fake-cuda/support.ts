// Helpers of the suites on the fake driver.
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

/** Suites that need the build for the fake driver; skipped, with the reason, without it. */
export function describeCuda(title: string, tests: () => void) {
  const why = fake.isBuilt ? '' : `: SKIPPED, no ${fake.controlPath}; run npm run build:fake-cuda`
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

/** The same on the CPU, for comparison. */
export const onCpu = (model: Uint8Array) => InferenceSession.create(model, { intraOpNumThreads: 1 })

/** A session whose runs take as long as a test wants. It logs nothing: a run that ends early is an error of ONNX Runtime. */
export const slowOnCuda = (options: CudaOptions = {}) =>
  onCuda(slowLoop(), { logSeverityLevel: 4, ...options })

/** A binding of `slowOnCuda()` whose runs take so many trips. */
export function slowBinding(session: InferenceSession, trips: bigint): IoBinding {
  const binding = session.createIoBinding()
  binding.inputs.trips.set([trips] as never)
  ;(binding.inputs.x as Float32Array).fill(0.5)
  return binding
}

/** Some tenths of a second, and longer than any test waits. */
export const LONG = 3_000n
export const ENDLESS = 10n ** 12n

/** The driver calls since the last clearCalls, without those of contexts and capture modes. */
export function work(): { name: string; stream: number }[] {
  return fake
    .calls()
    .filter(({ name }) => !/Ctx|CaptureMode/.test(name))
    .map(({ name, stream }) => ({ name: name.replace(/^cu|_v2$/g, ''), stream }))
}

/** The number of calls of a function. */
export const count = (name: string) => work().filter((call) => call.name === name).length

/** Counts of live objects: the same before and after a test that disposes everything. */
export function alive() {
  const { deviceBlocks, pinnedBlocks, streams, events, graphs, contextDepth } = fake.live()
  return { deviceBlocks, pinnedBlocks, streams, events, graphs, contextDepth }
}

/** Float32 data of a value in any memory. */
export const numbers = (value: OrtValue | undefined) => [...(value!.read() as Float32Array)]
