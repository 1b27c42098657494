// Maps, empty sequences, and what is not a tensor as JavaScript has it. The values are those of Python's onnxruntime.
import { OrtValue, type RunValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { append, length, passOptional, sparseOutput, vectorize, zipMap } from '../helpers/kind-models.mjs'
import { float32 } from '../helpers/values.ts'

const native = isNative ? describe : describe.skip

native('a map', () => {
  test('is made of keys and values, and is fed and bound', async () => {
    await using session = await createSession(vectorize())
    using x = OrtValue.map(['c', 'a', 'other'], Float32Array.of(3, 1, 9))
    expect(x).toMatchObject({ kind: 'map', dims: [], location: 'cpu' })
    const { y } = await session.run({ x })
    expect(y!.data).toEqual(Float32Array.of(1, 0, 3))
    using io = session.createIoBinding({ x })
    io.runSync()
    expect(io.outputs.y).toEqual(Float32Array.of(1, 0, 3))
  })

  test.each([
    [
      ['a', 'b'],
      ['x', 'y'],
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      ['b', 'a'],
      BigInt64Array.of(1n, 2n),
      [
        ['a', 2n],
        ['b', 1n],
      ],
    ],
    [
      BigInt64Array.of(8n, -7n),
      Float64Array.of(0.5, 2),
      [
        [-7n, 2],
        [8n, 0.5],
      ],
    ],
    [BigInt64Array.of(1n), Float32Array.of(0.5), [[1n, 0.5]]],
  ] as const)('of %s to %s', (keys, values, expected) => {
    using map = OrtValue.map(keys, values)
    expect([...(map.toJS() as Map<unknown, unknown>)]).toEqual(expected)
    const parts = map.elements()
    expect(parts.map(({ size }) => size)).toEqual([keys.length, keys.length])
  })

  test('copies its keys and values', () => {
    const [keys, values] = [BigInt64Array.of(1n), Float32Array.of(2)]
    using map = OrtValue.map(keys, values)
    keys[0] = 9n
    values[0] = 9
    expect(map.toJS()).toEqual(new Map([[1n, 2]]))
  })

  test('of other types, and of another number of values, is refused', async () => {
    const map = OrtValue.map as (...parts: unknown[]) => OrtValue
    await expectError(() => map(['a'], Float32Array.of(1, 2)), 'ERR_INVALID_LENGTH', { says: 'got 2' })
    await expectError(() => map(Int32Array.of(1), Float32Array.of(1)), 'ERR_TYPE_MISMATCH', { says: 'keys' })
    await expectError(() => map(['a'], Int32Array.of(1)), 'ERR_TYPE_MISMATCH', { says: 'values' })
    await expectError(() => map(['a'], [1]), 'ERR_INVALID_ARG_TYPE', { says: 'values' })
    await using session = await createSession(vectorize())
    const x = OrtValue.map(BigInt64Array.of(1n), Float32Array.of(1))
    await expectError(() => session.run({ x }), 'ERR_TYPE_MISMATCH', { says: 'map' })
  })

  test("of a classifier's probabilities is read in one call", async () => {
    await using session = await createSession(zipMap())
    const { maps } = await session.run<RunValue>({ x: float32([0.25, 0.75, 0.5, 0.5], [2, 2]) })
    const probabilities = (maps as OrtValue).toJS() as Map<bigint, number>[]
    expect(probabilities).toEqual([
      new Map([
        [7n, 0.25],
        [8n, 0.75],
      ]),
      new Map([
        [7n, 0.5],
        [8n, 0.5],
      ]),
    ])
  })
})

native('an empty sequence', () => {
  test.each(['float32', 'int64', 'string', 'bool', 'float16'] as const)('of %s', async (type) => {
    await using session = await createSession(length(type))
    using s = OrtValue.sequence([], type)
    expect(s).toMatchObject({ kind: 'sequence' })
    expect([s.elements(), s.toJS()]).toEqual([[], []])
    const { n } = await session.run({ s })
    expect(n!.data).toEqual(BigInt64Array.of(0n))
  })

  test('is appended to', async () => {
    await using session = await createSession(append())
    const { next } = await session.run<RunValue>({
      sequence: OrtValue.sequence([], 'float32'),
      x: float32([1, 2]),
    })
    expect((next as OrtValue).toJS()).toEqual([Float32Array.of(1, 2)])
  })

  test('needs a type, which the elements of another sequence have', async () => {
    await expectError(() => OrtValue.sequence([]), 'ERR_INVALID_ARG_VALUE', { says: "'type'" })
    await expectError(() => OrtValue.sequence([], 'float33' as never), 'ERR_INVALID_ARG_VALUE')
    const element = OrtValue.allocate('float32', [1])
    expect(OrtValue.sequence([element], 'float32').kind).toBe('sequence')
    const says = ['expected int64', 'got float32']
    await expectError(() => OrtValue.sequence([element], 'int64'), 'ERR_TYPE_MISMATCH', { says })
    await expectError(() => OrtValue.sequence([], 'int4'), /^ERR_ORT_/)
  })
})

native('what is not a map', () => {
  test('is the elements of a tensor, null of an optional, and the parts of a sparse tensor', async () => {
    expect(OrtValue.fromTensor(float32([1, 2])).toJS()).toEqual(Float32Array.of(1, 2))
    await using optional = await createSession(passOptional())
    expect(((await optional.run<RunValue>({})).y as OrtValue).toJS()).toBeNull()
    await using session = await createSession(sparseOutput(), { logSeverityLevel: 4 })
    const { s } = await session.run<RunValue>({ x: float32([1]) })
    expect((s as OrtValue).toJS()).toEqual({
      format: 'coo',
      dims: [2, 3],
      values: Float32Array.of(5, 6),
      indices: [BigInt64Array.of(1n, 4n)],
    })
  })
})

test('are refused by onnxruntime-node', async () => {
  if (isNative) return
  await expectError(() => OrtValue.map(['a'], Float32Array.of(1)), 'ERR_NOT_SUPPORTED')
  await expectError(() => OrtValue.sequence([], 'float32'), 'ERR_NOT_SUPPORTED')
  const pointer = () => OrtValue.fromPointer('cpu', 64n, 'float32', [1])
  await expectError(pointer, 'ERR_NOT_SUPPORTED')
  await expectError(() => OrtValue.allocate('float32', [1]).dataPointer, 'ERR_NOT_SUPPORTED')
})
