import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { elementTypes } from '../helpers/tensors.mjs'
import { float32 } from '../helpers/values.ts'
import { floats, onDevice } from './webgpu.ts'

type ElementType = Parameters<typeof OrtValue.allocate>[0]
type Bytes = { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }

const types = Object.keys(elementTypes).filter((type) => type !== 'string') as ElementType[]
// Elements of one byte, of two, and of half a byte: sizes that are not a multiple of the four bytes that WebGPU copies.
const odd: ElementType[] = ['uint8', 'int8', 'bool', 'float16', 'int16', 'uint4', 'float8e5m2']
const shapes = [[], [1], [2], [3], [5], [7], [3, 1, 3], [1001], [0], [2, 0, 3]]

const bytes = ({ buffer, byteOffset, byteLength }: Bytes) => [
  ...new Uint8Array(buffer, byteOffset, byteLength),
]

/** Data for a value, its bytes all different. */
function fill(value: OrtValue, seed: number): Uint8Array {
  const data = value.read() as unknown as Bytes
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  for (let i = 0; i < raw.length; ++i) raw[i] = (i * 7 + seed) % 251
  value.write(data as never)
  return raw
}

describe('allocate', () => {
  test.each(types)('gives a tensor of %s zeroed device memory', (type) => {
    for (const dims of shapes) {
      using value = OrtValue.allocate(type, dims, 'webgpu')
      const size = dims.reduce((product, dim) => product * dim, 1)
      expect(value).toMatchObject({ kind: 'tensor', type, dims, size, location: 'webgpu', deviceId: 0 })
      expect(bytes(value.read() as Bytes).every((byte) => byte === 0)).toBe(true)
    }
  })

  test('zeroes memory that was used before', () => {
    for (let i = 0; i < 20; ++i) {
      using value = OrtValue.allocate('float32', [64], 'webgpu')
      expect(value.read()).toEqual(new Float32Array(64))
      value.write(new Float32Array(64).fill(i + 1))
    }
  })
})

describe('read and write', () => {
  test.each(odd)('copy %s of any length', (type) => {
    for (const dims of shapes) {
      using value = OrtValue.allocate(type, dims, 'webgpu')
      for (const seed of [1, 100]) {
        const data = fill(value, seed)
        expect(bytes(value.read() as Bytes)).toEqual([...data])
      }
    }
  })

  test('leave neighboring memory unchanged', () => {
    const values = Array.from({ length: 8 }, (_, i) => OrtValue.allocate('uint8', [i + 1], 'webgpu'))
    const data = values.map((value, i) => fill(value, i * 20))
    values.forEach((value, i) => {
      expect(bytes(value.read())).toEqual([...data[i]!])
    })
    for (const value of values) value.dispose()
  })

  test('copy in both directions', () => {
    using value = OrtValue.allocate('int64', [2], 'webgpu')
    const data = BigInt64Array.of(1n, -(2n ** 63n))
    value.write(data)
    data.fill(0n)
    const copy = value.read()
    expect(copy).toEqual(BigInt64Array.of(1n, -(2n ** 63n)))
    copy.fill(9n)
    expect(value.read()).toEqual(BigInt64Array.of(1n, -(2n ** 63n)))
  })

  test('accept a part of an array, and a Buffer', () => {
    using value = OrtValue.allocate('uint8', [3], 'webgpu')
    value.write(Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4))
    expect(value.read()).toEqual(Uint8Array.of(1, 2, 3))
    value.write(Buffer.from([4, 5, 6]))
    expect(value.read()).toEqual(Uint8Array.of(4, 5, 6))
  })

  test('replace data, which is refused', async () => {
    const value = onDevice([1])
    await expectError(() => value.data, 'ERR_NOT_SUPPORTED', { says: ["'webgpu'", 'read()'] })
    value.dispose()
    for (const use of [() => value.read(), () => value.write(floats(1)), () => value.deviceId]) {
      await expectError(use, 'ERR_DISPOSED')
    }
    value.dispose()
  })

  test('refuse another length and another type', async () => {
    using value = onDevice([1, 2])
    await expectError(() => value.write(floats(1)), 'ERR_INVALID_LENGTH', { type: RangeError })
    await expectError(() => value.write(new Float64Array(2)), 'ERR_TYPE_MISMATCH', { type: TypeError })
    expect(value.read()).toEqual(floats(1, 2))
  })
})

