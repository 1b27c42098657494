// Copies on another thread, and the size of a value in bytes.
import { copyTensors, InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { deviceName, hostLocation } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, value } from '../helpers/model-builder.mjs'

const numbers = Float32Array.of(1, 2, 3, 4)
const locations = [...new Set(['cpu', hostLocation, deviceName ?? 'cpu'])] as 'cpu'[]

describe.each(locations)("memory of '%s'", (location) => {
  test('is written, read and copied on another thread', async () => {
    using value = OrtValue.allocate('float32', [4], location)
    const data = numbers.slice()
    const written = value.writeAsync(data)
    data.fill(9) // too late
    await written
    expect(await value.readAsync()).toEqual(numbers)
    const into = new Float32Array(6)
    expect(await value.readAsync(into.subarray(1, 5))).toEqual(numbers)
    expect([...into]).toEqual([0, 1, 2, 3, 4, 0])
    using other = OrtValue.allocate('float32', [4])
    await value.copyToAsync(other)
    expect(other.data).toEqual(numbers)
    await value.copyToAsync(value)
    expect(value.read()).toEqual(numbers)
  })

  test('is in use until the copy has ended', async () => {
    if (!isNative) return
    using value = OrtValue.allocate('float32', [1 << 16], location)
    using part = value.view([1 << 14])
    const reading = value.readAsync()
    await expectError(() => part.write(new Float32Array(1 << 14)), 'ERR_BUSY')
    await reading
    const writing = value.writeAsync(new Float32Array(1 << 16).fill(3))
    await expectError(() => part.read(), 'ERR_BUSY')
    value.dispose()
    await writing
    expect(part.read()[7]).toBe(3)
  })
})

test('strings are copied too', async () => {
  using words = OrtValue.allocate('string', [2])
  await words.writeAsync(['bind', 'once'])
  expect(await words.readAsync()).toEqual(['bind', 'once'])
  using other = OrtValue.allocate('string', [2])
  await words.copyToAsync(other)
  expect(other.read()).toEqual(['bind', 'once'])
})

test('what does not fit is refused by the promise', async () => {
  using value = OrtValue.allocate('float32', [4])
  await expectError(() => value.readAsync(new Float32Array(3)), 'ERR_INVALID_LENGTH')
  await expectError(() => value.readAsync(new Int32Array(4) as never), 'ERR_TYPE_MISMATCH')
  await expectError(() => value.writeAsync(new Float32Array(5)), 'ERR_INVALID_LENGTH')
  await expectError(() => value.copyToAsync(OrtValue.allocate('float32', [5])), 'ERR_SHAPE_MISMATCH')
  await expectError(() => value.copyToAsync({} as never), 'ERR_INVALID_ARG_TYPE')
  const { array, detach } = detachable(4)
  const reading = value.readAsync(array)
  detach()
  await expectError(() => reading, 'ERR_DETACHED')
  value.dispose()
  await expectError(() => value.readAsync(), 'ERR_DISPOSED')
})

test('the bytes of a value', async () => {
  expect(OrtValue.allocate('float32', [2, 3]).byteLength).toBe(24)
  expect(OrtValue.allocate('int64', []).byteLength).toBe(8)
  expect(OrtValue.allocate('float16', [0]).byteLength).toBe(0)
  await expectError(() => OrtValue.allocate('string', [2]).byteLength, 'ERR_TYPE_MISMATCH')
  if (!isNative) return
  expect([1, 2, 3, 8].map((size) => OrtValue.allocate('int4', [size]).byteLength)).toEqual([1, 1, 2, 4])
  expect([1, 4, 5].map((size) => OrtValue.allocate('uint2', [size]).byteLength)).toEqual([1, 1, 2])
  await expectError(() => OrtValue.sequence([OrtValue.allocate('int4', [1])]).byteLength, 'ERR_TYPE_MISMATCH')
})

