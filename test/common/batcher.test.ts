import { Batcher, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { lessLargest, lookup, nothingButNaN, prefix, stateful } from '../helpers/batch-models.mjs'
import { cpuTest } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { concatStrings, identity, mlp } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { open, withBatcher } from '../helpers/with-batcher.ts'

const floats = (...values: number[]) => Float32Array.from(values)
const ids = (...values: number[]) => BigInt64Array.from(values, BigInt)

describe('a batcher', () => {
  test('gives each caller the bits that its row gives alone', async () => {
    await using session = await open(mlp())
    await using batcher = await session.createBatcher({ x: [128] }, { maxBatchSize: 8, warmup: false })
    expect(batcher).toBeInstanceOf(Batcher)
    const rows = Array.from({ length: 20 }, (_, row) =>
      new Float32Array(128).map((_, i) => Math.sin(row * 31 + i)),
    )
    const results = await Promise.all(rows.map((x) => batcher.run({ x })))
    for (const [i, x] of rows.entries()) {
      const { y } = await session.run({ x: float32(x, [1, 128]) })
      expect(results[i]!.y).toEqual(y!.data)
      expect(results[i]!.y.buffer.byteLength).toBe(128 * 4)
    }
    const { batches, releases, rows: ended, computeInfer, waiting, running } = batcher.stats
    expect(Object.entries(batches).map(([size, { count }]) => [size, count])).toEqual([
      ['4', 1],
      ['8', 2],
    ])
    expect(releases).toEqual({ full: 2, preferred: 0, idle: 1, delay: 0, closing: 0, first: 0 })
    expect(ended).toEqual({ succeeded: 20, failed: 0, refused: 0, aborted: 0, timedOut: 0 })
    expect([computeInfer.count, waiting, running]).toEqual([20, 0, 0])
  })

  test('copies a row before the call returns', async () => {
    await withBatcher(identity('float32', ['n', 2]), { x: [2] }, {}, async (batcher) => {
      const x = floats(1, 2)
      const first = batcher.run({ x })
      x.fill(9)
      const [one, two] = await Promise.all([first, batcher.run({ x })])
      expect([one.y, two.y]).toEqual([floats(1, 2), floats(9, 9)])
    })
  })

  test('takes Tensors of one row, with and without the batch axis', async () => {
    await withBatcher(identity('float32', ['n', 2]), { x: [2] }, {}, async (batcher) => {
      const results = await Promise.all([
        batcher.run({ x: float32([1, 2], [2]) }),
        batcher.run({ x: float32([3, 4], [1, 2]) }),
      ])
      expect(results.map(({ y }) => y)).toEqual([floats(1, 2), floats(3, 4)])
      await expectError(() => batcher.run({ x: float32([3, 4], [2, 1]) }), 'ERR_SHAPE_MISMATCH')
      const wrong = new Tensor('float64', new Float64Array(2), [2])
      await expectError(() => batcher.run({ x: wrong }), 'ERR_TYPE_MISMATCH')
    })
  })

  test('takes and gives strings', async () => {
    const shapes = { a: [], b: [] }
    await withBatcher(concatStrings(), shapes, { maxBatchSize: 2 }, async (batcher) => {
      const rows = ['x', 'y', 'z'].map((a, i) => batcher.run({ a: [a], b: [String(i)] }))
      expect((await Promise.all(rows)).map(({ y }) => y)).toEqual([['x0'], ['y1'], ['z2']])
      await expectError(() => batcher.run({ a: [1 as never], b: [''] }), 'ERR_INVALID_ARG_TYPE')
    })
  })

  test('takes rows along any axis, and one value for all rows of a batch', async () => {
    const row = { x: [3], state: [2, 3], scale: [] }
    const batchAxes = { state: 1, scale: null, used: null }
    await withBatcher(stateful(), row, { batchAxes, maxBatchSize: 4 }, async (batcher) => {
      const rows = Array.from({ length: 6 }, (_, i) => ({
        x: floats(i, i, i),
        state: floats(1, 2, 3, 4, 5, 6).map((element) => element * 10 ** (i % 3)),
        scale: floats(1 + (i % 2)),
      }))
      const results = await Promise.all(rows.map((each) => batcher.run(each)))
      results.forEach(({ next, used }, i) => {
        const { x, state, scale } = rows[i]!
        expect(next).toEqual(state.map((element, at) => element + x[at % 3]! * scale[0]!))
        expect(used).toEqual(scale)
      })
      // Three rows of each scale, the first of which went alone.
      expect(batcher.stats.releases.first).toBe(2)
      expect(Object.keys(batcher.stats.batches)).toEqual(['1', '2'])
    })
  })

  test("puts only rows of one shape together where sizes vary ('?')", async () => {
    await withBatcher(lookup(), { ids: ['?'] }, {}, async (batcher) => {
      const lengths = [1, 3, 1, 3, 3, 2]
      const results = await Promise.all(
        lengths.map((length) => batcher.run({ ids: new BigInt64Array(length).fill(2n) })),
      )
      results.forEach(({ y }, i) => {
        expect(y).toEqual(floats(...Array.from({ length: lengths[i]! }, () => [5, 6]).flat()))
      })
      const { batches, releases } = batcher.stats
      expect(Object.entries(batches).map(([size, { count }]) => [Number(size), count])).toEqual([
        [1, 4],
        [2, 1],
      ])
      expect(releases.first).toBe(3)
    })
  })

  test('keeps the memory of a few shapes', async () => {
    await withBatcher(lookup(), { ids: ['?'] }, { maxBatchSize: 2 }, async (batcher) => {
      for (let length = 1; length <= 80; ++length) {
        const { y } = await batcher.run({ ids: new BigInt64Array(length).fill(1n) })
        expect(y).toHaveLength(length * 2)
      }
    })
  })

  test('pads to the sizes that are given, with rows of nobody', async () => {
    const options = { sizes: [2, 4], pad: { ids: 1n } }
    await withBatcher(lookup(2), { ids: [2] }, options, async (batcher) => {
      const all = [0, 1, 0].map((id) => batcher.run({ ids: ids(id, id) }))
      expect((await Promise.all(all)).map(({ y }) => y[0])).toEqual([1, 3, 1])
      expect(Object.keys(batcher.stats.batches)).toEqual(['3'])
    })
  })

  test('waits for maxQueueDelayMs, unless the batch is full', async () => {
    const options = { maxQueueDelayMs: 20, maxBatchSize: 2 }
    await withBatcher(identity('float32', ['n', 1]), { x: [1] }, options, async (batcher) => {
      await Promise.all([1, 2, 3].map((x) => batcher.run({ x: floats(x) })))
      expect(batcher.stats.releases).toMatchObject({ full: 1, delay: 1 })
    })
  })

  test('has a batch of a preferred size go without delay', async () => {
    const options = { maxQueueDelayMs: 60_000, maxBatchSize: 8, preferredSizes: [4, 2] }
    await withBatcher(identity('float32', ['n', 1]), { x: [1] }, options, async (batcher) => {
      const results = await Promise.all([1, 2, 3, 4].map((x) => batcher.run({ x: floats(x) })))
      expect(results.map(({ y }) => y[0])).toEqual([1, 2, 3, 4])
      const five = [5, 6, 7].map((x) => batcher.run({ x: floats(x) }))
      expect((await Promise.all(five.slice(0, 2))).map(({ y }) => y[0])).toEqual([5, 6])
      const eight = batcher.run({ x: floats(8) })
      expect((await Promise.all([five[2]!, eight])).map(({ y }) => y[0])).toEqual([7, 8])
      expect(batcher.stats.releases).toMatchObject({ preferred: 3, delay: 0 })
      expect(Object.keys(batcher.stats.batches)).toEqual(['2', '4'])
    })
  })

  test('gives the shapes of results that the model does not declare', async () => {
    await withBatcher(lookup(), { ids: ['?'] }, { maxBatchSize: 4 }, async (batcher) => {
      const rows = [[1], [1, 0], [0, 1]].map((row) => batcher.runWithShapes({ ids: ids(...row) }))
      const results = (await Promise.all(rows)).map(({ y }) => [[...(y!.data as Float32Array)], y!.dims])
      for (const [i, row] of [[1], [1, 0], [0, 1]].entries()) {
        const alone = await batcher.run({ ids: ids(...row) })
        expect(results[i]).toEqual([[...alone.y], [row.length, 2]])
      }
    })
  })

  test('keeps a batch as small as maxBatchTimeMs wants it', async () => {
    const options = { maxBatchTimeMs: 0, maxBatchSize: 8 }
    await withBatcher(identity('float32', ['n', 1]), { x: [1] }, options, async (batcher) => {
      await batcher.run({ x: floats(0) })
      await Promise.all([1, 2, 3].map((x) => batcher.run({ x: floats(x) })))
      expect(Object.keys(batcher.stats.batches)).toEqual(['1'])
    })
  })

  test('gives the outputs of fetches', async () => {
    const row = { x: [3], state: [2, 3], scale: [] }
    const options = { batchAxes: { state: 1, scale: null }, fetches: ['next'] }
    await withBatcher(stateful(), row, options, async (batcher) => {
      const result = await batcher.run({ x: floats(1, 1, 1), state: new Float32Array(6), scale: floats(2) })
      expect(Object.keys(result)).toEqual(['next'])
    })
  })
})

describe('a batcher never gives a wrong answer', () => {
  test('refuses a model whose rows depend on their batch, and names the output', async () => {
    await using session = await open(lessLargest())
    const { message } = await expectError(() => session.createBatcher({ x: [4] }), 'ERR_BATCH_MISMATCH', {
      says: "'y'",
    })
    expect(message).toContain('in a batch of 2')
    const tolerant = { verify: { tolerance: 1e-6 } } as const
    await expectError(() => session.createBatcher({ x: [4] }, tolerant), 'ERR_BATCH_MISMATCH')
    await using batcher = await session.createBatcher(
      { x: [4] },
      { verify: { tolerance: 100 }, maxBatchSize: 2 },
    )
    expect((await batcher.run({ x: floats(1, 2, 3, 4) })).y).toEqual(floats(0, 0, 0, 0))
  })

  test('refuses a model that gives another shape together', async () => {
    await using session = await open(prefix())
    const samples = [1, 3].map((length) => ({ x: floats(1, 2, 3, 4), length: ids(length) }))
    await expectError(() => session.createBatcher({ x: [4], length: [1] }, { samples }), 'ERR_BATCH_MISMATCH')
  })

  test('runs rows one by one whose batch gives another shape than the samples', async () => {
    const samples = [{ x: floats(1, 2, 3, 4), length: ids(2) }]
    await withBatcher(prefix(), { x: [4], length: [1] }, { samples, maxBatchSize: 4 }, async (batcher) => {
      const lengths = [1, 3, 2]
      for (let i = 0; i < 3; ++i) {
        const rows = lengths.map((length) => batcher.run({ x: floats(1, 2, 3, 4), length: ids(length) }))
        const results = await Promise.all(rows)
        expect(results.map(({ y }) => y.length)).toEqual(lengths)
      }
      expect(batcher.stats.repeated).toBe(3)
    })
  })

  cpuTest('a GPU does not look whether an index is in the table')(
    'refuses a model that fails for the generated samples, and takes those that are given',
    async () => {
      await using session = await open(lookup(1))
      await expectError(() => session.createBatcher({ ids: [2] }), /^ERR_ORT_/, { says: 'samples: [' })
      await using batcher = await session.createBatcher({ ids: [2] }, { samples: [{ ids: ids(0, 0) }] })
      expect((await batcher.run({ ids: ids(0, 0) })).y).toEqual(floats(1, 2, 1, 2))
    },
  )

  cpuTest('a GPU may compute no NaN')('refuses samples that verify nothing', async () => {
    await using session = await open(nothingButNaN())
    await expectError(() => session.createBatcher({ x: [2] }), 'ERR_INVALID_ARG_VALUE', {
      says: ['NaN', 'samples'],
    })
  })

  cpuTest('a GPU does not look whether an index is in the table')('fails a bad row alone', async () => {
    await withBatcher(lookup(), { ids: [1] }, {}, async (batcher) => {
      const settled = await Promise.allSettled([0, 7, 1, -9, 2].map((id) => batcher.run({ ids: ids(id) })))
      const ends = settled.map((one) =>
        one.status === 'fulfilled' ? one.value.y[0] : one.reason.code.startsWith('ERR_ORT_'),
      )
      expect(ends).toEqual([1, true, 3, true, 5])
      expect(batcher.stats).toMatchObject({ repeated: 1, rows: { succeeded: 3, failed: 2 } })
      await expectError(() => batcher.run({ ids: ids(7) }), /^ERR_ORT_/)
      expect(batcher.stats.repeated).toBe(1)
    })
  })
})
