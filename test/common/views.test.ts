// Views of a value: tensors over parts of its memory.
import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { createSession, deviceName, hostLocation } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, slowLoop, value } from '../helpers/model-builder.mjs'

/** `y = -x` of any number of rows, `z = |x|`. */
const rows = () =>
  model({
    inputs: [value('x', 'float32', ['n', 4])],
    outputs: [value('y', 'float32', ['n', 4]), value('z', 'float32', ['n', 4])],
    nodes: [node('Neg', ['x'], ['y']), node('Abs', ['x'], ['z'])],
  })

const count = (length: number, from = 1) => Float32Array.from({ length }, (_, i) => from + i)
const negated = (array: Float32Array) => array.map((x) => -x)

/** A value of `[n, 4]` with the elements 1, 2, 3, ... */
function filled(n: number, location = hostLocation) {
  const value = OrtValue.allocate('float32', [n, 4], location as 'cpu')
  value.write(count(n * 4))
  return value
}

/** Memory of each kind that this process has, and that a view can begin anywhere in. */
const kinds: [string, (n: number) => OrtValue<'float32'>][] = [
  ['of its own', (n) => filled(n, 'cpu')],
  ['of a typed array', (n) => OrtValue.wrap('float32', count(n * 4 + 2).subarray(0, n * 4), [n, 4])],
  ...(deviceName === 'cuda'
    ? ([
        ['pinned', (n) => filled(n, 'cuda-pinned')],
        ['of a device', (n) => filled(n, 'cuda')],
      ] as [string, (n: number) => OrtValue<'float32'>][])
    : []),
]

describe.each(kinds)('a view of memory %s', (_, make) => {
  test('shares the elements from its offset on', () => {
    using whole = make(4)
    using view = whole.view([2, 3], { offset: 5 })
    expect(view).toMatchObject({ kind: 'tensor', type: 'float32', dims: [2, 3], size: 6 })
    expect([view.location, view.deviceId]).toEqual([whole.location, whole.deviceId])
    expect(view.read()).toEqual(count(6, 6))
    view.write(new Float32Array(6).fill(-1))
    expect([...whole.read()]).toEqual([...count(5), ...Array<number>(6).fill(-1), ...count(5, 12)])
    whole.write(count(16, 100))
    expect(view.read()).toEqual(count(6, 105))
  })

  test('of a view is a view of the whole', () => {
    using whole = make(8)
    using half = whole.view([4, 4], { offset: 16 })
    using row = half.view([4], { offset: 4 })
    half.dispose()
    expect(row.read()).toEqual(count(4, 21))
  })

  test('keeps the memory after the whole was disposed of, and the whole lives on after it', () => {
    const whole = make(4)
    const [first, last] = [whole.view([1, 4]), whole.view([1, 4], { offset: 12 })]
    first.dispose()
    expect(whole.read()).toEqual(count(16))
    whole.dispose()
    expect(last.read()).toEqual(count(4, 13))
    last.dispose()
    expect(() => last.read()).toThrow('disposed')
  })

  test('of no elements may begin at the end', () => {
    using whole = make(2)
    using view = whole.view([0, 4], { offset: 8 })
    expect(view.read()).toHaveLength(0)
  })

  test.each(runForms)(
    'bound to the inputs and outputs of a model: batches of any size in one buffer, %s',
    async (_, run) => {
      await using session = await createSession(rows())
      using input = make(8)
      using output = make(8)
      for (const n of [8, 3, 1, 5]) {
        output.write(new Float32Array(32))
        using x = input.view([n, 4])
        using y = output.view([n, 4])
        using io = session.createIoBinding({ x }, { outputs: { y, z: [n, 4] } })
        await run(io)
        expect([...output.read()]).toEqual([...negated(count(n * 4)), ...new Float32Array(32 - n * 4)])
      }
    },
  )

  test.each(runForms)(
    'two that are apart are outputs of one run, two that overlap are not: %s',
    async (_, run) => {
      await using session = await createSession(rows())
      using x = make(2)
      using buffer = make(8)
      using y = buffer.view([2, 4])
      using z = buffer.view([2, 4], { offset: 8 })
      using io = session.createIoBinding({ x }, { outputs: { y, z } })
      await run(io)
      expect([...buffer.read()]).toEqual([...negated(count(8)), ...count(8), ...count(16, 17)])
      for (const other of [buffer.view([2, 4], { offset: 4 }), buffer.view([2, 4])]) {
        await expectError(
          () => session.createIoBinding({ x }, { outputs: { y, z: other } }),
          'ERR_MEMORY_OVERLAP',
        )
      }
    },
  )

  test.each(runForms)(
    'in an input that is also an output: the same rows are, a part of them is not: %s',
    async (_, run) => {
      await using session = await createSession(rows())
      using buffer = make(8)
      using x = buffer.view([2, 4], { offset: 8 })
      using y = buffer.view([2, 4], { offset: 8 })
      using io = session.createIoBinding({ x }, { outputs: { y, z: [2, 4] } })
      await run(io)
      expect([...buffer.read()]).toEqual([...count(8), ...negated(count(8, 9)), ...count(16, 17)])
      expect(io.outputs.z).toEqual(count(8, 9))
      for (const other of [buffer.view([2, 4], { offset: 12 }), buffer.view([2, 4], { offset: 4 })]) {
        await expectError(
          () => session.createIoBinding({ x }, { outputs: { y: other } }),
          'ERR_MEMORY_OVERLAP',
        )
      }
    },
  )

  test('is fed to session.run', async () => {
    await using session = await createSession(rows())
    using whole = make(4)
    using x = whole.view([2, 4], { offset: 8 })
    const { y } = await session.run({ x })
    expect(y!.data).toEqual(negated(count(8, 9)))
  })

  test('is copied within its buffer, also where the two overlap', async () => {
    using whole = make(4)
    using from = whole.view([8])
    using to = whole.view([8], { offset: 4 })
    from.copyTo(to)
    expect([...whole.read()]).toEqual([...count(4), ...count(8), ...count(4, 13)])
    using same = whole.view([8])
    from.copyTo(same)
    expect(same.read()).toEqual(from.read())
  })
})

