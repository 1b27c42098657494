import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { concatStrings, identity } from '../helpers/model-builder.mjs'

type Data = Exclude<Parameters<OrtValue['write']>[0], string[]>

const bits8 = Uint8Array.of(0x00, 0x80, 0x7f, 0xff, 0x38, 0x01)
const bits16 = Uint16Array.of(0x0000, 0x8000, 0x7c00, 0xfc00, 0x7e01, 0x3c00, 0x0001, 0x7bff)

/** Types with a Tensor. All data are compared by their bits. */
const common: Record<string, Data> = {
  float32: Float32Array.of(0, -0, 1.5, Infinity, -Infinity, NaN, 1.4e-45, 3.4028234663852886e38),
  float64: Float64Array.of(0, -0, Math.PI, -Infinity, NaN, Number.MIN_VALUE, Number.MAX_VALUE),
  float16: bits16,
  int8: Int8Array.of(0, -1, 127, -128),
  uint8: Uint8Array.of(0, 1, 255),
  int16: Int16Array.of(0, -1, 32767, -32768),
  uint16: Uint16Array.of(0, 1, 65535),
  int32: Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31)),
  uint32: Uint32Array.of(0, 1, 2 ** 32 - 1),
  int64: BigInt64Array.of(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n),
  uint64: BigUint64Array.of(0n, 1n, 2n ** 64n - 1n, 2n ** 53n + 1n),
  bool: Uint8Array.of(0, 1, 1, 0, 1),
}

/** Types that the fallback engine does not have; onnxruntime-common has a Tensor of the 4-bit ones only. */
const rawBits: Record<string, Data> = {
  bfloat16: bits16,
  float8e4m3fn: bits8,
  float8e4m3fnuz: bits8,
  float8e5m2: bits8,
  float8e5m2fnuz: bits8,
}

