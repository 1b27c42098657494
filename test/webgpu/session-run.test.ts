import { type InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import {
  concatStrings,
  counter,
  identity,
  mlp,
  model,
  node,
  nonZero,
  pseudoRandom,
  sequenceInsert,
  twoInputs,
  value,
} from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'
import { create, createMixed, floats, onDevice, passThrough } from './webgpu.ts'

const feeds = { a: float32([1, 2]), b: float32([3, 4]) }
const [sum, prod] = [floats(4, 6), floats(3, 8)]

describe('preferredOutputLocation', () => {
  test('leaves all results on the device with "gpu-buffer"', async () => {
    await using session = await create(twoInputs(), { preferredOutputLocation: 'gpu-buffer' })
    const results = await session.run(feeds)
    for (const [name, expected] of Object.entries({ sum, prod })) {
      const tensor = results[name]!
      expect(tensor).toBeInstanceOf(Tensor)
      expect(tensor).toMatchObject({ type: 'float32', dims: [2], location: 'gpu-buffer' })
      expect(tensor.gpuBuffer).toBeInstanceOf(OrtValue)
      expect(await tensor.getData()).toEqual(expected)
      expect(tensor.location).toBe('cpu')
    }
  })

  test('leaves the other results in host memory if it names some', async () => {
    const forms: Record<string, 'cpu' | 'gpu-buffer'>[] = [
      { prod: 'gpu-buffer' },
      { prod: 'gpu-buffer', sum: 'cpu' },
    ]
    for (const given of forms) {
      await using session = await create(twoInputs(), { preferredOutputLocation: given })
      const results = await session.run(feeds)
      expect([results.sum!.location, results.prod!.location]).toEqual(['cpu', 'gpu-buffer'])
      expect(results.sum!.data).toEqual(sum)
      expect(await results.prod!.getData(true)).toEqual(prod)
      const { prod: alone } = await session.run(feeds, ['prod'])
      expect(alone!.location).toBe('gpu-buffer')
      expect((await session.run(feeds, ['sum'])).sum!.data).toEqual(sum)
    }
  })

  test('leaves results in ordinary host memory with "cpu-pinned"', async () => {
    await using session = await create(twoInputs(), { preferredOutputLocation: 'cpu-pinned' })
    expect((await session.run(feeds)).sum!.data).toEqual(sum)
  })

  test('does not apply to a pre-allocated Tensor', async () => {
    await using session = await create(twoInputs(), { preferredOutputLocation: 'gpu-buffer' })
    const target = float32([0, 0])
    const results = await session.run(feeds, { sum: target, prod: null })
    expect(results.sum).toBe(target)
    expect(target.data).toEqual(sum)
    expect(results.prod!.location).toBe('gpu-buffer')
    expect(await results.prod!.getData()).toEqual(prod)
  })

  test('applies to shapes that depend on the data, and to results of the CPU', async () => {
    await using session = await createMixed(nonZero(), { preferredOutputLocation: 'gpu-buffer' })
    for (const data of [[0, 1, 1], [0, 0], [1], []]) {
      const { y } = await session.run({ x: float32(data) })
      const expected = data.flatMap((each, i) => (each === 0 ? [] : [BigInt(i)]))
      expect(y!.dims).toEqual([1, expected.length])
      expect(y!.location).toBe('gpu-buffer')
      expect(await y!.getData()).toEqual(BigInt64Array.from(expected))
    }
  })

  test('leaves strings and sequences on the host, and refuses them by name', async () => {
    await using strings = await createMixed(concatStrings(), { preferredOutputLocation: 'gpu-buffer' })
    const text = (data: string) => new Tensor('string', [data], [1])
    expect((await strings.run({ a: text('a'), b: text('b') })).y!.data).toEqual(['ab'])
    await using sequences = await createMixed(sequenceInsert(), { preferredOutputLocation: 'gpu-buffer' })
    const { sequence } = await sequences.run<OrtValue>(feeds)
    expect(sequence!.elements().map((element) => element.read())).toEqual([floats(1, 2), floats(3, 4)])
    const preferredOutputLocation = { y: 'gpu-buffer' } as const
    await expectError(() => createMixed(concatStrings(), { preferredOutputLocation }), 'ERR_NOT_SUPPORTED')
    await expectError(
      () => create(twoInputs(), { preferredOutputLocation: { z: 'gpu-buffer' } }),
      'ERR_UNKNOWN_OUTPUT',
    )
  })

  test('returns OrtValues for types without a GPU tensor in onnxruntime-common', async () => {
    await using session = await createMixed(identity('float64', ['n']), {
      preferredOutputLocation: 'gpu-buffer',
    })
    const x = new Tensor('float64', Float64Array.of(1.5, -2), [2])
    const { y } = await session.run<OrtValue>({ x })
    expect(y).toBeInstanceOf(OrtValue)
    expect(y!.location).toBe('webgpu')
    expect(y!.read()).toEqual(Float64Array.of(1.5, -2))
  })

  test('applies to elements of one byte', async () => {
    await using session = await createMixed(identity('bool', ['n']), {
      preferredOutputLocation: 'gpu-buffer',
    })
    for (const length of [1, 2, 3, 5, 0]) {
      const data = new Uint8Array(length).fill(1)
      const { y } = await session.run({ x: new Tensor('bool', data, [length]) })
      expect(await y!.getData()).toEqual(data)
    }
  })
})

describe('Tensors on the device', () => {
  test('chain two sessions', async () => {
    await using first = await create(mlp(), { preferredOutputLocation: 'gpu-buffer' })
    await using second = await create(mlp())
    for (let i = 1; i <= 3; ++i) {
      const x = new Tensor('float32', pseudoRandom(128 * i, i), [i, 128])
      const { y: hidden } = await first.run({ x })
      expect(hidden!.location).toBe('gpu-buffer')
      const { y } = await second.run({ x: hidden! })
      const onHost = new Tensor('float32', (await hidden!.getData()) as Float32Array, [i, 128])
      expect(y!.data).toEqual((await second.run({ x: onHost })).y!.data)
    }
  })

  test('carry state on the device', async () => {
    await using session = await create(counter(), { preferredOutputLocation: 'gpu-buffer' })
    let state = float32([0]) as Tensor
    for (let i = 0; i < 20; ++i) {
      const { new_state } = await session.run({ state })
      state.dispose()
      state = new_state!
    }
    expect(await state.getData()).toEqual(floats(20))
  })

  test('can be mixed with OrtValues and CPU Tensors', async () => {
    await using session = await create(twoInputs())
    const [a, b] = [onDevice([1, 2]), onDevice([3, 4])]
    for (const given of [
      { a, b },
      { a: a.toTensor(), b },
      { a: feeds.a, b: b.toTensor() },
      { a: OrtValue.fromTensor(feeds.a), b },
    ]) {
      const results = await session.run(given)
      expect([results.sum!.data, results.prod!.data]).toEqual([sum, prod])
    }
  })

  test('are refused if they are disposed, of another package, or of a disposed value', async () => {
    await using session = await create(twoInputs())
    const a = onDevice([1, 2])
    const tensor = a.toTensor()
    const other = Tensor.fromGpuBuffer({} as never, { dataType: 'float32', dims: [2] })
    await expectError(() => session.run({ ...feeds, a: other }), 'ERR_NOT_SUPPORTED')
    const kept = a.toTensor()
    tensor.dispose()
    await expectError(() => session.run({ ...feeds, a: tensor }), 'ERR_DISPOSED', { says: 'feeds.a' })
    await expectError(() => session.run({ ...feeds, a: kept }), 'ERR_DISPOSED')
  })

  test('are refused as pre-allocated outputs', async () => {
    await using session = await create(twoInputs())
    const target = onDevice([0, 0]).toTensor()
    await expectError(() => session.run(feeds, { sum: target }), 'ERR_NOT_SUPPORTED', { says: 'fetches.sum' })
  })

  test('are not the feed if they are a result and the output is an input', async () => {
    for (const preferredOutputLocation of ['gpu-buffer', 'cpu'] as const) {
      await using session = await createMixed(passThrough(), { preferredOutputLocation })
      for (const x of [onDevice([1, 2]), OrtValue.fromTensor(feeds.a)]) {
        const results = await session.run({ x })
        x.write(floats(9, 9))
        expect(await results.x!.getData()).toEqual(floats(1, 2))
        expect(await results.y!.getData()).toEqual(floats(2, 4))
      }
    }
  })

  test('are downloaded by many concurrent getData calls', async () => {
    await using session = await create(twoInputs(), { preferredOutputLocation: 'gpu-buffer' })
    const rounds = Array.from({ length: 30 }, (_, i) => float32([i, i + 1]))
    const results = await Promise.all(rounds.map((a) => session.run({ a, b: feeds.b })))
    const data = await Promise.all(results.map(({ sum: tensor }) => tensor!.getData(true)))
    data.forEach((each, i) => {
      expect(each).toEqual(floats(i + 3, i + 5))
    })
  })
})

test('inputs may change as soon as run() returns', async () => {
  await using session = await create(twoInputs())
  const data = floats(1, 2)
  const pending = session.run({ a: new Tensor(data), b: new Tensor(data) })
  data.fill(-1)
  expect((await pending).sum!.data).toEqual(floats(2, 4))
})

test('a device value is busy while a run uses it as a feed', async () => {
  await using session = await create(mlp())
  using x = OrtValue.allocate('float32', [8, 128], 'webgpu')
  const pending = session.run({ x })
  await Promise.all([expectError(() => x.write(new Float32Array(1024)), 'ERR_BUSY'), pending])
  x.write(new Float32Array(1024).fill(1))
})

test('the shape of an int64 input is computed on the CPU, and the rest is not', async () => {
  const reshape = model({
    inputs: [value('x', 'float32', ['n']), value('shape', 'int64', [2])],
    outputs: [value('y', 'float32', ['a', 'b'])],
    nodes: [node('Add', ['x', 'x'], ['twice']), node('Reshape', ['twice', 'shape'], ['y'])],
  })
  await using session: InferenceSession = await createMixed(reshape, {
    preferredOutputLocation: 'gpu-buffer',
  })
  for (const shape of [
    [2, 3],
    [3, 2],
    [1, 6],
  ]) {
    const { y } = await session.run({ x: float32([1, 2, 3, 4, 5, 6]), shape: int64(shape) })
    expect(y!.dims).toEqual(shape)
    expect(await y!.getData()).toEqual(floats(2, 4, 6, 8, 10, 12))
  }
})
