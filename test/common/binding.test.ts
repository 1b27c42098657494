import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { counter, mlp, nonZero, oneNode, twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

// Without the log of the runs that fail, which they shall.
const create = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })
const floats = (...values: number[]) => Float32Array.from(values)

describe.each(runForms)('a binding of createIoBinding, by %s', (_form, run) => {
  test('has the same input and output arrays in each run', async () => {
    await using session = await create(twoInputs())
    using binding = session.createIoBinding({ a: [3], b: [3] })
    const { inputs, outputs } = binding
    const { a, b } = inputs
    const { sum, prod } = outputs
    expect([Object.keys(inputs), Object.keys(outputs)]).toEqual([
      ['a', 'b'],
      ['sum', 'prod'],
    ])
    b!.set([4, 5, 6] as never)
    for (let i = 0; i < 20; ++i) {
      a!.fill(i as never)
      expect(await run(binding)).toBeUndefined()
      expect(sum).toEqual(floats(i + 4, i + 5, i + 6))
      expect(prod).toEqual(floats(i * 4, i * 5, i * 6))
      expect(binding.inputs).toBe(inputs)
      expect(binding.outputs).toBe(outputs)
      expect([binding.inputs.a, binding.outputs.sum]).toEqual([a, sum])
      expect(binding.outputs.sum).toBe(sum)
    }
    expect(binding.inputValue('a')!.data).toBe(a)
    expect(binding.outputValue('sum')!.data).toBe(sum)
    expect(binding.getOutputs().map((value) => value.data)).toEqual([sum, prod])
  })

  test('needs no shapes that the model declares', async () => {
    await using session = await create(oneNode())
    using binding = session.createIoBinding()
    expect(binding.outputs.y).toEqual(floats(0))
    await run(binding)
    expect(binding.outputs.y).toEqual(floats(1))
  })

  test('derives output shapes from input shapes', async () => {
    await using session = await create(mlp())
    for (const batch of [1, 4]) {
      using binding = session.createIoBinding({ x: [batch, 128] })
      expect(binding.outputs.y).toHaveLength(batch * 128)
      binding.inputs.x!.fill(0.5 as never)
      await run(binding)
      const { y } = await session.run({ x: float32(new Float32Array(batch * 128).fill(0.5), [batch, 128]) })
      expect(binding.outputs.y).toEqual(y!.data)
    }
  })

  test('has a new array for a dynamic output after each run, and keeps the previous one intact', async () => {
    await using session = await create(nonZero())
    using binding = session.createIoBinding({ x: [4] })
    expect(binding.outputs.y).toBeUndefined()
    expect(binding.outputValue('y')).toBeUndefined()
    const earlier: unknown[] = []
    for (let i = 0; i < 5; ++i) {
      binding.inputs.x!.fill(0 as never).fill(1 as never, i)
      await run(binding)
      expect(binding.outputValue('y')!.dims).toEqual([1, Math.max(4 - i, 0)])
      expect(binding.outputs.y).toBe(binding.outputs.y)
      earlier.push(binding.outputs.y)
    }
    expect(earlier).toEqual([
      BigInt64Array.of(0n, 1n, 2n, 3n),
      BigInt64Array.of(1n, 2n, 3n),
      BigInt64Array.of(2n, 3n),
      BigInt64Array.of(3n),
      BigInt64Array.of(),
    ])
  })

  test('binds the fetches only, to the given memory', async () => {
    await using session = await create(twoInputs())
    using prod = OrtValue.allocate('float32', [2])
    using binding = session.createIoBinding({ a: [2], b: [2] }, { fetches: ['prod'], outputs: { prod } })
    binding.inputs.a!.set([2, 3] as never)
    binding.inputs.b!.set([5, 7] as never)
    await run(binding)
    expect(Object.keys(binding.outputs)).toEqual(['prod'])
    expect(prod.data).toEqual(floats(10, 21))
    expect(binding.outputValue('prod')).toBe(prod)
    expect(binding.outputValue('sum')).toBeUndefined()
    expect(binding.getOutputs()).toEqual([prod])
  })

  test('updates state in place', async () => {
    await using session = await create(counter())
    using state = OrtValue.allocate('float32', [1])
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 1; i <= 20; ++i) {
      await run(binding)
      expect(state.data).toEqual(floats(i))
    }
    expect(binding.inputs.state).toBe(binding.outputs.new_state)
  })
})

