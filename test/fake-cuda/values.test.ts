// Values in GPU memory and in pinned memory, and copies between them.
import { type DeviceName, type ElementType, OrtValue, type Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { counter, identity, slowLoop } from '../helpers/model-builder.mjs'
import { elementTypes } from '../helpers/tensors.mjs'
import { float32 } from '../helpers/values'
import * as fake from './fake-cuda.mjs'
import { alive, describeCuda, LONG, numbers, onCuda, slowBinding } from './support'

type Place = readonly [device: DeviceName, id: number]

const PLACES: readonly Place[] = [
  ['cpu', 0],
  ['cuda-pinned', 0],
  ['cuda-pinned', 1],
  ['cuda', 0],
  ['cuda', 1],
]
const DATA = [1.5, -2, 3, 4, 5, 6]
const types = Object.keys(elementTypes).filter((type) => type !== 'string') as ElementType[]

function made(dims: readonly number[], [device, id]: Place, data?: readonly number[]): OrtValue {
  const value = OrtValue.allocate('float32', dims, device, id)
  if (data !== undefined) value.write(Float32Array.from(data))
  return value
}

describeCuda('memory of a GPU', () => {
  test.each(PLACES)('is zeroed: %s %i', (device, id) => {
    using value = made([4, 100], [device, id])
    expect(numbers(value)).toEqual(Array(400).fill(0))
    expect([value.location, value.deviceId, value.size, value.type]).toEqual([device, id, 400, 'float32'])
  })

  test.each(PLACES)('is read as it was written: %s %i', (device, id) => {
    using value = made([2, 3], [device, id], DATA)
    expect(numbers(value)).toEqual(DATA)
    value.write(new Float32Array(6).fill(7))
    expect(numbers(value)).toEqual(Array(6).fill(7))
  })

  test.each(PLACES.flatMap((from) => PLACES.map((to) => [...from, ...to] as const)))(
    'is copied from %s %i to %s %i',
    (from, fromId, to, toId) => {
      using source = made([2, 3], [from, fromId], DATA)
      using target = made([2, 3], [to, toId], Array(6).fill(9))
      source.copyTo(target)
      expect(numbers(target)).toEqual(DATA)
      expect(numbers(source)).toEqual(DATA)
      source.copyTo(source)
      expect(numbers(source)).toEqual(DATA)
    },
  )

  test.each(types)('holds %s', (type) => {
    using value = OrtValue.allocate(type, [6], 'cuda', 1)
    const pattern = value.read() as Uint8Array
    const bytes = new Uint8Array(pattern.buffer, pattern.byteOffset, pattern.byteLength)
    expect(bytes.every((byte) => byte === 0)).toBe(true)
    bytes.forEach((_, i) => {
      bytes[i] = i * 37
    })
    value.write(pattern)
    const back = value.read() as Uint8Array
    expect([...new Uint8Array(back.buffer, back.byteOffset, back.byteLength)]).toEqual([...bytes])
    expect(back.constructor).toBe(pattern.constructor)
  })

  test.each(PLACES)('may be empty, or a scalar: %s %i', (device, id) => {
    using empty = made([3, 0], [device, id])
    expect(numbers(empty)).toEqual([])
    empty.write(new Float32Array(0))
    using host = made([3, 0], ['cpu', 0])
    empty.copyTo(host)
    host.copyTo(empty)
    using scalar = made([], [device, id], [5])
    expect([numbers(scalar), scalar.dims]).toEqual([[5], []])
  })

  test('is visible as `data` if it is pinned', () => {
    using pinned = made([10], ['cuda-pinned', 1])
    const data = pinned.data as Float32Array
    data.fill(3)
    using device = made([10], ['cuda', 0])
    pinned.copyTo(device)
    expect(numbers(device)).toEqual(Array(10).fill(3))
    expect(pinned.data).toBe(data)
    pinned.dispose()
    expect(data.length).toBe(0)
  })

  test('refuses strings, `data`, and other types and shapes', async () => {
    await expectError(() => OrtValue.allocate('string', [1], 'cuda'), 'ERR_TYPE_MISMATCH')
    await expectError(() => OrtValue.allocate('string', [1], 'cuda-pinned'), 'ERR_TYPE_MISMATCH')
    using value = made([1], ['cuda', 0])
    await expectError(() => value.data, 'ERR_NOT_SUPPORTED', { says: 'read()' })
    await expectError(() => value.write(new Float32Array(2)), 'ERR_INVALID_LENGTH')
    await expectError(() => value.write(new Int32Array(1)), 'ERR_TYPE_MISMATCH')
    using longer = made([2], ['cuda', 0])
    await expectError(() => value.copyTo(longer), 'ERR_SHAPE_MISMATCH')
    using other = OrtValue.allocate('int32', [1], 'cuda')
    await expectError(() => value.copyTo(other), 'ERR_TYPE_MISMATCH')
    value.dispose()
    for (const use of [() => value.read(), () => value.write(new Float32Array(1))])
      await expectError(use, 'ERR_DISPOSED')
  })

  test.each(['cuda', 'cuda-pinned'] as const)(
    'is refused on a GPU that does not exist: %s',
    async (device) => {
      await expectError(() => OrtValue.allocate('float32', [1], device, 16), 'ERR_CUDA_DEVICE_ID', {
        says: '16',
      })
      await expectError(() => OrtValue.allocate('float32', [1], device, -1), 'ERR_INVALID_ARG_VALUE')
      await expectError(() => OrtValue.allocate('float32', [1], device, 0.5), 'ERR_INVALID_ARG_VALUE')
    },
  )

  test('is an error if it exceeds the available memory, and leaks nothing', async () => {
    made([1], ['cuda', 0]).dispose()
    const before = alive()
    await expectError(() => made([2 ** 30], ['cuda', 0]), 'ERR_CUDA_OUT_OF_MEMORY')
    await expectError(() => made([2 ** 30], ['cuda-pinned', 0]), 'ERR_CUDA_OUT_OF_MEMORY')
    expect(alive()).toEqual(before)
  })

  test('is freed once by dispose()', () => {
    made([1], ['cuda', 0]).dispose()
    const before = alive()
    const values = PLACES.map((place) => made([5], place))
    expect(alive().deviceBlocks - before.deviceBlocks).toBe(2)
    expect(alive().pinnedBlocks - before.pinnedBlocks).toBe(2)
    for (const value of [...values, ...values]) value.dispose()
    expect({ ...alive(), streams: 0 }).toEqual({ ...before, streams: 0 })
  })
})

describeCuda('Tensors on a GPU', () => {
  test.each([0, 1])('share the memory of their value: GPU %i', async (id) => {
    const value = OrtValue.fromTensor(float32(DATA, [2, 3]), 'cuda', id)
    const tensor = value.toTensor()
    expect([tensor.location, tensor.type, tensor.dims]).toEqual(['gpu-buffer', 'float32', [2, 3]])
    expect(tensor.gpuBuffer).toBe(value)
    using copy = OrtValue.fromTensor(tensor, 'cuda', 1 - id)
    using host = OrtValue.fromTensor(tensor)
    using pinned = OrtValue.fromTensor(tensor, 'cuda-pinned', id)
    for (const other of [copy, host, pinned]) expect(numbers(other)).toEqual(DATA)
    expect([...((await tensor.getData()) as Float32Array)]).toEqual(DATA)
    expect(value.disposed).toBe(false)
    tensor.dispose()
    expect(value.disposed).toBe(true)
    expect(numbers(copy)).toEqual(DATA)
  })

  test('release the GPU memory by getData(true)', async () => {
    const value = OrtValue.fromTensor(float32(DATA), 'cuda')
    const blocks = alive().deviceBlocks
    const tensor = value.toTensor()
    expect([...((await tensor.getData(true)) as Float32Array)]).toEqual(DATA)
    expect(value.disposed).toBe(true)
    expect(alive().deviceBlocks).toBe(blocks - 1)
    expect(tensor.location).toBe('cpu')
  })

  test('may be in pinned memory', () => {
    using value = OrtValue.fromTensor(float32(DATA), 'cuda-pinned')
    const tensor = value.toTensor()
    expect(tensor.location).toBe('cpu-pinned')
    expect(tensor.data).toBe(value.data)
  })

  test('exist for the types of onnxruntime-common alone', async () => {
    using value = OrtValue.allocate('float64', [1], 'cuda')
    await expectError(() => value.toTensor(), 'ERR_TYPE_MISMATCH')
  })

  test('keep their value alive during a download, and refuse writes to it', async () => {
    await using session = await onCuda(counter())
    const value = OrtValue.fromTensor(float32([6]), 'cuda')
    using binding = session.createIoBinding({ state: value }, { outputs: { new_state: value } })
    const tensor = value.toTensor()
    const blocks = alive().deviceBlocks
    const download = tensor.getData()
    await expectError(() => value.write(new Float32Array(1)), 'ERR_BUSY')
    await expectError(() => binding.run(), 'ERR_BUSY', { says: "'new_state'" })
    await expectError(() => binding.runSync(), 'ERR_BUSY')
    expect(numbers(value)).toEqual([6])
    expect([...((await download) as Float32Array)]).toEqual([6])
    binding.runSync()
    expect(numbers(value)).toEqual([7])
    const last = value.toTensor().getData()
    binding.dispose()
    value.dispose()
    expect(alive().deviceBlocks).toBe(blocks)
    expect([...((await last) as Float32Array)]).toEqual([7])
    expect(alive().deviceBlocks).toBe(blocks - 1)
  })

  test('throw if a download fails, and stay as they are', async () => {
    using value = OrtValue.fromTensor(float32(DATA), 'cuda')
    const tensor = value.toTensor()
    fake.failNthCall('cuMemcpyDtoHAsync_v2', 1, 1)
    await expectError(() => tensor.getData(), 'ERR_CUDA_INVALID_VALUE', { says: 'cuMemcpyDtoHAsync' })
    expect([...((await tensor.getData()) as Float32Array)]).toEqual(DATA)
  })
})

describeCuda('memory of a GPU in use by a run', () => {
  test('refuses reads and writes that would conflict', async () => {
    await using session = await onCuda(slowLoop())
    const x = OrtValue.allocate('float32', [96, 96], 'cuda')
    const y = OrtValue.allocate('float32', [96, 96], 'cuda')
    using other = OrtValue.allocate('float32', [96, 96])
    x.write(new Float32Array(96 * 96).fill(0.5))
    using binding = slowBinding(session, LONG)
    binding.bindOrtValueInput('x', x)
    binding.bindOrtValueOutput('y', y)
    const running = binding.run()
    for (const value of [x, y]) {
      await expectError(() => value.write(new Float32Array(96 * 96)), 'ERR_BUSY')
      await expectError(() => other.copyTo(value), 'ERR_BUSY')
    }
    // Others may read what the run only reads.
    expect(numbers(x)[0]).toBe(0.5)
    x.copyTo(other)
    await expectError(() => y.read(), 'ERR_BUSY')
    await expectError(() => y.copyTo(other), 'ERR_BUSY')
    await expectError(() => y.toTensor().getData(), 'ERR_BUSY')
    await running
    expect(numbers(x)).toEqual(Array(96 * 96).fill(0.5))
    expect(numbers(y).some((number) => number !== 0)).toBe(true)
    for (const value of [x, y]) value.dispose()
    await expectError(() => binding.runSync(), 'ERR_DISPOSED', { says: "'x'" })
  })

  test('is freed when the run has ended, if it was disposed meanwhile', async () => {
    await using session = await onCuda(slowLoop())
    using y = OrtValue.allocate('float32', [96, 96])
    const binding = slowBinding(session, LONG)
    const x = OrtValue.allocate('float32', [96, 96], 'cuda')
    binding.bindOrtValueInput('x', x)
    binding.bindOrtValueOutput('y', y)
    const before = alive()
    const running = binding.run()
    x.dispose()
    binding.dispose()
    expect(alive().deviceBlocks).toBe(before.deviceBlocks)
    await running
    expect(alive().deviceBlocks).toBe(before.deviceBlocks - 3) // x, and the device copies of trips and y
  })

  test('includes a feed of session.run', async () => {
    await using session = await onCuda(identity('float32', ['n']))
    using x = OrtValue.fromTensor(float32(DATA), 'cuda')
    const running = session.run({ x })
    await expectError(() => x.write(new Float32Array(6)), 'ERR_BUSY')
    expect((await running).y.data).toEqual(Float32Array.from(DATA))
    const again = await session.run({ x: x.toTensor() as Tensor })
    expect(again.y.data).toEqual(Float32Array.from(DATA))
  })
})
