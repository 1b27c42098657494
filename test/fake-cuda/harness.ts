// Helpers of the fake driver's own tests.
import { afterEach, beforeEach, describe, expect } from 'vitest'
import * as fake from './fake-cuda.mjs'

export const INVALID_VALUE = 1
export const OUT_OF_MEMORY = 2
export const INVALID_CONTEXT = 201
export const INVALID_HANDLE = 400
export const NOT_READY = 600
export const ILLEGAL_ADDRESS = 700
export const CAPTURE_UNSUPPORTED = 900
export const RELAXED = 2

type Arguments = readonly (bigint | number)[]

/** The results of a call that must succeed. */
export function cu(name: string, ...args: Arguments) {
  const [result, ...out] = fake.driver()[name](...args)
  expect(result, name).toBe(0)
  return out
}
/** The CUresult of a call. */
export const driverResult = (name: string, ...args: Arguments): number => fake.driver()[name](...args)[0]

export const alloc = (bytes: number): bigint => cu('cuMemAlloc_v2', bytes)[0]
export const pinned = (bytes: number): bigint => cu('cuMemHostAlloc', bytes, 3)[0]
export const stream = (): bigint => cu('cuStreamCreate', 1)[0]
export const event = (): bigint => cu('cuEventCreate', 2)[0]
export const byte = (address: bigint) => fake.read(address, 1)[0]
export const fill = (address: bigint, value: number, bytes = 1) =>
  fake.write(address, new Uint8Array(bytes).fill(value))

/** There was one misuse since the last reset; resets. */
export function expectViolation(text: RegExp) {
  expect(fake.violations()).toEqual([expect.stringMatching(text)])
  fake.reset()
}

/** The primary contexts of both devices. */
export const contexts: bigint[] = []

/** Tests in the first device's context, which must leak nothing. */
export function describeFake(title: string, tests: () => void) {
  const why = fake.isBuilt ? '' : `: SKIPPED, no ${fake.controlPath}`
  describe.skipIf(!fake.isBuilt)(title + why, () => {
    beforeEach(() => {
      cu('cuInit', 0)
      contexts[0] ??= cu('cuDevicePrimaryCtxRetain', 0)[0]
      contexts[1] ??= cu('cuDevicePrimaryCtxRetain', 1)[0]
      cu('cuCtxPushCurrent_v2', contexts[0])
      fake.reset()
    })
    afterEach(() => {
      cu('cuCtxPopCurrent_v2')
      const { contextDepth, deviceBlocks, pinnedBlocks, streams, events } = fake.live()
      expect(fake.violations()).toEqual([])
      expect([contextDepth, deviceBlocks, pinnedBlocks, streams, events]).toEqual([0, 0, 0, 0, 0])
    })
    tests()
  })
}