const fourBits: Record<string, Data> = {
  int4: Uint8Array.of(0x80, 0x7f, 0x0a),
  uint4: Uint8Array.of(0xf0, 0x1e, 0x03),
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => [
  ...new Uint8Array(buffer, byteOffset, byteLength),
]

/** A shape, and as many of the data as it has. */
const shapes = (data: Data): [number[], Data][] => [
  [[data.length], data],
  [[1, data.length, 1], data],
  [[], data.slice(0, 1)],
  [[0], data.slice(0, 0)],
  [[2, 0, 3], data.slice(0, 0)],
]

/** The same of two elements to a byte; where one is alone, the other's bits are zero. */
const fourBitShapes = (packed: Data): [number[], Data][] => [
  [[packed.length * 2], packed],
  [[2, 1, packed.length], packed],
  [[], Uint8Array.of(0x0f)],
  [[3], Uint8Array.of(0x21, 0x0f)],
  [[0], packed.slice(0, 0)],
  [[2, 0, 3], packed.slice(0, 0)],
]

const create = (type: string) => createSession(identity(type))
const toTensor = (type: string, data: Data, dims: number[]) =>
  new Tensor(type as 'float32', data as Float32Array, dims)

function toValue(type: string, data: Data, dims: number[]): OrtValue {
  const value = OrtValue.allocate(type as 'float32', dims)
  value.write(data)
  return value
}

/** A Tensor or an OrtValue of a type, with a shape and bits. */
function expectBits(actual: Tensor | OrtValue | undefined, type: string, dims: number[], data: Data): void {
  expect(actual).toMatchObject({ type, dims })
  expect(bytes(actual!.data as Data)).toEqual(bytes(data))
}

describe.each(Object.entries(common))('%s', (type, data) => {
  test.each(shapes(data))('session.run takes and gives Tensors of %j', async (dims, part) => {
    await using session = await create(type)
    const { y } = await session.run({ x: toTensor(type, part, dims) })
    expect(y).toBeInstanceOf(Tensor)
    expectBits(y, type, dims, part)
  })

  test.each(shapes(data))('session.run takes OrtValues of %j', async (dims, part) => {
    await using session = await create(type)
    using x = toValue(type, part, dims)
    expectBits((await session.run({ x })).y, type, dims, part)
  })

  describe.each(runForms)('bindings, by %s', (_form, run) => {
    test.each(shapes(data))('createIoBinding binds %j', async (dims, part) => {
      await using session = await create(type)
      for (const output of ['dynamic', dims] as const) {
        using binding = session.createIoBinding({ x: dims }, { outputs: { y: output } })
        binding.inputValue('x')!.write(part)
        await run(binding)
        expectBits(binding.outputValue('y'), type, dims, part)
        expect(bytes(binding.outputs.y!)).toEqual(bytes(part))
      }
    })

    test.each(shapes(data))("Python's methods bind %j", async (dims, part) => {
      await using session = await create(type)
      using binding = session.ioBinding()
      binding.bindCpuInput('x', toTensor(type, part, dims))
      binding.bindOutput('y')
      await run(binding)
      const [y] = binding.copyOutputsToCpu()
      expect(y).toBeInstanceOf(Tensor)
      expectBits(y, type, dims, part)
    })
  })
})

if (isNative) {
  describe.each(Object.entries({ ...rawBits, ...fourBits }))('%s, as bits', (type, packed) => {
    const cases = type in fourBits ? fourBitShapes(packed) : shapes(packed)

    test.each(cases)('session.run takes OrtValues of %j', async (dims, part) => {
      await using session = await create(type)
      using x = toValue(type, part, dims)
      const { y } = await session.run({ x })
      expect(y).toBeInstanceOf(type in fourBits ? Tensor : OrtValue)
      expectBits(y, type, dims, part)
    })

    test.each(cases)('a binding takes and gives %j', async (dims, part) => {
      await using session = await create(type)
      for (const [, run] of runForms) {
        for (const output of ['dynamic', dims] as const) {
          using binding = session.createIoBinding({ x: dims }, { outputs: { y: output } })
          binding.inputs.x!.set(part as never)
          await run(binding)
          expect(bytes(binding.outputs.y!)).toEqual(bytes(part))
          expectBits(binding.copyOutputsToCpu()[0], type, dims, part)
        }
      }
    })
  })

  test.each(Object.entries(fourBits))('session.run takes and gives Tensors of %s', async (type, data) => {
    await using session = await create(type)
    const { y } = await session.run({ x: toTensor(type, data, [5]) })
    expectBits(y, type, [5], data)
  })
} else {
  test.each(Object.entries({ ...rawBits, ...fourBits }))('onnxruntime-node has no %s', async (type, data) => {
    await expectError(() => OrtValue.allocate(type as 'int4', [1]), 'ERR_NOT_SUPPORTED', { says: type })
    await expectError(
      () => OrtValue.wrap(type as 'int4', data.slice(0, 1) as Uint8Array, [1]),
      'ERR_NOT_SUPPORTED',
      {
        says: type,
      },
    )
    // A model of it is refused when it is loaded, or when it is run.
    await expectError(async () => {
      await using session = await create(type)
      await session.run({ x: toTensor(type, data.slice(0, 1) as Uint8Array, [1]) })
    }, 'ERR_NOT_SUPPORTED')
  })
}

describe('string', () => {
  const texts = ['', 'plain', 'Grüße', '日本語', '😀', 'x𝒳😀', 'long '.repeat(1000)]
  const withNul = ['\u0000', 'a\u0000b', '😀\u0000', '\u0000\u0000']
  const all = isNative ? [...texts, ...withNul] : texts
  const cases: [number[], string[]][] = [
    [[all.length], all],
    [[], ['😀']],
    [[0], []],
    [[2, 0, 3], []],
  ]

  test.each(cases)('session.run takes and gives Tensors of %j', async (dims, data) => {
    await using session = await create('string')
    const { y } = await session.run({ x: new Tensor('string', data, dims) })
    expect(y).toBeInstanceOf(Tensor)
    expect(y).toMatchObject({ type: 'string', dims })
    expect(y!.data).toEqual(data)
  })

  test.each(cases)('session.run takes OrtValues of %j', async (dims, data) => {
    await using session = await create('string')
    using x = OrtValue.allocate('string', dims)
    x.write(data)
    const { y } = await session.run({ x })
    expect(y).toMatchObject({ type: 'string', dims })
    expect((y as Tensor).data).toEqual(data)
  })

  test.each(runForms)('bindings take and give strings, by %s', async (_form, run) => {
    await using session = await createSession(concatStrings())
    const shape = [all.length]
    for (const output of ['dynamic', shape] as const) {
      using binding = session.createIoBinding({ a: shape, b: shape }, { outputs: { y: output } })
      for (const suffix of ['', ' and more', '😀']) {
        binding.inputValue('a')!.write(all)
        binding.inputValue('b')!.write(all.map(() => suffix))
        await run(binding)
        const expected = all.map((text) => text + suffix)
        expect(binding.outputValue('y')!.read()).toEqual(expected)
        expect((binding.copyOutputsToCpu()[0] as Tensor).data).toEqual(expected)
      }
    }
  })

  // onnxruntime-node cuts a string at its first NUL.
  if (!isNative) {
    test.each(withNul)('onnxruntime-node has no NUL in strings: %j', async (text) => {
      await using session = await create('string')
      await expectError(() => session.run({ x: new Tensor('string', [text], [1]) }), 'ERR_NOT_SUPPORTED')
      await expectError(async () => {
        using binding = session.createIoBinding({ x: [1] })
        binding.inputValue('x')!.write([text])
        await binding.run()
      }, 'ERR_NOT_SUPPORTED')
    })
  }

  test('strings have no typed array', async () => {
    await using session = await create('string')
    using binding = session.createIoBinding({ x: [1] })
    await expectError(() => binding.inputs.x, 'ERR_TYPE_MISMATCH', { type: TypeError, says: 'read()' })
  })

  test('elements that are not strings are refused', async () => {
    using value = OrtValue.allocate('string', [2])
    value.write(['a', 'b'])
    await expectError(() => value.write(['c', 1 as never]), 'ERR_INVALID_ARG_TYPE', { says: 'element 1' })
    expect(value.read()).toEqual(['a', 'b'])
    await using session = await create('string')
    const x = new Tensor('string', ['a', 2 as never], [2])
    await expectError(() => session.run({ x }), 'ERR_INVALID_ARG_TYPE')
  })
})
