// Random calls of a batcher: rows of several shapes, aborts, deadlines, bad rows, and its end at a random moment. Every call ends once, with what its own row gives alone or with an error of its own.
//
// TEST_BATCH_FACTOR makes it longer; fast-check prints the seed and the shortest trace of a failure.
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { type Batcher, isOrtError } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { lookup } from '../helpers/batch-models.mjs'
import { createSession, onDevice } from '../helpers/device.ts'

const FACTOR = Number(process.env.TEST_BATCH_FACTOR ?? 1)
const TABLE = 64
/** How often a row is bad. A GPU does not look whether an index is in the table. */
const BAD = onDevice ? 0 : 1

interface Call {
  readonly ids: readonly number[]
  /** Turns of the event loop before the call, and before the abort. */
  readonly after: number
  readonly abortAfter: number | undefined
  readonly timeoutMs: number | undefined
  readonly high: boolean
}

const call: fc.Arbitrary<Call> = fc.record({
  // An id of the table's size or more fails the row.
  ids: fc.array(
    fc.oneof(
      { weight: 30, arbitrary: fc.nat(TABLE - 1) },
      { weight: BAD, arbitrary: fc.constant(TABLE + 5) },
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  after: fc.nat(6),
  abortAfter: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
  timeoutMs: fc.option(fc.nat(2), { nil: undefined, freq: 4 }),
  high: fc.boolean(),
})

const turns = async (count: number) => {
  for (let i = 0; i < count; ++i) await new Promise(setImmediate)
}

/** What the row gives alone: two floats for each id. */
const expected = (ids: readonly number[]) => Float32Array.from(ids.flatMap((id) => [id * 2 + 1, id * 2 + 2]))

type End = 'right' | 'aborted' | 'timedOut' | 'failed' | 'refused' | 'closed'

/** How a call ended. @throws if not as its own row must */
async function end(batcher: Batcher, one: Call): Promise<End> {
  await turns(one.after)
  const controller = new AbortController()
  const { signal } = controller
  if (one.abortAfter !== undefined) void turns(one.abortAfter).then(() => controller.abort())
  const ids = BigInt64Array.from(one.ids, BigInt)
  const isBad = one.ids.some((id) => id >= TABLE)
  const pending = batcher.run(
    { ids },
    {
      ...(one.abortAfter !== undefined && { signal }),
      ...(one.timeoutMs !== undefined && { timeoutMs: one.timeoutMs }),
      ...(one.high && { priority: 'high' }),
    },
  )
  ids.fill(0n) // the row was copied
  try {
    const { y } = await pending
    if (isBad) throw new Error('a bad row has a result')
    expect(y).toEqual(expected(one.ids))
    y.fill(-1) // the caller's own
    return 'right'
  } catch (error) {
    if (error === signal.reason && signal.aborted) return 'aborted'
    if (!isOrtError(error)) throw error
    if (error.code === 'ERR_TIMEOUT' && one.timeoutMs !== undefined) return 'timedOut'
    if (error.code === 'ERR_QUEUE_FULL') return 'refused'
    if (error.code === 'ERR_DISPOSED') return 'closed'
    if (error.code.startsWith('ERR_ORT_') && isBad) return 'failed'
    throw error
  }
}

test('gives each caller its own row, whatever the others do', async () => {
  await using session = await createSession(lookup(TABLE), { logSeverityLevel: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(1, 2, 5, 8),
      fc.constantFrom(3, 1024),
      fc.option(fc.nat(8), { nil: undefined, freq: 4 }),
      fc.boolean(),
      async (calls, maxBatchSize, maxQueueSize, endsAfter, isDrained) => {
        const options = { maxBatchSize, maxQueueSize, warmup: false }
        const batcher = await session.createBatcher({ ids: ['?'] }, options)
        const ends = Promise.all(calls.map((one) => end(batcher, one)))
        if (endsAfter !== undefined) {
          await turns(endsAfter)
          if (isDrained) void batcher.close()
          else batcher.dispose()
        }
        const counts = new Map<End, number>()
        for (const how of await ends) counts.set(how, (counts.get(how) ?? 0) + 1)
        if (endsAfter === undefined) expect(counts.get('closed')).toBeUndefined()
        await batcher.close()
        const { rows, waiting, running } = batcher.stats
        expect([waiting, running]).toEqual([0, 0])
        expect(rows.succeeded).toBe(counts.get('right') ?? 0)
        expect(rows.timedOut).toBe(counts.get('timedOut') ?? 0)
        expect(rows.refused).toBe(counts.get('refused') ?? 0)
      },
    ),
    { numRuns: 15 * FACTOR },
  )
})

test('answers a million calls, with random aborts and deadlines, in memory that does not grow', async () => {
  const count = 4_000 * (FACTOR > 1 ? 250 : 1)
  await using session = await createSession(lookup(TABLE), { logSeverityLevel: 4 })
  await using batcher = await session.createBatcher({ ids: ['?'] }, { warmup: false })
  const ended: Record<string, number> = {}
  let seed = 1
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  let left = count
  const rss: number[] = []
  const worker = async () => {
    while (left-- > 0) {
      if (left % (count / 20) === 0) rss.push(process.memoryUsage.rss())
      const one: Call = {
        ids: Array.from({ length: 1 + random(3) }, () => (random(500) < BAD ? TABLE : random(TABLE))),
        after: random(50) === 0 ? 1 : 0,
        abortAfter: random(20) === 0 ? random(3) : undefined,
        timeoutMs: random(20) === 0 ? random(3) : undefined,
        high: random(4) === 0,
      }
      const how = await end(batcher, one)
      ended[how] = (ended[how] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  expect(Object.values(ended).reduce((a, b) => a + b)).toBe(count)
  const { rows, waiting, running } = batcher.stats
  expect([waiting, running]).toEqual([0, 0])
  expect(rows.succeeded).toBe(ended.right)
  if (FACTOR === 1) return
  await sleep(0)
  // The first tenth fills caches and pools.
  expect(rss.at(-1)! / rss[2]!).toBeLessThan(1.2)
}, 3_600_000)
