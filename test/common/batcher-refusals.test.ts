import { describe, expect, test } from 'vitest'
import { total } from '../helpers/batch-models.mjs'
import { expectError } from '../helpers/errors.ts'
import { identity, mlp, oneNode } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { open, withBatcher } from '../helpers/with-batcher.ts'

const floats = (...values: number[]) => Float32Array.from(values)

function detached(): Float32Array {
  const array = floats(1, 2)
  structuredClone(array.buffer, { transfer: [array.buffer] })
  return array
}

describe('a batcher refuses', () => {
  test('an input without a batch axis', async () => {
    await using session = await open(oneNode())
    const says = ["input 'x'", 'batchAxes']
    await expectError(() => session.createBatcher({ x: [] }), 'ERR_NO_BATCH_AXIS', { says })
    const batchAxes = { x: null }
    await expectError(() => session.createBatcher({ x: [1] }, { batchAxes }), 'ERR_NO_BATCH_AXIS')
  })

  test('an output without a batch axis', async () => {
    await using session = await open(total())
    const says = ["output 'sum'", '[1, 2] for one row, [1, 2] for two']
    await expectError(() => session.createBatcher({ x: [2] }), 'ERR_NO_BATCH_AXIS', { says })
    const given = { batchAxes: { sum: 0 } }
    await expectError(() => session.createBatcher({ x: [2] }, given), 'ERR_NO_BATCH_AXIS')
    const shared = { batchAxes: { sum: null } }
    await expectError(() => session.createBatcher({ x: [2] }, shared), 'ERR_BATCH_MISMATCH')
  })

  test.each([
    ['a shape with the batch axis', { x: [1, 128] }, {}, 'ERR_SHAPE_MISMATCH'],
    ['another size', { x: [4] }, {}, 'ERR_SHAPE_MISMATCH'],
    ['an unknown input', { z: [1] }, {}, 'ERR_UNKNOWN_INPUT'],
    ['a shape that is none', { x: 128 }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['no shapes', null, {}, 'ERR_INVALID_ARG_TYPE'],
    ['an unknown option', { x: [128] }, { maxBatch: 2 }, 'ERR_UNKNOWN_OPTION'],
    ['verify: false', { x: [128] }, { verify: false }, 'ERR_INVALID_ARG_TYPE'],
    ['a tolerance below 0', { x: [128] }, { verify: { tolerance: -1 } }, 'ERR_INVALID_ARG_VALUE'],
    ['sizes that end elsewhere', { x: [128] }, { sizes: [1, 2], maxBatchSize: 4 }, 'ERR_INVALID_ARG_VALUE'],
    ['no sizes', { x: [128] }, { sizes: [] }, 'ERR_INVALID_ARG_VALUE'],
    [
      'a preferred size beyond the most',
      { x: [128] },
      { maxBatchSize: 2, preferredSizes: [4] },
      'ERR_INVALID_ARG_VALUE',
    ],
    ['no samples', { x: [128] }, { samples: [] }, 'ERR_INVALID_ARG_VALUE'],
    ['padding of another type', { x: [128] }, { pad: { x: 'a' } }, 'ERR_INVALID_ARG_VALUE'],
    ['padding of no input', { x: [128] }, { pad: { z: 1 } }, 'ERR_UNKNOWN_INPUT'],
    ['an axis of nothing', { x: [128] }, { batchAxes: { z: 1 } }, 'ERR_UNKNOWN_OUTPUT'],
    ['an axis that is none', { x: [128] }, { batchAxes: { x: -1 } }, 'ERR_INVALID_ARG_VALUE'],
    ['an unknown output', { x: [128] }, { fetches: ['z'] }, 'ERR_UNKNOWN_OUTPUT'],
    ['a delay that is none', { x: [128] }, { maxQueueDelayMs: -1 }, 'ERR_INVALID_ARG_VALUE'],
  ] as const)('%s', async (_, row, options, code) => {
    await using session = await open(mlp())
    await expectError(() => session.createBatcher(row as never, options as never), code)
  })

  test.each([
    ['no row', undefined, undefined, 'ERR_INVALID_ARG_TYPE'],
    ['a missing input', {}, undefined, 'ERR_MISSING_INPUT'],
    ['an unknown input', { x: floats(1, 2), z: floats(1) }, undefined, 'ERR_UNKNOWN_INPUT'],
    ['another length', { x: floats(1) }, undefined, 'ERR_INVALID_LENGTH'],
    ['another type', { x: new Float64Array(2) }, undefined, 'ERR_TYPE_MISMATCH'],
    ['an array of numbers', { x: [1, 2] }, undefined, 'ERR_TYPE_MISMATCH'],
    ['a detached array', { x: detached() }, undefined, 'ERR_DETACHED'],
    ['an unknown option', { x: floats(1, 2) }, { timeout: 1 }, 'ERR_UNKNOWN_OPTION'],
    ['an unknown priority', { x: floats(1, 2) }, { priority: 'low' }, 'ERR_INVALID_ARG_VALUE'],
    ['a signal that is none', { x: floats(1, 2) }, { signal: {} }, 'ERR_INVALID_ARG_TYPE'],
  ] as const)('a row with %s', async (_, row, options, code) => {
    await withBatcher(identity('float32', ['n', 2]), { x: [2] }, { maxBatchSize: 2 }, async (batcher) => {
      await expectError(() => batcher.run(row as never, options as never), code)
      expect((await batcher.run({ x: floats(1, 2) })).y).toEqual(floats(1, 2))
    })
  })

  test('a row of more than one size that varies, unless it is a Tensor', async () => {
    await withBatcher(identity('float32', ['n', 'a', 'b']), { x: ['?', '?'] }, {}, async (batcher) => {
      await expectError(() => batcher.run({ x: floats(1, 2) }), 'ERR_INVALID_LENGTH', { says: 'a Tensor' })
      expect((await batcher.run({ x: float32([1, 2], [2, 1]) })).y).toEqual(floats(1, 2))
    })
    await withBatcher(identity('float32', ['n', 'a', 2]), { x: ['?', 2] }, {}, async (batcher) => {
      await expectError(() => batcher.run({ x: floats(1) }), 'ERR_INVALID_LENGTH', { says: 'multiple of 2' })
    })
  })
})
