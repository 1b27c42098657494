// Calls of session.run with the types and shapes of earlier calls, for which the session keeps memory.
import { Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { identity, nonZero, twoInputs } from '../helpers/model-builder.mjs'
import { firstElements } from '../helpers/shape-models.mjs'
import { float32, int64 } from '../helpers/values.ts'

const filled = (n: number, length = 3) => new Tensor('float32', new Float32Array(length).fill(n), [length])
const feeds = (n: number, length?: number) => ({ a: filled(n, length), b: filled(10, length) })
const data = (tensor: Tensor | undefined) => [...(tensor!.data as Float32Array)]

test('concurrent calls have their own results', async () => {
  await using session = await createSession(twoInputs())
  for (let round = 0; round < 4; ++round) {
    const calls = Array.from({ length: 40 }, (_, n) => session.run(feeds(n)))
    const results = await Promise.all(calls)
    results.forEach(({ sum, prod }, n) => {
      expect(data(sum)).toEqual(Array(3).fill(n + 10))
      expect(data(prod)).toEqual(Array(3).fill(n * 10))
    })
  }
})

test('the results of a call are not those of another, nor memory that the session keeps', async () => {
  await using session = await createSession(twoInputs())
  const results = []
  for (let n = 0; n < 5; ++n) results.push((await session.run(feeds(n))).sum!)
  expect(results.map((sum) => data(sum)[0])).toEqual([10, 11, 12, 13, 14])
  ;(results[4]!.data as Float32Array).fill(-1)
  structuredClone(0, { transfer: [(results[3]!.data as Float32Array).buffer as ArrayBuffer] })
  expect(data((await session.run(feeds(7))).sum)).toEqual([17, 17, 17])
})

test('shapes, types and fetches that change from call to call give their own results', async () => {
  await using session = await createSession(twoInputs())
  for (let i = 0; i < 200; ++i) {
    const length = 1 + ((i * 7) % 11)
    const fetches = [['sum'], ['prod', 'sum'], { sum: null }, {}][i % 4]!
    const results = await session.run(feeds(i, length), fetches as string[])
    if (results.prod !== undefined) expect(data(results.prod)).toEqual(Array(length).fill(i * 10))
    expect(data(results.sum)).toEqual(Array(length).fill(i + 10))
    expect(Object.keys(results)).toEqual([['sum'], ['prod', 'sum'], ['sum'], ['sum', 'prod']][i % 4])
  }
})

test('a pre-allocated result is written after calls without one', async () => {
  await using session = await createSession(twoInputs())
  for (let i = 0; i < 3; ++i) await session.run(feeds(i))
  const sum = filled(0)
  const results = await session.run(feeds(5), { sum, prod: null })
  expect(results.sum).toBe(sum)
  expect(data(sum)).toEqual([15, 15, 15])
  expect(data(results.prod)).toEqual([50, 50, 50])
})

describe('a shape that depends on data', () => {
  test('is right in each call, and so are the feeds that the caller changes after it', async () => {
    await using session = await createSession(nonZero())
    for (const [x, expected] of [
      [
        [1, 0, 3],
        [0n, 2n],
      ],
      [
        [1, 0, 3],
        [0n, 2n],
      ],
      [
        [1, 0, 3],
        [0n, 2n],
      ],
      [
        [1, 2, 3],
        [0n, 1n, 2n],
      ],
      [[0, 0, 0], []],
      [[0, 0, 9], [2n]],
    ] as const) {
      const feed = float32([...x])
      const pending = session.run({ x: feed })
      ;(feed.data as Float32Array).fill(0)
      const { y } = await pending
      expect([...(y!.data as BigInt64Array)]).toEqual(expected)
      expect(y!.dims).toEqual([1, expected.length])
    }
  })

  test('is right in concurrent calls', async () => {
    await using session = await createSession(firstElements())
    const run = (n: number) => session.run<Tensor>({ x: filled(n, 6), end: int64([n]) })
    for (let i = 0; i < 3; ++i) await run(2)
    const lengths = [2, 2, 1, 5, 2, 6, 0, 2, 3]
    const results = await Promise.all(lengths.map(run))
    expect(results.map(({ y }) => data(y))).toEqual(lengths.map((n) => Array(n).fill(n)))
  })
})

describe('arguments of a repeated call', () => {
  test('are checked', async () => {
    await using session = await createSession(twoInputs())
    for (let i = 0; i < 3; ++i) await session.run(feeds(i))
    await expectError(() => session.run({ a: filled(1) }), 'ERR_MISSING_INPUT')
    const { sum } = await session.run({ ...feeds(1), c: filled(1) })
    expect(sum).toEqual((await session.run(feeds(1))).sum)
    await expectError(() => session.run(feeds(1), ['nope']), 'ERR_UNKNOWN_OUTPUT')
    const detached = feeds(1)
    structuredClone(0, { transfer: [(detached.b.data as Float32Array).buffer as ArrayBuffer] })
    await expectError(() => session.run(detached), 'ERR_DETACHED', { says: 'feeds.b' })
    if (isNative) {
      const longer = feeds(1)
      Object.defineProperty(longer.a, 'data', { value: new Float32Array(4) })
      await expectError(() => session.run(longer), 'ERR_INVALID_LENGTH')
    }
    expect(data((await session.run(feeds(4))).sum)).toEqual([14, 14, 14])
  })

  test('may run the session while they are read', async () => {
    await using session = await createSession(twoInputs())
    for (let i = 0; i < 3; ++i) await session.run(feeds(i))
    const given = feeds(1)
    let inner: Promise<Record<string, Tensor>> | undefined
    const read = (given.b as { data: Float32Array }).data
    Object.defineProperty(given.b, 'data', {
      get() {
        inner ??= session.run(feeds(2))
        return read
      },
    })
    expect(data((await session.run(given)).sum)).toEqual([11, 11, 11])
    expect(data((await inner!).sum)).toEqual([12, 12, 12])
  })

  test.runIf(isNative)('may release the session while they are read', async () => {
    const session = await createSession(twoInputs())
    for (let i = 0; i < 3; ++i) await session.run(feeds(i))
    const given = feeds(1)
    const read = (given.a as { data: Float32Array }).data
    Object.defineProperty(given.a, 'data', {
      get() {
        session.release()
        return read
      },
    })
    await expectError(() => session.run(given), 'ERR_DISPOSED')
  })
})

test('release() waits for calls in flight, which have their results', async () => {
  const session = await createSession(twoInputs())
  for (let i = 0; i < 3; ++i) await session.run(feeds(i))
  const calls = [session.run(feeds(3)), session.run(feeds(4))]
  await session.release()
  expect((await Promise.all(calls)).map(({ sum }) => data(sum)[0])).toEqual([13, 14])
  await expectError(() => session.run(feeds(5)), 'ERR_DISPOSED')
})

test.runIf(isNative)('a call that was canceled leaves the next one right', async () => {
  await using session = await createSession(twoInputs())
  for (let i = 0; i < 3; ++i) await session.run(feeds(i))
  for (let i = 0; i < 20; ++i) {
    const abort = new AbortController()
    const pending = session.run(feeds(i), { signal: abort.signal })
    abort.abort(new Error('late'))
    await expect(pending).rejects.toThrow('late')
    expect(data((await session.run(feeds(i))).sum)).toEqual([i + 10, i + 10, i + 10])
  }
})

const typed = {
  bool: (n: number) => Uint8Array.of(n, 0, 1, 0),
  float16: (n: number) => new Uint16Array([n, 15360, 0, 1]),
  float64: (n: number) => Float64Array.of(n, 1, 2, 3),
  ...(isNative && { int4: (n: number) => Uint8Array.of(n, 255) }),
  int64: (n: number) => BigInt64Array.of(BigInt(n), -1n, 2n, 3n),
  uint8: (n: number) => Uint8Array.of(n, 255, 2, 3),
}

test.each(Object.entries(typed))('%s has the right elements and dims in each call', async (type, make) => {
  await using session = await createSession(identity(type, ['n', 2]))
  for (const n of [0, 1, 1, 0, 1]) {
    const x = new Tensor(type as 'float32', make(n) as never, [2, 2])
    const { y } = await session.run({ x })
    expect(y!.type).toBe(type)
    expect(y!.dims).toEqual([2, 2])
    expect(Buffer.from((y!.data as Uint8Array).buffer)).toEqual(Buffer.from(make(n).buffer))
  }
})

test('maxRunPlanBytes: 0 keeps nothing, with the same results', async () => {
  await using session = await createSession(twoInputs(), { maxRunPlanBytes: 0 })
  for (let i = 0; i < 4; ++i) expect(data((await session.run(feeds(i))).sum)).toEqual(Array(3).fill(i + 10))
  await expectError(() => createSession(twoInputs(), { maxRunPlanBytes: -1 }), 'ERR_INVALID_ARG_VALUE')
})
