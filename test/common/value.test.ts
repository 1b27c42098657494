import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { identity } from '../helpers/model-builder.mjs'
import { dataLength, elementTypes } from '../helpers/tensors.mjs'
import { float32, int64 } from '../helpers/values.ts'

type ElementType = Parameters<typeof OrtValue.allocate>[0]

const fallbackLacks = /^(bfloat16|float8|u?int[24]$)/
const types = Object.keys(elementTypes).filter(
  (type) => isNative || !fallbackLacks.test(type),
) as ElementType[]
const arrayClass = (type: string) =>
  type === 'float16' && 'Float16Array' in globalThis
    ? globalThis['Float16Array' as never]
    : elementTypes[type]!.array

test.each(['int64', 'uint64'] as const)('%s says how numbers become its elements', async (type) => {
  const remedy = `${type === 'int64' ? 'BigInt64Array' : 'BigUint64Array'}.from(data, BigInt)`
  for (const given of [[1, 2], Float64Array.of(1, 2), Int32Array.of(1, 2)] as never[]) {
    await expectError(() => OrtValue.allocate(type, [2]).write(given), 'ERR_TYPE_MISMATCH', { says: remedy })
    await expectError(() => OrtValue.wrap(type, given, [2]), 'ERR_TYPE_MISMATCH', { says: remedy })
  }
  await expectError(() => OrtValue.allocate('float32', [1]).write([1] as never), 'ERR_TYPE_MISMATCH', {
    says: 'Float32Array.from(data)',
  })
})

describe('allocate', () => {
  test.each(types.filter((type) => type !== 'string'))('gives %s its own zeroed memory', (type) => {
    for (const dims of [[3, 2], [], [0], [2, 0, 3], [1000]]) {
      using value = OrtValue.allocate(type, dims)
      const size = dims.reduce((product, dim) => product * dim, 1)
      expect(value).toMatchObject({ kind: 'tensor', type, dims, size, location: 'cpu', disposed: false })
      expect(value.data).toBeInstanceOf(arrayClass(type))
      expect(value.data).toHaveLength(dataLength(type, dims))
      expect(new Uint8Array(value.data.buffer).every((byte) => byte === 0)).toBe(true)
      expect(value.data).toBe(value.data)
    }
  })

  test('gives a tensor of string empty strings', () => {
    using value = OrtValue.allocate('string', [2])
    expect(value.read()).toEqual(['', ''])
  })

  test('copies and freezes the shape', () => {
    const dims = [2, 3]
    using value = OrtValue.allocate('float32', dims)
    dims[0] = 99
    expect(value.dims).toEqual([2, 3])
    expect(Object.isFrozen(value.dims)).toBe(true)
  })

  const refused: [string, unknown[], string, new () => Error, ...string[]][] = [
    ['no type', [], 'ERR_INVALID_ARG_VALUE', TypeError, "'type'", 'undefined', 'float32'],
    ['an unknown type', ['float33', [1]], 'ERR_INVALID_ARG_VALUE', TypeError, "'float33'"],
    ['a property of every object', ['toString', [1]], 'ERR_INVALID_ARG_VALUE', TypeError, "'toString'"],
    ['no shape', ['float32'], 'ERR_INVALID_DIMS', TypeError, "'dims'", 'undefined'],
    ['a shape that is a number', ['float32', 3], 'ERR_INVALID_DIMS', TypeError, "'dims'", '3'],
    ['a typed array for a shape', ['float32', Int32Array.of(3)], 'ERR_INVALID_DIMS', TypeError, "'dims'"],
    ['a negative dimension', ['float32', [2, -1]], 'ERR_INVALID_DIMS', RangeError, "'dims'", '[2, -1]'],
    ['a fraction', ['float32', [1.5]], 'ERR_INVALID_DIMS', RangeError, "'dims'", '[1.5]'],
    ['a name', ['float32', ['n']], 'ERR_INVALID_DIMS', RangeError, "'dims'"],
    [
      'a product beyond all numbers',
      ['float32', [2 ** 40, 2 ** 40]],
      'ERR_INVALID_DIMS',
      RangeError,
      "'dims'",
    ],
    ['bytes beyond all numbers', ['float64', [2 ** 52]], 'ERR_(INVALID_DIMS|OUT_OF_MEMORY)', Error],
    ['more than there is', ['uint8', [2 ** 46]], 'ERR_OUT_OF_MEMORY', Error],
    ['no device', ['float32', [1], 'gpu'], 'ERR_INVALID_ARG_VALUE', Error, "'gpu'", "'cuda-pinned'"],
    [
      'strings on a device',
      ['string', [1], 'webgpu'],
      isNative ? 'ERR_TYPE_MISMATCH' : 'ERR_NOT_SUPPORTED',
      Error,
    ],
    ['another id', ['float32', [1], 'cpu', 1], 'ERR_INVALID_ARG_VALUE', RangeError, "'id'"],
  ]

  test.each(refused)('refuses %s', async (_title, args, code, type, ...says) => {
    const call = () => OrtValue.allocate(...(args as [ElementType, number[]]))
    await expectError(call, new RegExp(`^${code}$`), { type, says })
  })
})