test('the typed array of a view is over the same memory, and lives as long as the view', () => {
  const whole = filled(4)
  const view = whole.view([1, 4], { offset: 8 })
  const array = view.data
  expect(array).toEqual(count(4, 9))
  expect(view.data).toBe(array)
  array[0] = -1
  expect(whole.data[8]).toBe(-1)
  whole.data[9] = -2
  expect(array[1]).toBe(-2)
  whole.dispose()
  expect(array).toEqual(Float32Array.of(-1, -2, 11, 12))
  view.dispose()
  const owned = isNative && process.env.ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS === undefined
  expect(array).toHaveLength(owned ? 0 : 4)
})

test('a view of a result of a binding and of a run', async () => {
  await using session = await createSession(rows())
  using io = session.createIoBinding({ x: [2, 4] }, { outputs: { y: 'dynamic' } })
  ;(io.inputs.x as Float32Array).set(count(8))
  await io.run()
  using result = io.outputValue('y')!
  using view = result.view([4], { offset: 4 })
  result.dispose()
  io.dispose()
  expect(view.read()).toEqual(negated(count(4, 5)))
})

test.each(['uint4', 'int4', 'int2'] as const)(
  'of packed %s a view begins and ends at bytes',
  async (type) => {
    if (!isNative) return
    const perByte = type === 'int2' ? 4 : 2
    using whole = OrtValue.allocate(type, [3 * perByte + 1])
    whole.write(Uint8Array.of(0x12, 0x34, 0x56, 0x7))
    using view = whole.view([perByte], { offset: perByte })
    expect(view.read()).toEqual(Uint8Array.of(0x34))
    using rest = whole.view([perByte + 1], { offset: 2 * perByte })
    expect(rest.read()).toEqual(Uint8Array.of(0x56, 0x7))
    const says = `multiples of ${perByte} elements`
    await expectError(() => whole.view([perByte], { offset: 1 }), 'ERR_INVALID_ARG_VALUE', { says })
    await expectError(() => whole.view([1]), 'ERR_INVALID_ARG_VALUE', { says })
  },
)

test('a view of other types counts elements', () => {
  using ids = OrtValue.allocate('int64', [4])
  ids.write(BigInt64Array.of(1n, 2n, 3n, 4n))
  expect(ids.view([2], { offset: 2 }).read()).toEqual(BigInt64Array.of(3n, 4n))
  using halves = OrtValue.allocate('float16', [4])
  halves.write(Uint16Array.of(1, 2, 3, 4) as never)
  const bits = halves.view([2], { offset: 1 }).read()
  expect(new Uint16Array(bits.buffer)).toEqual(Uint16Array.of(2, 3))
})

