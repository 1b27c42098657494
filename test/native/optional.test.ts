import { OrtValue, type RunValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { cpuDescribe, createSession } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import {
  identity,
  model,
  node,
  optionalType,
  sequenceType,
  tensorType,
  value,
} from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

const tensor = tensorType('float32', [null])
const types = { tensor: optionalType(tensor), sequence: optionalType(sequenceType(tensor)) }

/** y = an optional without a value. */
const empty = () =>
  model({
    inputs: [],
    outputs: [value('y', types.tensor)],
    nodes: [node('Optional', [], ['y'], { type: tensor })],
    opset: 18,
  })

/** y = x, and whether x has a value. */
const pass = (type: object) =>
  model({
    inputs: [value('x', type)],
    outputs: [value('y', type), value('has', 'bool', [])],
    nodes: [node('Identity', ['x'], ['y']), node('OptionalHasElement', ['x'], ['has'])],
    opset: 18,
  })

const has = (result: RunValue) => (result as { data: Uint8Array }).data[0] === 1

cpuDescribe('the CPU has the kernels')('an optional', () => {
  test('is an OrtValue without a value if it is an output without one', async () => {
    await using session = await createSession(empty())
    for (let i = 0; i < 5; i++) {
      const { y } = await session.run<OrtValue>({})
      expect(y).toBeInstanceOf(OrtValue)
      expect(y).toMatchObject({ hasValue: false, kind: 'optional', dims: [] })
      await expectError(() => y!.data, 'ERR_TYPE_MISMATCH')
      expect(y!.elements()).toEqual([])
    }
  })

  test.each(runForms)('can be an output of a binding, by %s', async (_, run) => {
    await using session = await createSession(empty())
    using io = session.createIoBinding()
    await run(io)
    expect(io.getOutputs()[0]!.hasValue).toBe(false)
    expect(io.outputValue('y')!.hasValue).toBe(false)
    expect((io.copyOutputsToCpu()[0] as OrtValue).hasValue).toBe(false)
  })

  test.each(Object.entries(types))(
    'can be an input of type %s that is omitted, null, or empty',
    async (_, type) => {
      await using session = await createSession(pass(type))
      const omitted: Record<string, null>[] = [{}, { x: null }, { x: undefined as never }]
      for (const feeds of omitted) {
        const { y, has: given } = await session.run<RunValue>(feeds)
        expect((y as OrtValue).hasValue).toBe(false)
        expect(has(given!)).toBe(false)
        const again = await session.run<RunValue>({ x: y! })
        expect(has(again.has!)).toBe(false)
      }
    },
  )

  test('is an output with a value if the input has one', async () => {
    await using session = await createSession(pass(types.tensor))
    const { y, has: given } = await session.run({ x: float32([1, 2]) })
    expect(y!.data).toEqual(Float32Array.of(1, 2))
    expect(has(given!)).toBe(true)
    await using sequences = await createSession(pass(types.sequence))
    const x = OrtValue.sequence([OrtValue.fromTensor(float32([3]))])
    const result = await sequences.run<RunValue>({ x })
    expect(has(result.has!)).toBe(true)
    expect((result.y as OrtValue).elements()[0]!.data).toEqual(Float32Array.of(3))
  })

  test.each(runForms)(
    'can be an input of a binding that is not bound, null, or bound to an empty value: %s',
    async (_, run) => {
      await using session = await createSession(pass(types.tensor))
      const { y } = await session.run<OrtValue>({})
      for (const inputs of [{}, { x: null }, { x: y! }]) {
        using io = session.createIoBinding(inputs)
        await run(io)
        expect(io.outputs.has).toEqual(Uint8Array.of(0))
        io.bindOrtValueInput('x', OrtValue.fromTensor(float32([4])))
        await run(io)
        expect(io.outputs.has).toEqual(Uint8Array.of(1))
        expect(io.outputs.y).toEqual(Float32Array.of(4))
        io.bindOrtValueInput('x', y!)
        await run(io)
        expect(io.outputs.has).toEqual(Uint8Array.of(0))
        expect(io.outputValue('y')!.hasValue).toBe(false)
      }
    },
  )

  test('is refused without a value if the model needs one', async () => {
    await using session = await createSession(empty())
    const { y } = await session.run<OrtValue>({})
    await using needs = await createSession(identity('float32', [1]))
    await expectError(() => needs.run({ x: y! }), 'ERR_TYPE_MISMATCH', { says: "'x'" })
    await expectError(() => needs.createIoBinding({ x: y! }), 'ERR_TYPE_MISMATCH')
    await expectError(() => needs.run({ x: null }), 'ERR_INVALID_ARG_TYPE', { says: "'x'" })
  })
})