describe('fromTensor', () => {
  test('copies the data', () => {
    const tensor = float32([1, 2, 3, 4], [2, 2])
    using value = OrtValue.fromTensor(tensor)
    ;(tensor.data as Float32Array).fill(0)
    expect(value).toMatchObject({ type: 'float32', dims: [2, 2] })
    expect(value.data).toEqual(Float32Array.of(1, 2, 3, 4))
  })

  test('refuses a value that is not a Tensor', async () => {
    for (const bad of [undefined, null, 1, {}, [1]]) {
      await expectError(() => OrtValue.fromTensor(bad as never), /^ERR_INVALID_ARG_(TYPE|VALUE)$/, {
        type: TypeError,
      })
    }
  })

  test('refuses a Tensor on a GPU', async () => {
    const tensor = Tensor.fromGpuBuffer({} as never, { dataType: 'float32', dims: [1] })
    await expectError(() => OrtValue.fromTensor(tensor), 'ERR_NOT_SUPPORTED')
  })
})

describe('read and write', () => {
  test('copy elements', () => {
    using value = OrtValue.allocate('int64', [2])
    const data = BigInt64Array.of(1n, -2n)
    value.write(data)
    data.fill(0n)
    const copy = value.read() as BigInt64Array
    expect(copy).toEqual(BigInt64Array.of(1n, -2n))
    copy.fill(9n)
    expect(value.data).toEqual(BigInt64Array.of(1n, -2n))
  })

  test('keep the bits of float16', () => {
    using value = OrtValue.allocate('float16', [2])
    value.write(Uint16Array.of(0x3c00, 0xfc01))
    const { buffer, byteOffset } = value.data
    expect(new Uint16Array(buffer, byteOffset, 2)).toEqual(Uint16Array.of(0x3c00, 0xfc01))
  })

  const refused: [string, ElementType, unknown, string, new () => Error, ...string[]][] = [
    ['too few', 'float32', new Float32Array(3), 'ERR_INVALID_LENGTH', RangeError, '4 elements', '3'],
    ['too many', 'float32', new Float32Array(5), 'ERR_INVALID_LENGTH', RangeError, '4 elements', '5'],
    ['another array', 'float32', new Float64Array(4), 'ERR_TYPE_MISMATCH', TypeError, 'Float32Array'],
    ['a plain array', 'float32', [1, 2, 3, 4], 'ERR_TYPE_MISMATCH', TypeError, 'Float32Array'],
    ['a signed array', 'uint8', new Int8Array(4), 'ERR_TYPE_MISMATCH', TypeError, 'Uint8Array', 'Int8Array'],
    [
      'numbers for 64-bit integers',
      'int64',
      new Float64Array(4),
      'ERR_TYPE_MISMATCH',
      TypeError,
      'BigInt64Array',
    ],
    ['nothing', 'float32', undefined, 'ERR_TYPE_MISMATCH', TypeError, 'undefined'],
    ['a typed array for strings', 'string', new Uint8Array(4), 'ERR_TYPE_MISMATCH', TypeError, 'string[]'],
    ['too few strings', 'string', ['a'], 'ERR_INVALID_LENGTH', RangeError, '4 elements', '1'],
  ]

  test.each(refused)('refuses %s', async (_title, type, data, code, error, ...says) => {
    using value = OrtValue.allocate(type, [4])
    await expectError(() => value.write(data as never), code as 'ERR_BUSY', { type: error, says })
  })

  test('refuse a detached array', async () => {
    const { array, detach } = detachable(4)
    detach()
    using value = OrtValue.allocate('float32', [4])
    await expectError(() => value.write(array), 'ERR_DETACHED')
    await expectError(() => OrtValue.wrap('float32', array, [4]), 'ERR_DETACHED')
  })
})

