import { type InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { identity, slowLoop, twoInputs } from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

const a = float32([1, 2, 3])
const b = float32([4, 5, 6])
const feeds = { a, b }
const sum = Float32Array.of(5, 7, 9)
const prod = Float32Array.of(4, 10, 18)

let session: InferenceSession

beforeAll(async () => {
  session = await createSession(twoInputs())
})
afterAll(() => session.release())

const range = (length: number) => Array.from({ length }, (_, i) => i)

const isFilled = ({ data }: Tensor, value: number, length: number) =>
  data.length === length && (data as Float32Array).every((element) => element === value)

describe('memory', () => {
  // All sides of where results are copied, or lent by ONNX Runtime, and of where the session keeps memory.
  const sizes = [3, 5000, 300_000]

  test.each(sizes)('inputs may change as soon as run() returns (%d elements)', async (length) => {
    const data = new Float32Array(length)
    for (let i = 0; i < 20; ++i) {
      data.fill(i)
      const pending = session.run({ a: new Tensor(data), b: new Tensor(data) })
      data.fill(-1)
      const results = await pending
      expect(isFilled(results.sum!, 2 * i, length)).toBe(true)
      expect(isFilled(results.prod!, i * i, length)).toBe(true)
    }
  })

  test('bytes of a Buffer, whose slice() is a view, may change as well', async () => {
    await using same = await createSession(identity('uint8', ['n']))
    for (let i = 0; i < 5; ++i) {
      const data = Buffer.of(1, 2, i)
      const pending = same.run({ x: new Tensor('uint8', data, [3]) })
      data.fill(255)
      expect((await pending).y!.data).toEqual(Uint8Array.of(1, 2, i))
    }
  })

  test('strings may change as well', async () => {
    await using strings = await createSession(identity('string', ['n']))
    for (let i = 0; i < 5; ++i) {
      const data = ['a', 'b']
      const pending = strings.run({ x: new Tensor('string', data, [2]) })
      data.fill('changed')
      expect((await pending).y!.data).toEqual(['a', 'b'])
    }
  })

  test.each(sizes)('later runs leave results unchanged (%d elements)', async (length) => {
    const rounds = Array.from({ length: 10 }, (_, i) => new Float32Array(length).fill(i))
    const results = []
    for (const data of rounds) results.push(await session.run({ a: new Tensor(data), b: new Tensor(data) }))
    results.forEach(({ sum: y }, i) => {
      expect(isFilled(y!, 2 * i, length)).toBe(true)
    })
  })

  test.each(sizes)('a result shares no memory with the input (%d elements)', async (length) => {
    await using same = await createSession(identity('float32', ['n']))
    for (let i = 0; i < 5; ++i) {
      const x = new Tensor(new Float32Array(length).fill(7))
      const { y } = await same.run({ x })
      ;(x.data as Float32Array).fill(0)
      expect(isFilled(y!, 7, length)).toBe(true)
    }
  })

  test('any number of runs that are not awaited end', async () => {
    const results = await Promise.all(range(50).map((i) => session.run({ a: float32([i]), b: float32([1]) })))
    expect(results.map(({ sum: y }) => (y!.data as Float32Array)[0])).toEqual(range(50).map((i) => i + 1))
  })

  test('Tensors and OrtValues can be mixed', async () => {
    using value = OrtValue.fromTensor(b)
    expect((await session.run({ a, b: value })).prod!.data).toEqual(prod)
    value.dispose()
    await expectError(() => session.run({ a, b: value }), 'ERR_DISPOSED')
  })
})

describe('options', () => {
  test('options of ONNX Runtime are accepted', async () => {
    const results = await session.run(feeds, { logSeverityLevel: 4, logVerbosityLevel: 1, tag: 'x' })
    expect(results.sum!.data).toEqual(sum)
    const extra = { memory: { enable_memory_arena_shrinkage: 'cpu:0' } }
    if (isNative) expect((await session.run(feeds, { extra })).sum!.data).toEqual(sum)
    // onnxruntime-node would take it, and do nothing with it.
    else await expectError(() => session.run(feeds, { extra }), 'ERR_NOT_SUPPORTED', { says: 'extra' })
  })

  test('terminate ends the run before its first node', async () => {
    const code = isNative ? 'ERR_ORT_FAIL' : 'ERR_NOT_SUPPORTED'
    await expectError(() => session.run(feeds, { terminate: true }), code, { says: 'terminate' })
    expect((await session.run(feeds, { terminate: false })).sum!.data).toEqual(sum)
  })

  const loopFeeds = (trips: number) => ({
    trips: int64([trips], []),
    x: float32(new Float32Array(9216), [96, 96]),
  })

  test('a signal cancels a run', async () => {
    await using slow = await createSession(slowLoop())
    const { signal } = new AbortController()
    if (!isNative) {
      await expectError(() => slow.run(loopFeeds(1), { signal }), 'ERR_NOT_SUPPORTED', { says: 'cancel' })
      return
    }
    expect((await slow.run(loopFeeds(1), { signal })).y!.dims).toEqual([96, 96])
    const reason = new Error('no longer wanted')
    await expect(slow.run(loopFeeds(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    // One that runs, and one behind it.
    const running = new AbortController()
    const queued = new AbortController()
    const first = slow.run(loopFeeds(1_000_000), { signal: running.signal })
    const second = slow.run(loopFeeds(1_000_000), { signal: queued.signal })
    queued.abort()
    await expect(second).rejects.toMatchObject({ name: 'AbortError' })
    running.abort(reason)
    await expect(first).rejects.toBe(reason)
    expect((await slow.run(loopFeeds(1))).y!.dims).toEqual([96, 96])
  })
})