describe('copyTensors', () => {
  const make = () => [
    OrtValue.wrap('float32', numbers.slice(), [4]),
    OrtValue.wrap('int64', BigInt64Array.of(5n, 6n), [2, 1]),
    OrtValue.fromTensor(new Tensor('string', ['a', 'b'], [2])),
    OrtValue.allocate('uint8', [0]),
  ]

  test.each(locations)("copies each source into its target, to memory of '%s' and back", async (location) => {
    const sources = make()
    const there = sources.map(({ type, dims }) =>
      OrtValue.allocate(type, dims, type === 'string' ? 'cpu' : location),
    )
    const back = sources.map(({ type, dims }) => OrtValue.allocate(type, dims))
    expect(await copyTensors(sources, there)).toBeUndefined()
    await copyTensors(there, back)
    for (const [i, source] of sources.entries()) expect(back[i]!.read()).toEqual(source.read())
    await copyTensors([], [])
  })

  test('copies in order', async () => {
    const [a, b, c] = [1, 2, 3].map((n) => OrtValue.wrap('float32', Float32Array.of(n), [1]))
    await copyTensors([a!, b!], [b!, c!])
    expect([...b!.data, ...c!.data]).toEqual([1, 1])
  })

  test('copies nothing unless all of it can be copied', async () => {
    const sources = make()
    const targets = sources.map(({ type, dims }) => OrtValue.allocate(type, dims))
    const untouched = () => expect(targets[0]!.data).toEqual(new Float32Array(4))
    const lengths = { says: ['4 targets', '3'] }
    await expectError(() => copyTensors(sources, targets.slice(1)), 'ERR_INVALID_LENGTH', lengths)
    const shape = [...targets.slice(0, 3), OrtValue.allocate('uint8', [1])]
    await expectError(() => copyTensors(sources, shape), 'ERR_SHAPE_MISMATCH')
    const other = [targets[0]!, OrtValue.allocate('int32', [2, 1]), ...targets.slice(2)]
    await expectError(() => copyTensors(sources, other), 'ERR_TYPE_MISMATCH')
    await expectError(() => copyTensors(sources, [1, 2, 3, 4] as never), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => copyTensors(null as never, targets), 'ERR_INVALID_ARG_TYPE')
    targets[1]!.dispose()
    await expectError(() => copyTensors(sources, targets), 'ERR_DISPOSED')
    untouched()
  })

  test.runIf(isNative)('copies nothing where a run uses strings', async () => {
    const bytes = model({
      inputs: [value('x', 'string', [2])],
      outputs: [value('y', 'string', [2])],
      nodes: [node('Identity', ['x'], ['y'])],
    })
    await using session = await InferenceSession.create(bytes, { inlineRunBelowUs: 0 })
    const [x, y, other] = [1, 2, 3].map(() => OrtValue.allocate('string', [2]))
    const io = session.createIoBinding({ x: x! }, { outputs: { y: y! } })
    const [from, to] = [OrtValue.wrap('float32', numbers.slice(), [4]), OrtValue.allocate('float32', [4])]
    const run = io.run()
    await expectError(() => copyTensors([from, other!], [to, x!]), 'ERR_BUSY')
    await expectError(() => copyTensors([from, y!], [to, other!]), 'ERR_BUSY')
    await run
    expect(to.data).toEqual(new Float32Array(4))
  })

  test.runIf(isNative)('uses all values until it has ended', async () => {
    const [a, b] = [1, 2].map(() => OrtValue.allocate('float32', [1 << 16]))
    const copying = copyTensors([a!, a!], [b!, b!])
    await expectError(() => b!.read(), 'ERR_BUSY')
    await expectError(() => a!.write(new Float32Array(1 << 16)), 'ERR_BUSY')
    await copying
    a!.write(new Float32Array(1 << 16))
  })
})

// JavaScript then frees the memory, whatever thread uses it.
describe.runIf(isNative)('a typed array that is detached during a copy', () => {
  const SIZE = 1 << 22
  const forms = {
    copyToAsync: (from: OrtValue, to: OrtValue) => from.copyToAsync(to),
    copyTensors: (from: OrtValue, to: OrtValue) => copyTensors([from], [to]),
  }
  const wrap = (number: number) => {
    const array = new Float32Array(SIZE).fill(number)
    const detach = () => structuredClone(array.buffer, { transfer: [array.buffer] })
    return { wrapped: OrtValue.wrap('float32', array, [SIZE]), detach }
  }

  describe.each(locations)("to and from memory of '%s'", (location) => {
    test.each(Object.entries(forms))('is read as it was at the call, by %s', async (_, copy) => {
      using target = OrtValue.allocate('float32', [SIZE], location)
      for (let i = 1; i <= 3; i++) {
        const { wrapped, detach } = wrap(i)
        const copied = copy(wrapped, target)
        detach()
        globalThis.gc?.()
        await copied
        expect(target.read().at(-1)).toBe(i)
      }
    })

    test.each(Object.entries(forms))('is not written, by %s', async (_, copy) => {
      using source = OrtValue.allocate('float32', [SIZE], location)
      for (let i = 0; i < 3; i++) {
        const { wrapped, detach } = wrap(1)
        const copied = copy(source, wrapped)
        const moved = detach()
        await expectError(() => copied, 'ERR_DETACHED')
        expect(new Float32Array(moved).at(-1)).toBe(1)
      }
    })
  })

  test('of several leaves the others copied, and in order', async () => {
    const [first, gone, last] = [wrap(1), wrap(2), wrap(3)]
    const copied = copyTensors(
      [first.wrapped, first.wrapped, gone.wrapped],
      [gone.wrapped, last.wrapped, first.wrapped],
    )
    gone.detach()
    await expectError(() => copied, 'ERR_DETACHED')
    expect([first.wrapped.data[0], last.wrapped.data[0]]).toEqual([1, 1])
    const another = OrtValue.wrap('float32', last.wrapped.data as Float32Array, [SIZE])
    await expectError(
      () => copyTensors([first.wrapped, another], [last.wrapped, first.wrapped]),
      'ERR_BUSY',
      { says: 'another OrtValue' },
    )
  })
})
