// Garbage of a busy batcher: what dies young must not reach V8's old generation, which only a full collection frees.
import { getHeapSpaceStatistics } from 'node:v8'
import { InferenceSession } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { identity } from '../helpers/model-builder.mjs'

const oldMegabytes = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')!.space_used_size / 1e6

test('requests of many callers do not survive their end', async () => {
  await using session = await InferenceSession.create(identity('float32', ['n', 1]), { intraOpNumThreads: 1 })
  await using batcher = await session.createBatcher({ x: [1] }, { maxBatchSize: 32 })
  const x = new Float32Array(1)
  let left = 0
  let most = 0
  const caller = async () => {
    for (; left > 0; --left) {
      await batcher.run({ x })
      if (left % 1000 === 0) most = Math.max(most, oldMegabytes())
    }
  }
  const callers = async (requests: number) => {
    left = requests
    await Promise.all(Array.from({ length: 64 }, caller))
  }
  await callers(20_000)
  const before = oldMegabytes()
  await callers(60_000)
  expect(most - before).toBeLessThan(4)
})
