import { type IoBinding, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { counter, identity, mlp, oneNode, pseudoRandom, twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { create, createMixed, double, floats, onDevice } from './webgpu.ts'

const take = (binding: IoBinding, name: string) => binding.outputValue(name)!

describe.each(runForms)('device memory, by %s', (_form, run) => {
  test('is bound to inputs and outputs, written and read between runs', async () => {
    await using session = await create(twoInputs())
    using a = OrtValue.allocate('float32', [3], 'webgpu')
    using sum = OrtValue.allocate('float32', [3], 'webgpu')
    using binding = session.createIoBinding({ a, b: onDevice([1, 2, 3]) }, { outputs: { sum } })
    for (let i = 0; i < 10; ++i) {
      a.write(floats(i, i, i))
      await run(binding)
      expect(sum.read()).toEqual(floats(i + 1, i + 2, i + 3))
      expect(binding.outputs.prod).toEqual(floats(i, 2 * i, 3 * i))
    }
    expect(take(binding, 'sum')).toBe(sum)
    await expectError(() => binding.outputs.sum, 'ERR_NOT_SUPPORTED')
    await expectError(() => binding.inputs.a, 'ERR_NOT_SUPPORTED')
    const [first, second] = binding.copyOutputsToCpu() as Tensor[]
    expect([first!.location, first!.data]).toEqual(['cpu', floats(10, 11, 12)])
    expect([second!.location, second!.data]).toEqual(['cpu', floats(9, 18, 27)])
  })

  test('is allocated by ONNX Runtime for outputs of each run', async () => {
    await using session = await create(double())
    using binding = session.ioBinding()
    binding.bindOutput('y', 'webgpu')
    const kept: OrtValue[] = []
    for (const length of [1, 3, 5, 0, 3, 1000]) {
      binding.bindCpuInput('x', float32(new Float32Array(length).fill(length)))
      await run(binding)
      const y = take(binding, 'y')
      expect(y).toMatchObject({ location: 'webgpu', deviceId: 0, dims: [length] })
      kept.push(y)
    }
    for (const y of kept) expect(y.read()).toEqual(new Float32Array(y.size).fill(2 * y.size))
    binding.bindOutput('y')
    await run(binding)
    expect(take(binding, 'y').location).toBe('cpu')
    expect(binding.outputs.y).toEqual(new Float32Array(1000).fill(2000))
  })

  test('chains two sessions without a copy on the host', async () => {
    await using first = await create(mlp())
    await using second = await create(mlp())
    const x = pseudoRandom(2 * 128)
    using head = first.createIoBinding({ x: [2, 128] }, { outputs: {} })
    head.bindOutput('y', 'webgpu')
    using tail = second.ioBinding()
    tail.bindOutput('y')
    for (let i = 0; i < 3; ++i) {
      head.inputs.x.set(x.map((each) => each * (i + 1)))
      await run(head)
      const between = take(head, 'y')
      expect(between.location).toBe('webgpu')
      tail.bindOrtValueInput('x', between)
      await run(tail)
      const hidden = between.read() as Float32Array
      const { y } = await second.run({ x: new Tensor('float32', hidden, [2, 128]) })
      expect(tail.outputs.y).toEqual(y!.data)
    }
  })

  test('is one value of two sessions, bound once', async () => {
    await using first = await create(twoInputs())
    await using second = await create(double())
    using between = OrtValue.allocate('float32', [2], 'webgpu')
    using head = first.createIoBinding({ a: [2], b: [2] }, { outputs: { sum: between }, fetches: ['sum'] })
    using tail = second.createIoBinding({ x: between })
    head.inputs.b.set([10, 20])
    for (let i = 0; i < 20; ++i) {
      head.inputs.a.fill(i)
      await run(head)
      await run(tail)
      expect(tail.outputs.y).toEqual(floats(2 * (i + 10), 2 * (i + 20)))
    }
  })

  test('updates state in place', async () => {
    await using session = await create(counter())
    using state = OrtValue.allocate('float32', [1], 'webgpu')
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 0; i < 30; ++i) await run(binding)
    expect(state.read()).toEqual(floats(30))
    state.write(floats(-5))
    await run(binding)
    expect(state.read()).toEqual(floats(-4))
  })

  test('is state that ONNX Runtime allocates, bound as the next input', async () => {
    await using session = await create(counter())
    using binding = session.ioBinding()
    binding.bindOrtValueInput('state', onDevice([0]))
    binding.bindOutput('new_state', 'webgpu')
    for (let i = 0; i < 30; ++i) {
      await run(binding)
      binding.bindOrtValueInput('state', take(binding, 'new_state'))
    }
    expect(take(binding, 'new_state').read()).toEqual(floats(30))
  })

  test('is one value of several inputs and of two bindings', async () => {
    await using session = await create(twoInputs())
    using both = onDevice([3, 4])
    using one = session.createIoBinding({ a: both, b: both })
    using other = session.createIoBinding({ a: both, b: [2] })
    other.inputs.b.set([1, 1])
    await Promise.all([run(one), run(other)])
    expect([one.outputs.sum, one.outputs.prod]).toEqual([floats(6, 8), floats(9, 16)])
    expect([other.outputs.sum, other.outputs.prod]).toEqual([floats(4, 5), floats(3, 4)])
  })

  test('holds scalars and empty tensors', async () => {
    await using session = await createMixed(identity('float32'))
    for (const [data, dims] of [
      [[7], []],
      [[], [0]],
      [[], [2, 0, 3]],
    ] as const) {
      for (const x of [onDevice(data, dims), OrtValue.fromTensor(float32(data, dims))]) {
        for (const where of ['cpu', 'webgpu'] as const) {
          using binding = session.ioBinding()
          binding.bindOrtValueInput('x', x)
          binding.bindOutput('y', where)
          await run(binding)
          const [y] = binding.getOutputs()
          expect(y).toMatchObject({ dims, location: where })
          expect(y!.read()).toEqual(floats(...data))
        }
      }
    }
  })
})

test('device values can be unbound and bound again', async () => {
  await using session = await create(oneNode())
  using binding = session.ioBinding()
  for (let i = 0; i < 5; ++i) {
    binding.bindOrtValueInput('x', onDevice([i]))
    binding.bindOutput('y', 'webgpu')
    binding.runSync()
    const y = take(binding, 'y')
    binding.clearBindingOutputs()
    binding.clearBindingInputs()
    await expectError(() => binding.runSync(), 'ERR_MISSING_INPUT')
    expect(y.read()).toEqual(floats(i + 1))
  }
})

test('device memory that a run reads can be read, and memory that it writes is busy', async () => {
  await using session = await create(mlp())
  using x = OrtValue.allocate('float32', [8, 128], 'webgpu')
  using y = OrtValue.allocate('float32', [8, 128], 'webgpu')
  using binding = session.createIoBinding({ x }, { outputs: { y } })
  const host = OrtValue.allocate('float32', [8, 128])
  const pending = binding.run()
  const data = new Float32Array(1024)
  const refused = [
    () => x.write(data),
    () => host.copyTo(x),
    () => y.read(),
    () => y.write(data),
    () => y.copyTo(host),
    () => y.toTensor().getData(),
  ]
  await Promise.all([
    ...refused.map((call) => expectError(call, 'ERR_BUSY')),
    x.toTensor().getData(),
    pending,
  ])
  expect(x.read()).toEqual(data)
  x.write(data.fill(1))
  expect(y.read()).not.toEqual(data)
})