describe('copyTo', () => {
  const places = ['cpu', 'webgpu'] as const
  const ways = places.flatMap((from) => places.map((to) => [from, to] as const))

  test.each(ways)('copies from %s to %s', (from, to) => {
    for (const type of odd) {
      for (const dims of shapes) {
        using source = OrtValue.allocate(type, dims, from)
        using target = OrtValue.allocate(type, dims, to)
        const data = fill(source, 3)
        source.copyTo(target)
        fill(source, 50)
        expect(bytes(target.read() as Bytes)).toEqual([...data])
        expect(target.location).toBe(to)
      }
    }
  })

  test('copies a value to itself', () => {
    using value = onDevice([1, 2, 3])
    value.copyTo(value)
    expect(value.read()).toEqual(floats(1, 2, 3))
  })

  test('copies a wrapped array in both directions', () => {
    const array = floats(1, 2, 3)
    using wrapped = OrtValue.wrap('float32', array, [3])
    using value = OrtValue.allocate('float32', [3], 'webgpu')
    wrapped.copyTo(value)
    array.fill(0)
    value.copyTo(wrapped)
    expect(array).toEqual(floats(1, 2, 3))
  })

  test('refuses another type, another shape and a disposed target', async () => {
    using value = onDevice([1, 2])
    const target = OrtValue.allocate('float32', [2], 'webgpu')
    await expectError(() => value.copyTo(OrtValue.allocate('int32', [2], 'webgpu')), 'ERR_TYPE_MISMATCH')
    await expectError(() => value.copyTo(OrtValue.allocate('float32', [1, 2])), 'ERR_SHAPE_MISMATCH')
    target.dispose()
    await expectError(() => value.copyTo(target), 'ERR_DISPOSED')
    await expectError(() => target.copyTo(value), 'ERR_DISPOSED')
    expect(value.read()).toEqual(floats(1, 2))
  })
})

describe('Tensors on a GPU', () => {
  test('download their data if toTensor made them', async () => {
    using value = onDevice([1, 2, 3, 4], [2, 2])
    const tensor = value.toTensor()
    expect(tensor).toBeInstanceOf(Tensor)
    expect(tensor).toMatchObject({ type: 'float32', dims: [2, 2], location: 'gpu-buffer', size: 4 })
    expect(() => tensor.data).toThrow(/getData/)
    value.write(floats(5, 6, 7, 8))
    expect(await tensor.getData()).toEqual(floats(5, 6, 7, 8))
    expect([tensor.location, value.disposed]).toEqual(['cpu', false])
    expect(tensor.data).toEqual(floats(5, 6, 7, 8))
  })

  test('download and release in getData(true)', async () => {
    const value = onDevice([1, 2])
    const tensor = value.toTensor()
    expect(await tensor.getData(true)).toEqual(floats(1, 2))
    expect([tensor.location, value.disposed]).toEqual(['cpu', true])
  })

  test('release their value in dispose', async () => {
    const value = onDevice([1])
    const tensor = value.toTensor()
    tensor.dispose()
    expect(value.disposed).toBe(true)
    expect(tensor.location).toBe('none')
    await expectError(() => value.toTensor(), 'ERR_DISPOSED')
  })

  test('are refused if their value is disposed, also during the download', async () => {
    const value = onDevice(new Float32Array(5000).fill(3))
    const late = value.toTensor()
    const pending = value.toTensor().getData()
    value.dispose()
    expect(await pending).toEqual(new Float32Array(5000).fill(3))
    await expectError(() => late.getData(), 'ERR_DISPOSED')
  })

  test('can have a size that is not a multiple of four bytes, or be empty', async () => {
    for (const type of ['uint8', 'bool', 'float16'] as const) {
      for (const dims of shapes) {
        using value = OrtValue.allocate(type, dims, 'webgpu')
        const data = fill(value, 5)
        expect(bytes((await value.toTensor().getData()) as Bytes)).toEqual([...data])
      }
    }
  })

  test('do not exist for all types', async () => {
    using value = OrtValue.allocate('float64', [1], 'webgpu')
    await expectError(() => value.toTensor(), 'ERR_TYPE_MISMATCH', { says: ["'webgpu'", 'float64'] })
  })

  test('are copied to any device by fromTensor', () => {
    using value = onDevice([1, 2, 3])
    for (const device of ['cpu', 'webgpu'] as const) {
      using copy = OrtValue.fromTensor(value.toTensor(), device)
      value.write(floats(4, 5, 6))
      expect(copy.read()).toEqual(floats(1, 2, 3))
      expect(copy.location).toBe(device)
      value.write(floats(1, 2, 3))
    }
  })

  test('can be scalar or empty in fromTensor, and not disposed', async () => {
    expect(onDevice([7], []).read()).toEqual(floats(7))
    expect(onDevice([], [0, 3]).read()).toEqual(floats())
    const tensor = float32([1])
    tensor.dispose()
    await expectError(() => OrtValue.fromTensor(tensor, 'webgpu'), 'ERR_DISPOSED')
  })
})
