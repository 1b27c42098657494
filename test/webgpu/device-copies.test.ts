import { type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import {
  counter,
  identity,
  model,
  node,
  nonZero,
  tensor,
  twoInputs,
  value,
} from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { create, createMixed, double, floats, onDevice, passThrough } from './webgpu.ts'

const take = (binding: IoBinding, name: string) => binding.outputValue(name)!

describe.each(runForms)('host memory with a device copy, by %s', (_form, run) => {
  test('is written if an output is an input', async () => {
    await using session = await createMixed(passThrough())
    for (const given of ['host', 'device'] as const) {
      for (const where of ['cpu', 'webgpu'] as const) {
        using x = given === 'host' ? OrtValue.fromTensor(float32([1, 2])) : onDevice([1, 2])
        using binding = session.ioBinding()
        binding.bindOrtValueInput('x', x)
        binding.bindOutput('x', where)
        binding.bindOutput('y', where)
        await run(binding)
        const [same, twice] = binding.getOutputs()
        expect([same!.location, twice!.location]).toEqual([where, where])
        // Another run must not change what the first one gave.
        x.write(floats(5, 6))
        await run(binding)
        expect([same!.read(), twice!.read()]).toEqual([floats(1, 2), floats(2, 4)])
        expect(binding.getOutputs().map((each) => each.read())).toEqual([floats(5, 6), floats(10, 12)])
        // Nor must a write to the output reach the input.
        binding.getOutputs()[0]!.write(floats(0, 0))
        expect(x.read()).toEqual(floats(5, 6))
        await run(binding)
        expect(take(binding, 'y').read()).toEqual(floats(10, 12))
      }
    }
  })

  test('is written by Identity', async () => {
    await using session = await createMixed(identity('float32', ['n']))
    for (const target of [OrtValue.allocate('float32', [3]), OrtValue.allocate('float32', [3], 'webgpu')]) {
      using binding = session.createIoBinding({ x: [3] }, { outputs: { y: target } })
      for (let i = 0; i < 3; ++i) {
        binding.inputs.x.fill(i)
        await run(binding)
        expect(target.read()).toEqual(floats(i, i, i))
      }
    }
  })

  test('can have a size that is not a multiple of four bytes', async () => {
    for (const type of ['uint8', 'bool'] as const) {
      await using session = await createMixed(identity(type, ['n']))
      for (const length of [1, 2, 3, 5, 7, 0]) {
        const data = Uint8Array.from({ length }, (_, i) => (type === 'bool' ? i % 2 : 255 - i))
        using binding = session.createIoBinding({ x: [length] })
        binding.inputs.x.set(data)
        await run(binding)
        expect(binding.outputs.y).toEqual(data)
      }
    }
  })

  test('is read and written by each run if it is a wrapped array', async () => {
    await using session = await create(double())
    const [x, y] = [floats(1, 2), floats(0, 0)]
    using given = OrtValue.wrap('float32', x, [2])
    using taken = OrtValue.wrap('float32', y, [2])
    using binding = session.createIoBinding({ x: given }, { outputs: { y: taken } })
    for (let i = 0; i < 3; ++i) {
      x.fill(i)
      await run(binding)
      expect(y).toEqual(floats(2 * i, 2 * i))
    }
  })

  test('receives outputs whose shape depends on the data', async () => {
    await using session = await createMixed(nonZero())
    using binding = session.createIoBinding({ x: [4] })
    for (let i = 0; i < 4; ++i) {
      binding.inputs.x.fill(0).fill(1, i)
      await run(binding)
      expect(binding.outputs.y).toHaveLength(4 - i)
    }
  })

  test('is uploaded again if `upload` names the input', async () => {
    await using session = await create(twoInputs())
    using binding = session.createIoBinding({ a: [1], b: [1] })
    const { a, b } = binding.inputs
    const sum = async (upload?: readonly string[]) => {
      await (_form === 'run' ? binding.run({ upload }) : binding.runSync({ upload }))
      return (binding.outputs.sum as Float32Array)[0]
    }
    a[0] = 1
    b[0] = 10
    // The first run uploads everything, whatever `upload` lists.
    expect(await sum([])).toBe(11)
    a[0] = 2
    b[0] = 20
    expect(await sum([])).toBe(11)
    expect(await sum(['a'])).toBe(12)
    expect(await sum(['b'])).toBe(22)
    a[0] = 3
    expect(await sum()).toBe(23)
    // A newly bound value is uploaded.
    binding.bindCpuInput('a', float32([5]))
    expect(await sum([])).toBe(25)
    await expectError(() => sum(['c']), 'ERR_UNKNOWN_INPUT', { type: RangeError, says: ["'c'", 'upload'] })
    await expectError(() => sum('a' as unknown as string[]), 'ERR_INVALID_ARG_TYPE')
    expect(await sum(['a', 'b', 'a'])).toBe(25)
  })

  test('is uploaded again after a run that fails', async () => {
    await using session = await create(twoInputs(), { logSeverityLevel: 4 })
    using binding = session.createIoBinding({ a: [2], b: [3] })
    binding.inputs.a.set([1, 2])
    await expectError(() => run(binding), /^ERR_ORT_/)
    binding.inputs.a.set([3, 4])
    binding.bindCpuInput('b', float32([1, 1]))
    binding.bindOutput('sum')
    binding.bindOutput('prod')
    binding.runSync({ upload: [] })
    expect(binding.outputs.sum).toEqual(floats(4, 5))
  })

  test('is uploaded again if it holds state that the run has written', async () => {
    await using session = await create(counter())
    using state = OrtValue.allocate('float32', [1])
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 1; i <= 5; ++i) {
      binding.runSync({ upload: [] })
      expect(state.data).toEqual(floats(i))
    }
  })

  test('is uploaded again if it holds state that the CPU writes', async () => {
    const sums = model({
      inputs: [value('x', 'float32', [4])],
      outputs: [value('y', 'float32', [4]), value('z', 'float32', [4])],
      // The device computes z; it has no kernel for the sums.
      nodes: [node('Neg', ['x'], ['z']), node('CumSum', ['x', 'axis'], ['c']), node('Round', ['c'], ['y'])],
      initializers: [tensor('axis', 'int64', [1], [0n])],
    })
    await using session = await createMixed(sums)
    using state = OrtValue.fromTensor(float32([1, 1, 1, 1]))
    using binding = session.createIoBinding({ x: state }, { outputs: { y: state } })
    binding.runSync()
    binding.runSync({ upload: [] })
    expect(binding.outputs.z).toEqual(floats(-1, -2, -3, -4))
    expect(state.data).toEqual(floats(1, 3, 6, 10))
  })
})
