// Outputs whose shape the user does not give: the one that the model declares may not be the one that a run gives.
import { type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { twoInputs, wrongShapeDeclared } from '../helpers/model-builder.mjs'
import {
  branches,
  firstElements,
  oneWrong,
  stateful,
  threeDeclared,
  transposed,
  twice,
} from '../helpers/shape-models.mjs'
import { float32 } from '../helpers/values.ts'

const create = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })
const floats = (...values: number[]) => Float32Array.from(values)
const count = (binding: IoBinding, name: string, n: number) => {
  ;(binding.inputs[name] as BigInt64Array)[0] = BigInt(n)
}

describe.each(runForms)('an output with a wrong declared shape, by %s', (_form, run) => {
  const cases: [string, Uint8Array, number[], number[], number[]][] = [
    ['[batch] gives [2]', twice(), [1], [1, 1], [2]],
    ['[batch] gives [6]', twice(), [3], [1, 2, 3, 1, 2, 3], [6]],
    ['[1, 3] gives [1, 5]', threeDeclared(), [1, 5], [1, 2, 3, 4, 5], [1, 5]],
    ['[1, 3] gives [2, 1]', threeDeclared(), [2, 1], [1, 2], [2, 1]],
    ['[1, 3] gives nothing', threeDeclared(), [0, 3], [], [0, 3]],
    ['[2, 3] gives [3, 2]', transposed(), [2, 3], [1, 4, 2, 5, 3, 6], [3, 2]],
  ]

  test.each(cases)('has the right result: %s', async (_title, model, shape, result, dims) => {
    await using session = await create(model)
    using binding = session.createIoBinding({ x: shape })
    const early = { outputs: binding.outputs, view: binding.outputs.y, value: binding.outputValue('y')! }
    expect(early.view).toHaveLength(early.value.size)
    binding.inputs.x.forEach((_, i) => {
      binding.inputs.x[i] = i + 1
    })
    for (let i = 0; i < 3; i++) {
      await run(binding)
      expect(binding.outputs.y).toEqual(Float32Array.from(result))
      expect(early.outputs.y).toBe(binding.outputs.y)
      expect(binding.outputValue('y')!.dims).toEqual(dims)
      expect(binding.getOutputs()[0]!.dims).toEqual(dims)
      expect(binding.copyOutputsToCpu()[0]!.data).toEqual(Float32Array.from(result))
    }
    if (isNative) expect(early.view).toHaveLength(0)
    await expectError(() => early.value.data, 'ERR_DISPOSED', { says: ["'y'", `[${dims.join(', ')}]`] })
  })

  test('does not disturb the other outputs', async () => {
    await using session = await create(oneWrong())
    using binding = session.createIoBinding({ x: [2] })
    const { right } = binding.outputs
    const value = binding.outputValue('right')
    for (let i = 1; i < 4; i++) {
      binding.inputs.x.fill(-i)
      await run(binding)
      expect(binding.outputs.right).toBe(right)
      expect(binding.outputValue('right')).toBe(value)
      expect(right).toEqual(floats(i, i))
      expect(binding.outputs.wrong).toEqual(floats(-i, -i, -i, -i))
    }
  })

  test('is right if the shape was right in the runs before', async () => {
    await using session = await create(wrongShapeDeclared())
    using binding = session.createIoBinding({ x: [3], shape: [1] })
    binding.inputs.x.set([1, 2, 3])
    count(binding, 'shape', 3)
    await run(binding)
    expect(binding.outputs.y).toEqual(floats(1, 2, 3))

    await using slices = await create(firstElements())
    using slice = slices.createIoBinding({ x: [3], end: [1] })
    slice.inputs.x.set([1, 2, 3])
    const { y } = slice.outputs
    for (const end of [3, 3, 1, 3, 0, 2]) {
      count(slice, 'end', end)
      await run(slice)
      expect(slice.outputs.y).toEqual(floats(1, 2, 3).slice(0, end))
      if (end === 3 && slice.outputs.y === y) expect(y).toEqual(floats(1, 2, 3))
    }
  })

  test('is right in the branches of an If', async () => {
    await using session = await create(branches())
    using binding = session.createIoBinding({ x: [1], double: [] })
    binding.inputs.x[0] = 5
    for (const double of [0, 1, 0, 1]) {
      binding.inputs.double[0] = double
      await run(binding)
      expect(binding.outputs.y).toEqual(double ? floats(5, 5) : floats(5))
    }
  })

  test('is right if an input of another shape is bound', async () => {
    await using session = await create(twoInputs())
    using binding = session.createIoBinding({ a: [2], b: [2] })
    await run(binding)
    for (const n of [3, 2, 1]) {
      for (const name of ['a', 'b'])
        binding.bindOrtValueInput(name, OrtValue.wrap('float32', new Float32Array(n).fill(n), [n]))
      await run(binding)
      expect(binding.outputs.sum).toEqual(new Float32Array(n).fill(2 * n))
      expect(binding.outputs.prod).toEqual(new Float32Array(n).fill(n * n))
    }
  })

  test('fails if the user gave the shape', async () => {
    await using session = await create(oneWrong())
    const value = OrtValue.allocate('float32', [2])
    for (const wrong of [[2], value]) {
      using binding = session.createIoBinding({ x: [2] }, { outputs: { wrong } })
      const { right } = binding.outputs
      for (let i = 0; i < 2; i++) {
        await expectError(() => run(binding), 'ERR_OUTPUT_SHAPE', { says: ["'dynamic'", '[4]', '[2]'] })
      }
      expect(binding.outputValue('wrong')!.dims).toEqual([2])
      binding.bindOutput('wrong')
      binding.inputs.x.fill(3)
      await run(binding)
      expect(binding.outputs.right).toBe(right)
      expect(right).toEqual(floats(3, 3))
      expect(binding.outputs.wrong).toEqual(floats(3, 3, 3, 3))
    }
  })

  test('fails if the user bound memory in place of the default', async () => {
    await using session = await create(twice())
    using binding = session.createIoBinding({ x: [1] })
    binding.bindOrtValueOutput('y', OrtValue.allocate('float32', [1]))
    await expectError(() => run(binding), 'ERR_OUTPUT_SHAPE')
    binding.bindOrtValueOutput('y', OrtValue.allocate('float32', [2]))
    binding.inputs.x.fill(4)
    await run(binding)
    expect(binding.outputs.y).toEqual(floats(4, 4))
  })

  const states: [isFirst: boolean, inPlace: 'copy' | 'alias'][] = [
    [true, 'copy'],
    [false, 'copy'],
    [true, 'alias'],
    [false, 'alias'],
  ]

  test.each(states)('steps a state in place once; written first: %s; %s', async (isFirst, inPlace) => {
    await using session = await create(stateful(isFirst))
    for (const end of [3, 2]) {
      const state = OrtValue.wrap('float32', floats(10), [1])
      const options = { outputs: { new_state: state }, inPlace }
      using binding = session.createIoBinding({ x: [3], end: [1], state }, options)
      binding.inputs.x.set([1, 2, 3])
      count(binding, 'end', end)
      const { y } = binding.outputs
      for (let i = 1; i < 4; i++) {
        await run(binding)
        expect(state.data).toEqual(floats(10 + i))
        expect(binding.outputs.y).toEqual(floats(1, 2, 3).slice(0, end))
      }
      expect(binding.outputs.y === y).toBe(end === 3)
    }
  })

  test.each(states)(
    'steps a state in place once where two arrays share the memory; written first: %s; %s',
    async (isFirst, inPlace) => {
      await using session = await create(stateful(isFirst))
      const array = floats(0, 10)
      using binding = session.createIoBinding(
        { x: [3], end: [1], state: OrtValue.wrap('float32', array.subarray(1), [1]) },
        { outputs: { new_state: OrtValue.wrap('float32', array.subarray(1), [1]) }, inPlace },
      )
      count(binding, 'end', 1)
      for (let i = 1; i < 4; i++) {
        await run(binding)
        expect(array).toEqual(floats(0, 10 + i))
        expect(binding.outputs.y).toHaveLength(1)
      }
    },
  )

  test.each(states)(
    'steps a state in place once if the shape was right before; written first: %s; %s',
    async (isFirst, inPlace) => {
      await using session = await create(stateful(isFirst))
      const state = OrtValue.wrap('float32', floats(10), [1])
      const options = { outputs: { new_state: state }, inPlace }
      using binding = session.createIoBinding({ x: [3], end: [1], state }, options)
      count(binding, 'end', 3)
      await run(binding)
      count(binding, 'end', 2)
      if (inPlace === 'alias') {
        await expectError(() => run(binding), 'ERR_OUTPUT_SHAPE', { says: ["'y'", 'Write the state again'] })
        state.data[0] = 11
      }
      await run(binding)
      expect(state.data).toEqual(floats(12))
      expect(binding.outputs.y).toHaveLength(2)
    },
  )

  test('is dynamic in the later bindings of the session, unless they give its shape', async () => {
    await using session = await create(oneWrong())
    using first = session.createIoBinding({ x: [1] })
    await run(first)
    using second = session.createIoBinding({ x: [2] })
    expect(second.outputs.right).toHaveLength(2)
    expect(second.outputs.wrong).toBeUndefined()
    using third = session.createIoBinding({ x: [2] }, { outputs: { wrong: [4] } })
    expect(third.outputs.wrong).toHaveLength(4)
    for (const binding of [second, third]) {
      binding.inputs.x.set([3, 4])
      await run(binding)
      expect(binding.outputs.wrong).toEqual(floats(3, 4, 3, 4))
    }
  })

  test('is not dynamic in later bindings if only an input of another shape was bound', async () => {
    await using session = await create(twoInputs())
    using first = session.createIoBinding({ a: [2], b: [2] })
    for (const name of ['a', 'b']) first.bindCpuInput(name, float32([1]))
    await run(first)
    expect(first.outputs.sum).toEqual(floats(2))
    using second = session.createIoBinding({ a: [2], b: [2] })
    expect(second.outputs.sum).toHaveLength(2)
  })

  test('keeps bindings of one session apart', async () => {
    await using session = await create(oneWrong())
    const bindings = [1, 2, 3, 4].map((n) => session.createIoBinding({ x: [n] }))
    for (let round = 0; round < 2; round++) {
      bindings.forEach(({ inputs }, i) => {
        inputs.x.fill(i + 1)
      })
      await Promise.all(bindings.map((binding) => run(binding)))
      bindings.forEach(({ outputs }, i) => {
        expect(outputs.right).toEqual(new Float32Array(i + 1).fill(i + 1))
        expect(outputs.wrong).toEqual(new Float32Array(2 * (i + 1)).fill(i + 1))
      })
    }
    for (const binding of bindings) binding.dispose()
  })

  test('can be dynamic from the start', async () => {
    await using session = await create(twice())
    using binding = session.createIoBinding({ x: [1] }, { outputs: { y: 'dynamic' } })
    expect(binding.outputs.y).toBeUndefined()
    await run(binding)
    expect(binding.outputs.y).toHaveLength(2)
  })
})