test('of a wrapped array has the same ArrayBuffer, and is refused once that is detached', async () => {
  const { array, detach } = detachable(8)
  using whole = OrtValue.wrap('float32', array, [8])
  const view = whole.view([2], { offset: 3 })
  expect([view.data.buffer, view.data.byteOffset]).toEqual([array.buffer, 12])
  detach()
  await expectError(() => whole.view([2]), 'ERR_DETACHED')
  await expectError(() => view.read(), 'ERR_DETACHED')
})

test('memory that a run in flight uses is in use in every view of it, and the rest is not', async () => {
  await using session = await createSession(slowLoop())
  if (deviceName === 'webgpu') return
  const n = 96 * 96
  using buffer = OrtValue.allocate('float32', [3 * n], deviceName)
  using x = buffer.view([96, 96])
  using y = buffer.view([96, 96], { offset: n })
  using trips = OrtValue.allocate('int64', [])
  trips.write(BigInt64Array.of(20n))
  using io = session.createIoBinding({ trips, x }, { outputs: { y } })
  const pending = io.run()
  using inY = buffer.view([4], { offset: n + 4 })
  using inX = buffer.view([4], { offset: 4 })
  using apart = buffer.view([n], { offset: 2 * n })
  if (isNative) {
    await expectError(() => inY.read(), 'ERR_BUSY')
    await expectError(() => inX.write(new Float32Array(4)), 'ERR_BUSY')
    await expectError(() => buffer.read(), 'ERR_BUSY')
    expect(inX.read()).toHaveLength(4)
  }
  apart.write(new Float32Array(n).fill(3))
  await pending
  expect(apart.read()[7]).toBe(3)
  expect(inY.read()).toHaveLength(4)
})

test('arrays of a value and of its view are the same memory to session.run', async () => {
  await using session = await createSession(rows())
  using whole = filled(4, 'cpu')
  using part = whole.view([2, 4], { offset: 8 })
  const x = new Tensor('float32', count(8), [2, 4])
  const [y, z] = [new Tensor('float32', whole.data.subarray(4, 12), [2, 4]), part.toTensor()]
  await expectError(() => session.run({ x }, { y, z }), 'ERR_MEMORY_OVERLAP', { says: 'would be written' })
})

describe('refused', () => {
  const refused: [string, unknown[], string, ...string[]][] = [
    ['no shape', [], 'ERR_INVALID_DIMS'],
    ['a negative dimension', [[-1]], 'ERR_INVALID_DIMS'],
    ['an offset that is negative', [[1], { offset: -1 }], 'ERR_INVALID_ARG_VALUE', "'offset'"],
    ['an offset that is a fraction', [[1], { offset: 0.5 }], 'ERR_INVALID_ARG_VALUE'],
    ['an offset that is a bigint', [[1], { offset: 1n }], 'ERR_INVALID_ARG_TYPE'],
    ['options that are a number', [[1], 4], 'ERR_INVALID_ARG_TYPE', "'options'"],
    ['an unknown option', [[1], { ofset: 1 }], 'ERR_UNKNOWN_OPTION', "Did you mean 'offset'?"],
    ['an end beyond the tensor', [[9]], 'ERR_INVALID_LENGTH', 'at most 8 elements', 'elements 0 to 9'],
    ['an offset beyond the tensor', [[1], { offset: 8 }], 'ERR_INVALID_LENGTH', 'elements 8 to 9'],
    ['a huge offset', [[0], { offset: 2 ** 53 - 1 }], 'ERR_INVALID_LENGTH'],
  ]
  test.each(refused)('%s', async (_, args, code, ...says) => {
    using whole = filled(2)
    await expectError(() => (whole.view as (...args: unknown[]) => unknown)(...args), code as never, { says })
  })

  test('strings, a disposed value, and options of undefined are none', async () => {
    await expectError(() => OrtValue.allocate('string', [2]).view([1]), 'ERR_TYPE_MISMATCH', {
      says: 'read() and write()',
    })
    const whole = filled(1)
    expect(whole.view([4], { offset: undefined }).read()).toEqual(count(4))
    whole.dispose()
    await expectError(() => whole.view([1]), 'ERR_DISPOSED')
  })
})
