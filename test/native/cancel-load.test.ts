import { InferenceSession } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { longChain, oneNode } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

const reason = new Error('not needed anymore')

test('a load is canceled at any moment, and rejects with the reason of the signal', async () => {
  const model = longChain(2000)
  for (let turns = 0; turns < 12; ++turns) {
    const controller = new AbortController()
    const loading = InferenceSession.create(model, { signal: controller.signal })
    const outcome = loading.then(
      () => 'loaded',
      (error: unknown) => error,
    )
    for (let i = 0; i < turns; ++i) await new Promise(setImmediate)
    controller.abort(reason)
    expect(await outcome).toBe(reason)
  }
})

test('a signal that aborted before refuses the load, and one that aborts later changes nothing', async () => {
  await expect(InferenceSession.create(oneNode(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const controller = new AbortController()
  await using session = await InferenceSession.create(oneNode(), { signal: controller.signal })
  controller.abort()
  expect((await session.run({ x: float32([1]) })).y!.data).toEqual(Float32Array.of(2))
})

test('a signal that is none is refused', async () => {
  await expectError(
    () => InferenceSession.create(oneNode(), { signal: {} as AbortSignal }),
    'ERR_INVALID_ARG_TYPE',
    {
      type: TypeError,
      says: "'signal'",
    },
  )
})