describe.each(runForms)("a binding in Python's form, by %s", (_form, run) => {
  test('works line by line as in Python', async () => {
    await using session = await create(twoInputs())
    using binding = session.ioBinding()
    using b = OrtValue.fromTensor(float32([4, 5]))
    binding.bindCpuInput('a', float32([1, 2]))
    binding.bindOrtValueInput('b', b)
    // In another order than the model's.
    binding.bindOutput('prod')
    using sum = OrtValue.allocate('float32', [2])
    binding.bindOrtValueOutput('sum', sum)
    await run(binding)
    const outputs = binding.getOutputs()
    expect(outputs.map((value) => value.data)).toEqual([floats(4, 10), floats(5, 7)])
    expect(outputs[1]).toBe(sum)
    const copies = binding.copyOutputsToCpu() as Tensor[]
    expect(copies.map((tensor) => [tensor.constructor, tensor.data])).toEqual([
      [Tensor, floats(4, 10)],
      [Tensor, floats(5, 7)],
    ])
    b.write(floats(0, 0))
    await run(binding)
    expect(sum.data).toEqual(floats(1, 2))
    expect(copies.map(({ data }) => data)).toEqual([floats(4, 10), floats(5, 7)])
  })

  test('copies the data in bindCpuInput', async () => {
    await using session = await create(oneNode())
    using binding = session.ioBinding()
    const x = float32([1])
    binding.bindCpuInput('x', x)
    binding.bindOutput('y')
    ;(x.data as Float32Array)[0] = 100
    await run(binding)
    expect(binding.outputs.y).toEqual(floats(2))
  })

  test('binds inputs and outputs again, in other shapes', async () => {
    await using session = await create(twoInputs())
    using binding = session.ioBinding()
    binding.bindOutput('sum')
    for (const length of [1, 3, 0, 2]) {
      const given = float32(new Float32Array(length).fill(length))
      binding.bindCpuInput('a', given)
      binding.bindCpuInput('b', given)
      await run(binding)
      expect(binding.outputs.sum).toEqual(new Float32Array(length).fill(2 * length))
      // Memory for the next run alone, then ONNX Runtime's again.
      using sum = OrtValue.allocate('float32', [length])
      binding.bindOrtValueOutput('sum', sum)
      await run(binding)
      expect(binding.outputs.sum).toBe(sum.data)
      expect(sum.data).toEqual(new Float32Array(length).fill(2 * length))
      binding.bindOutput('sum')
    }
  })

  test('swaps two values between input and output', async () => {
    await using session = await create(counter())
    using binding = session.ioBinding()
    const values = [OrtValue.allocate('float32', [1]), OrtValue.allocate('float32', [1])]
    for (let i = 0; i < 6; ++i) {
      binding.bindOrtValueInput('state', values[i % 2]!)
      binding.bindOrtValueOutput('new_state', values[(i + 1) % 2]!)
      await run(binding)
    }
    expect(values.map(({ data }) => data)).toEqual([floats(6), floats(5)])
    for (const value of values) value.dispose()
  })

  test('unbinds with clearBindingInputs and clearBindingOutputs', async () => {
    await using session = await create(twoInputs())
    using binding = session.ioBinding()
    const bindInputs = () => {
      binding.bindCpuInput('a', float32([1]))
      binding.bindCpuInput('b', float32([2]))
    }
    bindInputs()
    binding.bindOutput('sum')
    await run(binding)
    binding.clearBindingOutputs()
    expect(binding.outputs).toEqual({})
    await expectError(() => binding.getOutputs(), 'ERR_INVALID_ARG_VALUE')
    binding.bindOutput('prod')
    await run(binding)
    expect(binding.copyOutputsToCpu()).toHaveLength(1)
    expect(binding.outputs.prod).toEqual(floats(2))
    binding.clearBindingInputs()
    expect(binding.inputs).toEqual({})
    await expectError(() => run(binding), 'ERR_MISSING_INPUT', { says: "'a'" })
    bindInputs()
    await run(binding)
    expect(binding.outputs.prod).toEqual(floats(2))
  })
})

if (!isNative) {
  test('onnxruntime-node cannot run synchronously', async () => {
    await using session = await create(oneNode())
    using binding = session.createIoBinding()
    await expectError(() => binding.runSync(), 'ERR_NOT_SUPPORTED', { says: 'runSync' })
    await binding.run()
    expect(binding.outputs.y).toEqual(floats(1))
  })
}