describe('toTensor', () => {
  test('shares the memory', () => {
    using value = OrtValue.fromTensor(int64([1, 2], [1, 2]))
    const tensor = value.toTensor()
    expect(tensor).toBeInstanceOf(Tensor)
    expect(tensor).toMatchObject({ type: 'int64', dims: [1, 2] })
    ;(value.data as BigInt64Array)[1] = 9n
    expect(tensor.data).toEqual(BigInt64Array.of(1n, 9n))
  })

  test('copies strings', () => {
    using value = OrtValue.allocate('string', [1])
    value.write(['a'])
    const tensor = value.toTensor()
    value.write(['b'])
    expect(tensor.data).toEqual(['a'])
  })

  test('refuses types that onnxruntime-common does not have', async () => {
    if (!isNative) return expectError(() => OrtValue.allocate('bfloat16', [1]), 'ERR_NOT_SUPPORTED')
    using value = OrtValue.allocate('bfloat16', [1])
    return expectError(() => value.toTensor(), 'ERR_TYPE_MISMATCH', { type: TypeError, says: 'bfloat16' })
  })
})

test('elements() of a tensor is refused', async () => {
  using value = OrtValue.allocate('float32', [2])
  await expectError(() => value.elements(), /^ERR_(NOT_SUPPORTED|TYPE_MISMATCH|ORT_[A-Z_]+)$/)
})

describe('dispose', () => {
  test('is idempotent, and later calls are refused', async () => {
    const value = OrtValue.allocate('float32', [2])
    value.dispose()
    value.dispose()
    value[Symbol.dispose]()
    expect(value.disposed).toBe(true)
    const uses = [
      () => value.data,
      () => value.read(),
      () => value.write(new Float32Array(2)),
      () => value.toTensor(),
    ]
    for (const use of uses) await expectError(use, 'ERR_DISPOSED', { says: 'OrtValue' })
    expect(value).toMatchObject({ kind: 'tensor', type: 'float32', dims: [2], size: 2 })
    await using session = await createSession(identity('float32', ['n']))
    await expectError(() => session.run({ x: value }), 'ERR_DISPOSED')
    await expectError(() => session.createIoBinding({ x: value }), 'ERR_DISPOSED')
  })

  // On onnxruntime-node the memory is the JavaScript heap's, which needs no such care.
  test('empties the views of memory that the value owned, on the native engine', () => {
    const value = OrtValue.allocate('float32', [2])
    const { data } = value
    const tensor = value.toTensor()
    value.dispose()
    expect([data.length, tensor.data.length]).toEqual(isNative ? [0, 0] : [2, 2])
  })

  test('leaves a wrapped array unchanged', () => {
    const array = Float32Array.of(1, 2)
    const value = OrtValue.wrap('float32', array, [2])
    value.dispose()
    expect(array).toEqual(Float32Array.of(1, 2))
  })

  test('releases strings', async () => {
    const value = OrtValue.allocate('string', [1])
    value.dispose()
    await expectError(() => value.read(), 'ERR_DISPOSED')
    await expectError(() => value.write(['a']), 'ERR_DISPOSED')
  })
})
