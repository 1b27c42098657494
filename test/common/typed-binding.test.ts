// The bind-once form whose inputs and outputs have types: any other name does not compile, and is refused.
import type { InferenceSession, IoBinding } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'

type X = { x: Float32Array }
type Y = { y: Float32Array }

test('a typed binding has typed names and arrays', async () => {
  await using session = await createSession(oneNode())
  using io: IoBinding<X, Y> = session.createIoBinding<X, Y>({ x: [1] })
  io.inputs.x[0] = 41
  await io.run()
  expect(io.outputs.y[0]).toBe(42)
  // Without types any name compiles.
  using untyped: IoBinding = session.createIoBinding({ x: [1] }, { outputs: { y: 'dynamic' } })
  untyped.inputs.x[0] = 1
})

test('a misspelled name does not compile', async () => {
  await using session = await createSession(oneNode())
  // @ts-expect-error: there is no z among the inputs
  const misspelt = (from: InferenceSession) => from.createIoBinding<X, Y>({ z: [1] })
  await expectError(() => misspelt(session), 'ERR_UNKNOWN_INPUT', { type: RangeError, says: "'z'" })
})
