// How the calls of a batcher end other than by a result, and how the batcher ends.
import type { Batcher, BatcherOptions, BatcherRunOptions } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { identity } from '../helpers/model-builder.mjs'

const row = (value: number) => ({ x: Float32Array.of(value, -value) })

async function withBatcher(
  options: BatcherOptions,
  body: (batcher: Batcher) => Promise<void>,
): Promise<void> {
  await using session = await createSession(identity('float32', ['n', 2]))
  await using batcher = await session.createBatcher({ x: [2] }, options)
  await body(batcher)
}

/** The first elements of the results in the order in which they come. */
async function order(
  batcher: Batcher,
  calls: readonly (readonly [number, BatcherRunOptions?])[],
): Promise<number[]> {
  const ended: number[] = []
  await Promise.all(
    calls.map(async ([value, options]) => {
      const { y } = await batcher.run(row(value), options)
      ended.push(Number(y[0]))
    }),
  )
  return ended
}

describe('a call', () => {
  test('of high priority goes first, and the others in order', async () => {
    await withBatcher({ maxBatchSize: 1 }, async (batcher) => {
      const high = { priority: 'high' } as const
      const ended = await order(batcher, [[1], [2], [3, high], [4, { priority: 'normal' }], [5, high]])
      expect(ended).toEqual([3, 5, 1, 2, 4])
    })
  })

  test('beyond the queue is refused at once, and waits for nothing', async () => {
    await withBatcher({ maxQueueSize: 2 }, async (batcher) => {
      const waiting = [batcher.run(row(1)), batcher.run(row(2))]
      const { remedy } = await expectError(() => batcher.run(row(3)), 'ERR_QUEUE_FULL', { says: '2 calls' })
      expect(remedy).toContain('503')
      expect((await Promise.all(waiting)).map(({ y }) => y[0])).toEqual([1, 2])
      expect((await batcher.run(row(4))).y[0]).toBe(4)
      expect(batcher.stats.rows).toMatchObject({ succeeded: 3, refused: 1 })
    })
  })

  test('does not run after its deadline', async () => {
    await withBatcher({}, async (batcher) => {
      const late = batcher.run(row(1), { timeoutMs: 0 })
      const other = batcher.run(row(2), { timeoutMs: 60_000 })
      await expectError(() => late, 'ERR_TIMEOUT')
      expect((await other).y[0]).toBe(2)
      expect(batcher.stats).toMatchObject({
        batches: { 1: { count: 1 } },
        rows: { succeeded: 1, timedOut: 1 },
      })
    })
  })

  test('ends at its deadline while it waits', async () => {
    await withBatcher({ maxQueueDelayMs: 60_000 }, async (batcher) => {
      await expectError(() => batcher.run(row(1), { timeoutMs: 5 }), 'ERR_TIMEOUT', { says: '5 ms' })
      expect(batcher.stats).toMatchObject({ waiting: 0, batches: {}, rows: { timedOut: 1 } })
    })
  })

  test('does not run after its signal aborts, and rejects with its reason', async () => {
    await withBatcher({}, async (batcher) => {
      const controller = new AbortController()
      const { signal } = controller
      const calls = [1, 2, 3].map((value) => batcher.run(row(value), value === 2 ? { signal } : {}))
      const reason = new Error('gone')
      controller.abort(reason)
      await expect(calls[1]).rejects.toBe(reason)
      expect((await calls[0]!).y[0]).toBe(1)
      expect((await calls[2]!).y[0]).toBe(3)
      expect(batcher.stats).toMatchObject({ batches: { 2: { count: 1 } }, rows: { aborted: 1 } })
      await expect(batcher.run(row(4), { signal })).rejects.toBe(reason)
      expect(batcher.stats.waiting).toBe(0)
    })
  })

  test('that ends while it runs leaves its batch alone', async () => {
    await withBatcher({}, async (batcher) => {
      const controller = new AbortController()
      const calls = [1, 2].map((value) =>
        batcher.run(row(value), value === 1 ? { signal: controller.signal } : {}),
      )
      const settled = Promise.allSettled(calls)
      await new Promise(setImmediate)
      controller.abort()
      const [first, second] = await settled
      expect(second).toMatchObject({ status: 'fulfilled', value: { y: row(2).x } })
      // A short run may have ended before.
      if (first!.status === 'fulfilled') expect(first!.value.y).toEqual(row(1).x)
      else expect(first!.reason.name).toBe('AbortError')
    })
  })
})

describe('a batcher', () => {
  test('runs what waits when it is closed, without delay, and refuses what comes then', async () => {
    await withBatcher({ maxQueueDelayMs: 60_000 }, async (batcher) => {
      const waiting = [1, 2, 3].map((value) => batcher.run(row(value)))
      const closed = batcher.close()
      await expectError(() => batcher.run(row(4)), 'ERR_DISPOSED')
      expect((await Promise.all(waiting)).map(({ y }) => y[0])).toEqual([1, 2, 3])
      await closed
      expect(batcher.close()).toBe(batcher.close())
      expect(batcher.stats).toMatchObject({ waiting: 0, running: 0, releases: { closing: 1 } })
    })
  })

  test('refuses what waits when it is disposed of', async () => {
    await withBatcher({}, async (batcher) => {
      const waiting = [1, 2].map((value) => batcher.run(row(value)))
      batcher.dispose()
      batcher.dispose()
      for (const call of waiting) await expectError(() => call, 'ERR_DISPOSED')
      expect(batcher.stats).toMatchObject({ waiting: 0, batches: {} })
    })
  })

  test('fails its calls after its session was released, each once', async () => {
    const session = await createSession(identity('float32', ['n', 2]))
    await using batcher = await session.createBatcher({ x: [2] })
    await session.release()
    const settled = await Promise.allSettled([1, 2, 3].map((value) => batcher.run(row(value))))
    expect(settled.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(
      Array(3).fill('ERR_DISPOSED'),
    )
    expect(batcher.stats.repeated).toBe(0)
    await expectError(() => session.createBatcher({ x: [2] }), 'ERR_DISPOSED')
  })
})
