// Threads and an arena of the process. They are made with its environment, so this file has a process of its own.
import { readFileSync } from 'node:fs'
import { InferenceSession, initialize, memoryStats, type SessionOptions, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, sumOfOnes, tensor, value } from '../helpers/model-builder.mjs'

const LIMIT = 64 * 2 ** 20

initialize({
  threadPool: { intraOpNumThreads: 3, interOpNumThreads: 1, allowSpinning: false },
  arena: { maxBytes: LIMIT, extendStrategy: 'sameAsRequested' },
})

/** y = x W, of a weight of so many bytes, which ONNX Runtime packs into the arena. */
const heavy = (bytes: number) => {
  const [rows, columns] = [64, bytes / 4 / 64]
  return model({
    inputs: [value('x', 'float32', [1, rows])],
    outputs: [value('y', 'float32', [1, columns])],
    nodes: [node('MatMul', ['x', 'W'], ['y'])],
    initializers: [tensor('W', 'float32', [rows, columns], new Float32Array(rows * columns))],
  })
}

const threads = () => Number(/^Threads:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1])
const feeds = { x: new Tensor('float32', new Float32Array(8 * 128).fill(1), [8, 128]) }
const run = async (options: SessionOptions) => {
  await using session = await InferenceSession.create(mlp(), options)
  return (await session.run(feeds)).y!.data
}

test('sessions share the threads, and give the same results', async () => {
  const own = await run({ intraOpNumThreads: 1 })
  expect(await run({ threadPool: 'shared' })).toEqual(own)
  expect(await run({ threadPool: 'session' })).toEqual(own)
})

test.runIf(process.platform === 'linux')(
  'a session of the shared threads starts none but its run thread',
  async () => {
    const create = async (options: SessionOptions) => {
      const before = threads()
      const session = await InferenceSession.create(mlp(), options)
      const started = threads() - before
      await session.release()
      return started
    }
    const [own, shared] = [await create({ intraOpNumThreads: 4 }), await create({ threadPool: 'shared' })]
    expect(own - shared).toBe(3)
  },
)

test('sessions share the arena, whose limit holds', async () => {
  await using session = await InferenceSession.create(sumOfOnes(), { arena: 'shared', threadPool: 'shared' })
  using io = session.createIoBinding()
  io.inputs.one[0] = 1
  const sumOnes = (count: number) => {
    io.inputs.count[0] = BigInt(count)
    io.runSync()
    return io.outputs.y[0]
  }
  expect(sumOnes(2 ** 20)).toBe(2 ** 20)
  const stats = memoryStats()!
  expect(stats.Limit).toBe(LIMIT)
  expect(stats.MaxInUse).toBeGreaterThan(2 ** 22)
  expect(stats.TotalAllocated).toBeLessThanOrEqual(LIMIT)
  for (let i = 0; i < 2; ++i) {
    await expectError(() => sumOnes(2 ** 25), 'ERR_OUT_OF_MEMORY')
    expect(sumOnes(2 ** 10)).toBe(2 ** 10)
  }
  expect(memoryStats()!.TotalAllocated).toBeLessThanOrEqual(LIMIT)
  await using own = await InferenceSession.create(sumOfOnes())
  const inputs = { one: new Tensor('float32', [1], [1]), count: new Tensor('int64', [2n ** 24n], [1]) }
  expect((await own.run(inputs)).y!.data).toEqual(Float32Array.of(2 ** 24))
})

test('weights beyond the limit of the arena are refused, and the limit holds', async () => {
  const before = memoryStats()!.InUse
  const create = () => InferenceSession.create(heavy(LIMIT), { arena: 'shared' })
  await expectError(create, 'ERR_OUT_OF_MEMORY', { says: 'weights' })
  expect(memoryStats()!.InUse).toBe(before)
  const loads = await Promise.allSettled([
    create(),
    InferenceSession.create(heavy(2 ** 20), { arena: 'shared' }),
  ])
  expect(loads.map((load) => load.status)).toEqual(['rejected', 'fulfilled'])
  if (loads[1].status === 'fulfilled') await loads[1].value.release()
  await using session = await InferenceSession.create(sumOfOnes(), { arena: 'shared' })
  const inputs = { one: new Tensor('float32', [1], [1]), count: new Tensor('int64', [2n ** 25n], [1]) }
  await expectError(() => session.run(inputs), 'ERR_OUT_OF_MEMORY')
})

test('options that contradict each other, and others, are refused', async () => {
  const create = (options: object) => InferenceSession.create(mlp(), options)
  await expectError(() => create({ threadPool: 'shared', intraOpNumThreads: 2 }), 'ERR_INVALID_ARG_VALUE', {
    says: 'intraOpNumThreads',
  })
  await expectError(() => create({ threadPool: 'global' }), 'ERR_INVALID_ARG_VALUE', { says: 'shared' })
  await expectError(() => create({ arena: 'global' }), 'ERR_INVALID_ARG_VALUE', { says: 'arena' })
})
