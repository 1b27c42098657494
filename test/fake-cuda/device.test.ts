// Bound runs on a fake GPU equal those on the CPU, bit for bit, wherever inputs and outputs are.
import { type InferenceSession, type IoBinding, OrtValue, type Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import {
  concatStrings,
  counter,
  identity,
  mlp,
  nonZero,
  pseudoRandom,
  twoInputs,
} from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values'
import { count, describeCuda, numbers, onCpu, onCuda, work } from './support'

const X = pseudoRandom(256)

const FORMS: [string, (binding: IoBinding, options?: object) => Promise<void> | void][] = [
  ['run', (binding, options) => binding.run(options)],
  ['runSync', (binding, options) => binding.runSync(options)],
]

async function expected(bytes: Uint8Array, feeds: Record<string, Tensor>) {
  await using session = await onCpu(bytes)
  const results = await session.run(feeds)
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...(data as never)]]))
}

/** Memory for a float32 tensor, by where it is. */
const PLACES: Record<string, (dims: number[]) => OrtValue> = {
  host: (dims) => OrtValue.allocate('float32', dims),
  pinned: (dims) => OrtValue.allocate('float32', dims, 'cuda-pinned'),
  'pinned by another GPU': (dims) => OrtValue.allocate('float32', dims, 'cuda-pinned', 1),
  'on the GPU': (dims) => OrtValue.allocate('float32', dims, 'cuda'),
  wrapped: (dims) => OrtValue.wrap('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), dims),
}
const places = Object.keys(PLACES)
const PAIRS = places.flatMap((input) => places.map((output) => [input, output] as const))

describeCuda('a bound run on a GPU', () => {
  test.each(PAIRS)('equals a run on the CPU: input %s, output %s', async (input, output) => {
    await using session = await onCuda(mlp())
    const { y } = await expected(mlp(), { x: float32(X, [2, 128]) })
    using from = PLACES[input]!([2, 128])
    using to = PLACES[output]!([2, 128])
    using binding = session.createIoBinding({ x: from }, { outputs: { y: to } })
    for (const [, run] of FORMS) {
      from.write(X)
      to.write(new Float32Array(256))
      await run(binding)
      expect(numbers(to)).toEqual(y)
      from.write(new Float32Array(256))
      await run(binding)
      expect(numbers(to)).not.toEqual(y)
    }
  })

  test.each(FORMS)('each of forty runs reads the latest data: %s', async (_, run) => {
    await using session = await onCuda(twoInputs())
    using binding = session.createIoBinding({ a: [3], b: PLACES['on the GPU']!([3]) })
    const { a } = binding.inputs
    binding.inputValue('b')!.write(Float32Array.of(1, 2, 3))
    for (let i = 0; i < 40; i++) {
      a.fill(i)
      await run(binding)
      expect([...(binding.outputs.sum as Float32Array)]).toEqual([i + 1, i + 2, i + 3])
      expect([...(binding.outputs.prod as Float32Array)]).toEqual([i, 2 * i, 3 * i])
    }
  })

  test.each([['x'], ['y'], ['x', 'y']])(
    'maps the inputs and outputs that `mapped` names: %s %s',
    async (...mapped) => {
      await using session = await onCuda(mlp())
      const { y } = await expected(mlp(), { x: float32(X, [2, 128]) })
      using binding = session.createIoBinding({ x: [2, 128] }, { mapped: mapped.filter(Boolean) })
      ;(binding.inputs.x as Float32Array).set(X)
      binding.runSync()
      expect([...(binding.outputs.y as Float32Array)]).toEqual(y)
      expect(count('MemcpyHtoDAsync')).toBe(mapped.includes('x') ? 0 : 1)
      expect(count('MemcpyDtoHAsync')).toBe(mapped.includes('y') ? 0 : 1)
    },
  )

  test('maps only pinned memory, on a session with a GPU', async () => {
    await using session = await onCuda(mlp())
    await using cpu = await onCpu(mlp())
    using host = PLACES.host!([1, 128])
    using other = PLACES['pinned by another GPU']!([1, 128])
    using pinned = PLACES.pinned!([1, 128])
    const options = { mapped: true }
    const binding = session.ioBinding()
    await expectError(() => binding.bindOrtValueInput('x', host, options), 'ERR_INVALID_ARG_VALUE')
    await expectError(() => binding.bindOrtValueInput('x', other, options), 'ERR_INVALID_ARG_VALUE')
    await expectError(() => binding.bindOrtValueOutput('y', host, options), 'ERR_INVALID_ARG_VALUE')
    const onCpuBinding = cpu.ioBinding()
    await expectError(() => onCpuBinding.bindOrtValueInput('x', pinned, options), 'ERR_NOT_SUPPORTED')
    await expectError(() => session.createIoBinding({ x: [1, 128] }, { mapped: ['z'] }), 'ERR_UNKNOWN_INPUT')
  })

  test.each(places)('updates a state in place: %s', async (place) => {
    await using session = await onCuda(counter())
    using state = PLACES[place]!([1])
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 0; i < 5; i++) await (i % 2 ? binding.run() : binding.runSync())
    expect(numbers(state)).toEqual([5])
    state.write(Float32Array.of(10))
    binding.runSync()
    expect(numbers(state)).toEqual([11])
  })

  test('two sessions chain without a copy to the host', async () => {
    await using first = await onCuda(mlp())
    await using second = await onCuda(mlp())
    const { y } = await expected(mlp(), { x: float32(X, [2, 128]) })
    const { y: last } = await expected(mlp(), { x: float32(y as number[], [2, 128]) })
    using hidden = PLACES['on the GPU']!([2, 128])
    using one = first.createIoBinding({ x: [2, 128] }, { outputs: { y: hidden } })
    using two = second.createIoBinding({ x: hidden })
    ;(one.inputs.x as Float32Array).set(X)
    await one.run()
    await two.run()
    expect([...(two.outputs.y as Float32Array)]).toEqual(last)
    expect(count('MemcpyDtoHAsync')).toBe(1)
  })

  test.each(['float64', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'int64', 'bool', 'float16'] as const)(
    'accepts and returns %s',
    async (type) => {
      await using session = await onCuda(identity(type, ['n']))
      using x = OrtValue.allocate(type, [4], 'cuda')
      const data = x.read() as Uint8Array
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      bytes.fill(1)
      x.write(data)
      using y = OrtValue.allocate(type, [4], 'cuda')
      using onDevice = session.createIoBinding({ x }, { outputs: { y } })
      using onHost = session.createIoBinding({ x: [4] })
      onHost.inputValue('x')!.write(data)
      onDevice.runSync()
      onHost.runSync()
      expect([...(y.read() as Uint8Array)]).toEqual([...data])
      expect([...(onHost.outputs.y as Uint8Array)]).toEqual([...data])
    },
  )

  test('accepts and returns empty tensors and strings', async () => {
    await using session = await onCuda(identity('float32', ['n']))
    using empty = session.createIoBinding({ x: [0] })
    empty.runSync()
    expect(empty.outputs.y).toEqual(new Float32Array(0))
    await using texts = await onCuda(concatStrings())
    using binding = texts.createIoBinding({ a: [2], b: [2] })
    binding.inputValue('a')!.write(['x', 'y'])
    binding.inputValue('b')!.write(['1', '2'])
    await binding.run()
    expect(binding.outputValue('y')!.read()).toEqual(['x1', 'y2'])
  })

  test('ONNX Runtime allocates outputs of another shape in each run', async () => {
    await using session = await onCuda(nonZero())
    using binding = session.createIoBinding({ x: [4] })
    for (const [, run] of FORMS) {
      for (let i = 0; i <= 4; i++) {
        ;(binding.inputs.x as Float32Array).fill(0).fill(1, 0, i)
        await run(binding)
        expect([...(binding.outputs.y as BigInt64Array)]).toEqual([0n, 1n, 2n, 3n].slice(0, i))
      }
    }
  })

  test('values can be replaced', async () => {
    await using session = await onCuda(twoInputs())
    const [one, two] = [1, 2].map((number) => OrtValue.fromTensor(float32([number, number]), 'cuda'))
    using binding = session.createIoBinding({ a: one!, b: [2] })
    ;(binding.inputs.b as Float32Array).fill(10)
    const sum = () => {
      binding.runSync()
      return [...(binding.outputs.sum as Float32Array)]
    }
    expect(sum()).toEqual([11, 11])
    binding.bindOrtValueInput('a', two!)
    expect(sum()).toEqual([12, 12])
    binding.bindCpuInput('a', float32([5, 6]))
    expect(sum()).toEqual([15, 16])
    using device = OrtValue.allocate('float32', [2], 'cuda')
    binding.bindOrtValueOutput('sum', device)
    binding.runSync()
    expect(numbers(device)).toEqual([15, 16])
    binding.clearBindingOutputs()
    binding.bindOutput('sum')
    expect(sum()).toEqual([15, 16])
    binding.clearBindingInputs()
    await expectError(() => binding.runSync(), 'ERR_MISSING_INPUT')
    for (const value of [one!, two!]) value.dispose()
  })

  test('copyOutputsToCpu copies outputs to the host', async () => {
    await using session = await onCuda(counter())
    using state = OrtValue.fromTensor(float32([4]), 'cuda')
    using out = OrtValue.allocate('float32', [1], 'cuda')
    using binding = session.createIoBinding({ state }, { outputs: { new_state: out } })
    await session.runWithIoBinding(binding)
    const [copy] = binding.copyOutputsToCpu() as [Tensor]
    out.write(Float32Array.of(0))
    expect([copy.location, ...(copy.data as Float32Array)]).toEqual(['cpu', 5])
  })

  test.each(['spin', 'block'] as const)('waits for the run by the method of `wait`: %s', async (wait) => {
    await using session = await onCuda(counter(), { wait })
    using binding = session.createIoBinding({ state: [1] })
    await binding.run()
    binding.runSync()
    expect([...(binding.outputs.new_state as Float32Array)]).toEqual([1])
    const names = work().map(({ name }) => name)
    expect(names.includes('EventSynchronize')).toBe(wait === 'block')
    expect(names.includes('EventQuery')).toBe(wait === 'spin')
  })
})

describeCuda('session.run on a GPU', () => {
  const feeds = (session: InferenceSession, a: Tensor | OrtValue) =>
    session.run({ a, b: float32([10, 20, 30]) })

  test.each(['cpu', 'cuda-pinned', 'cuda'] as const)('accepts values: %s', async (device) => {
    await using session = await onCuda(twoInputs())
    using a = OrtValue.fromTensor(float32([1, 2, 3]), device)
    for (const feed of [a, a.toTensor()]) {
      const { sum, prod } = await feeds(session, feed)
      expect([sum!.data, prod!.data]).toEqual([Float32Array.of(11, 22, 33), Float32Array.of(10, 40, 90)])
    }
  })

  test('returns results in pinned memory for preferredOutputLocation', async () => {
    await using session = await onCuda(twoInputs(), { preferredOutputLocation: { sum: 'cpu-pinned' } })
    const { sum, prod } = await feeds(session, float32([1, 2, 3]))
    expect([sum!.location, prod!.location]).toEqual(['cpu-pinned', 'cpu'])
    expect([sum!.data, prod!.data]).toEqual([Float32Array.of(11, 22, 33), Float32Array.of(10, 40, 90)])
  })
})
