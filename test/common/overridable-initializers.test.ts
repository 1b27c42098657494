// Inputs that an initializer is the default of.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { pythonTest, runPython } from '../helpers/python.ts'
import { float32 } from '../helpers/values.ts'

/** y = x * weight + bias; both have defaults, and `fixed` is an initializer alone. */
const affine = (irVersion: number) =>
  model({
    inputs: [value('x', 'float32', ['n']), value('weight', 'float32', [1]), value('bias', 'float32', [1])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [
      node('Mul', ['x', 'weight'], ['product']),
      node('Add', ['product', 'bias'], ['sum']),
      node('Mul', ['sum', 'fixed'], ['y']),
    ],
    initializers: [
      tensor('weight', 'float32', [1], [10]),
      tensor('bias', 'float32', [1], [1]),
      tensor('fixed', 'float32', [1], [1]),
    ],
    irVersion,
  })

const x = float32([1, 2])

let session: InferenceSession
beforeAll(async () => {
  session = await createSession(affine(8))
})
afterAll(() => session.release())

test('inputNames has the inputs without a default', () => {
  expect(session.inputNames).toEqual(['x'])
  expect(session.inputMetadata).toMatchObject([{ name: 'x' }])
})

describe.runIf(isNative)('an initializer that can be overridden', () => {
  test('is listed with its type and shape', () => {
    expect(session.overridableInitializers).toEqual([
      { name: 'weight', isTensor: true, type: 'float32', shape: [1] },
      { name: 'bias', isTensor: true, type: 'float32', shape: [1] },
    ])
  })

  test('is fed by name, or is the default', async () => {
    const y = async (feeds: object) => (await session.run({ x, ...feeds })).y!.data
    for (let i = 0; i < 3; ++i) {
      expect(await y({})).toEqual(Float32Array.of(11, 21))
      expect(await y({ weight: float32([2]) })).toEqual(Float32Array.of(3, 5))
      expect(await y({ weight: null, bias: float32([0]) })).toEqual(Float32Array.of(10, 20))
      using bias = OrtValue.fromTensor(float32([5]))
      expect(await y({ weight: float32([2]), bias })).toEqual(Float32Array.of(7, 9))
    }
  })

  test('is checked as an input', async () => {
    await expectError(() => session.run({ x, weight: float32([1, 2]) }), 'ERR_SHAPE_MISMATCH', {
      says: 'weight',
    })
    using wrong = OrtValue.allocate('int64', [1])
    await expectError(() => session.run({ x, weight: wrong }), 'ERR_TYPE_MISMATCH', { says: 'weight' })
    await expectError(() => session.run({ x, fixed: float32([1]) }), 'ERR_UNKNOWN_INPUT', { says: 'weight' })
    await expectError(() => session.run({ weight: float32([1]) }), 'ERR_MISSING_INPUT', { says: "'x'" })
  })

  test.each(runForms)('is bound by name, or is the default: %s', async (_, run) => {
    using defaults = session.createIoBinding({ x: [2] })
    defaults.inputs.x.set([1, 2])
    await run(defaults)
    expect(defaults.outputs.y).toEqual(Float32Array.of(11, 21))
    expect(defaults.inputValue('weight')).toBeUndefined()

    using io = session.createIoBinding({ x: [2], weight: [1], bias: null })
    io.inputs.x.set([1, 2])
    for (const weight of [2, 3]) {
      io.inputs.weight[0] = weight
      await run(io)
      expect(io.outputs.y).toEqual(Float32Array.of(weight + 1, 2 * weight + 1))
    }
    using bias = OrtValue.fromTensor(float32([100]))
    io.bindOrtValueInput('bias', bias)
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(103, 106))
    bias.dispose()
    await expectError(() => run(io), 'ERR_DISPOSED', { says: 'bias' })

    io.clearBindingInputs()
    io.bindCpuInput('x', x)
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(11, 21))
  })

  test('is none in a model of IR version 3, whose initializers are constants', async () => {
    await using constants = await createSession(affine(3), { ignoreUnknownFeeds: false })
    expect(constants.inputNames).toEqual(['x'])
    expect(constants.overridableInitializers).toEqual([])
    expect((await constants.run({ x })).y!.data).toEqual(Float32Array.of(11, 21))
    await expectError(() => constants.run({ x, weight: float32([2]) }), 'ERR_UNKNOWN_INPUT')
  })

  pythonTest('gives what Python gives', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'overridable-'))
    const path = join(dir, 'model.onnx')
    writeFileSync(path, affine(8))
    const python = runPython(
      `session = ort.InferenceSession(args[0])
x = np.array([1, 2], np.float32)
y = session.run(None, {'x': x, 'weight': np.array([2], np.float32)})[0]
names = [one.name for one in session.get_overridable_initializers()]
print(json.dumps([[one.name for one in session.get_inputs()], names, y.tolist()]))`,
      path,
    )
    rmSync(dir, { recursive: true })
    const { y } = await session.run({ x, weight: float32([2]) })
    const names = session.overridableInitializers.map(({ name }) => name)
    expect([session.inputNames, names, [...(y!.data as Float32Array)]]).toEqual(python)
  })
})

describe.skipIf(isNative)('onnxruntime-node', () => {
  test('does not report initializers, and uses the model’s own', async () => {
    await expectError(() => session.overridableInitializers, 'ERR_NOT_SUPPORTED')
    expect((await session.run({ x, bias: null })).y!.data).toEqual(Float32Array.of(11, 21))
    using io = session.createIoBinding({ x: [2], weight: null })
    io.inputs.x.set([1, 2])
    await io.run()
    expect(io.outputs.y).toEqual(Float32Array.of(11, 21))
  })

  test('refuses a value for one, which it would ignore', async () => {
    const says = "'weight'"
    const weight = float32([2])
    const dir = mkdtempSync(join(tmpdir(), 'overridable-'))
    const path = join(dir, 'model.onnx')
    writeFileSync(path, affine(8))
    await using loaded = await createSession(path)
    rmSync(dir, { recursive: true })
    for (const one of [session, loaded]) {
      await expectError(() => one.run({ x, weight }), 'ERR_NOT_SUPPORTED', { says })
      await expectError(() => one.createIoBinding({ x: [2], weight: [1] }), 'ERR_NOT_SUPPORTED', { says })
    }
    await using constants = await createSession(affine(3))
    expect((await constants.run({ x, weight })).y!.data).toEqual(Float32Array.of(11, 21))
  })
})
