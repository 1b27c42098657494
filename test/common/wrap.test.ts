import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { growable, resizable } from '../helpers/buffers.ts'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { counter, identity } from '../helpers/model-builder.mjs'

type ElementType = Parameters<typeof OrtValue.wrap>[0]

describe('wrap', () => {
  test('shares the memory in both directions', async () => {
    const memory = new Float32Array(8).fill(-1)
    const array = memory.subarray(3, 4)
    using state = OrtValue.wrap('float32', array, [1])
    expect(state.data).toBe(array)
    await using session = await createSession(counter())
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    array[0] = 41
    await binding.run()
    expect(array[0]).toBe(42)
    memory[3] = 1
    await binding.run()
    expect([...memory]).toEqual([-1, -1, -1, 2, -1, -1, -1, -1])
  })

  test('accepts memory of a SharedArrayBuffer', async () => {
    const array = new Float32Array(new SharedArrayBuffer(4))
    if (!isNative) return expectError(() => OrtValue.wrap('float32', array, [1]), 'ERR_NOT_SUPPORTED')
    using state = OrtValue.wrap('float32', array, [1])
    await using session = await createSession(counter())
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    await binding.run()
    return expect(array[0]).toBe(1)
  })

  test('accepts an empty array and a scalar', async () => {
    await using session = await createSession(identity('float32'))
    for (const [array, dims] of [
      [new Float32Array(0), [0, 3]],
      [Float32Array.of(7), []],
    ] as const) {
      using x = OrtValue.wrap('float32', array, dims)
      expect((await session.run({ x })).y).toMatchObject({ dims })
    }
  })

  test('leaves the buffer transferable; the next run is refused', async () => {
    const array = new Float32Array(4)
    using x = OrtValue.wrap('float32', array, [4])
    await using session = await createSession(identity('float32', [4]))
    using binding = session.createIoBinding({ x })
    await binding.run()
    const moved = structuredClone(array, { transfer: [array.buffer] })
    expect([array.length, moved.length]).toEqual([0, 4])
    await expectError(() => binding.run(), 'ERR_DETACHED')
    await expectError(() => session.run({ x }), 'ERR_DETACHED')
  })

  const refused: [string, unknown[], string, new () => Error, ...string[]][] = [
    [
      'another type',
      ['float32', new Float64Array(4), [4]],
      'ERR_TYPE_MISMATCH',
      TypeError,
      'Float32Array',
      'Float64Array',
    ],
    ['no array', ['float32', [1, 2], [2]], 'ERR_TYPE_MISMATCH', TypeError, "'data'"],
    [
      'a buffer',
      ['uint8', new ArrayBuffer(4), [4]],
      'ERR_TYPE_MISMATCH',
      TypeError,
      'Uint8Array',
      'ArrayBuffer',
    ],
    ['strings', ['string', ['a'], [1]], 'ERR_TYPE_MISMATCH', TypeError, "'data'"],
    ['too short an array', ['float32', new Float32Array(3), [4]], 'ERR_INVALID_LENGTH', RangeError, '4', '3'],
    ['too long an array', ['float32', new Float32Array(5), [4]], 'ERR_INVALID_LENGTH', RangeError, '4', '5'],
    ['bad dims', ['float32', new Float32Array(4), [-4]], 'ERR_INVALID_DIMS', RangeError, "'dims'"],
    ['an unknown type', ['float', new Float32Array(4), [4]], 'ERR_INVALID_ARG_VALUE', TypeError, "'float'"],
    [
      'a resizable buffer',
      ['float32', new Float32Array(resizable()), [4]],
      'ERR_NOT_SUPPORTED',
      Error,
      'resizable',
    ],
    [
      'a growable buffer',
      ['float32', new Float32Array(growable()), [4]],
      'ERR_NOT_SUPPORTED',
      Error,
      'resizable',
    ],
  ]

  test.each(refused)('refuses %s', async (_title, args, code, type, ...says) => {
    const call = () => OrtValue.wrap(...(args as [ElementType, Float32Array, number[]]))
    await expectError(call, code as 'ERR_BUSY', { type, says })
  })
})
