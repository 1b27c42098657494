// What a model says that its types and dimensions mean.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, tensorType, value } from '../helpers/model-builder.mjs'
import { pythonTest, runPython } from '../helpers/python.ts'
import { float32 } from '../helpers/values.ts'

/** y = |x|, an image of a batch of any size */
const image = () => {
  const type = {
    tensorType: {
      elemType: 1,
      shape: {
        dim: [{ dimParam: 'n', denotation: 'DATA_BATCH' }, { denotation: 'DATA_CHANNEL' }, { dimValue: 2 }],
      },
    },
    denotation: 'IMAGE',
  }
  return model({
    inputs: [value('x', type), value('z', tensorType('float32', ['m']))],
    outputs: [value('y', tensorType('float32', ['n', 'c', 2]))],
    nodes: [node('Abs', ['x'], ['y'])],
  })
}
const overrides = { DATA_BATCH: 3, DATA_CHANNEL: 1, IN_NO_MODEL: 7 }

describe.runIf(isNative)('denotations', () => {
  test('of types are in the types of inputs and outputs, where the model has them', async () => {
    await using session = await InferenceSession.create(image())
    expect(session.inputTypes.map(({ denotation }) => denotation)).toEqual(['IMAGE', undefined])
    expect('denotation' in session.outputTypes[0]!).toBe(false)
  })

  test('of dimensions give them sizes', async () => {
    const options = { freeDimensionOverridesByDenotation: overrides }
    await using session = await InferenceSession.create(image(), options)
    expect(session.inputTypes[0]!.shape).toEqual([3, 1, 2])
    const x = float32([1, -2, 3, -4, 5, -6], [3, 1, 2])
    expect((await session.run({ x, z: float32([0]) }, ['y'])).y!.data).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 6),
    )
    using io = session.createIoBinding({ z: [1] })
    expect(io.inputValue('x')!.dims).toEqual([3, 1, 2])
  })

  pythonTest('by denotation fix the same dimensions in Python', () => {
    const dir = mkdtempSync(join(tmpdir(), 'denotations-'))
    const file = join(dir, 'model.onnx')
    writeFileSync(file, image())
    const program = `
options = ort.SessionOptions()
for name, size in json.loads(args[1]).items(): options.add_free_dimension_override_by_denotation(name, size)
print(json.dumps([i.shape for i in ort.InferenceSession(args[0], options).get_inputs()]))`
    expect(runPython(program, file, JSON.stringify(overrides))).toEqual([[3, 1, 2], ['m']])
    rmSync(dir, { recursive: true })
  })
})

test.each([
  [3, 'ERR_INVALID_ARG_TYPE'],
  [{ DATA_BATCH: -1 }, 'ERR_INVALID_ARG_VALUE'],
  [{ 'a\0b': 1 }, 'ERR_INVALID_ARG_VALUE'],
] as const)('freeDimensionOverridesByDenotation of %j is refused', async (given, code) => {
  const options = { freeDimensionOverridesByDenotation: given as unknown as Record<string, number> }
  await expectError(() => InferenceSession.create(image(), options), code)
})

describe('useDeterministicCompute', () => {
  test.each([true, false])('is an option of a session: %s', async (useDeterministicCompute) => {
    const create = () => InferenceSession.create(image(), { useDeterministicCompute })
    if (!isNative) {
      await expectError(create, 'ERR_NOT_SUPPORTED', { says: 'useDeterministicCompute' })
      return
    }
    await using session = await create()
    expect((await session.run({ x: float32([-1, 2], [1, 1, 2]), z: float32([0]) })).y!.data).toEqual(
      Float32Array.of(1, 2),
    )
  })

  test('must be a boolean, or absent', async () => {
    const create = (given: unknown) =>
      InferenceSession.create(image(), { useDeterministicCompute: given as boolean })
    await expectError(() => create(1), 'ERR_INVALID_ARG_TYPE', { says: 'useDeterministicCompute' })
    await using session = await create(null)
    expect(session.inputNames).toEqual(['x', 'z'])
  })
})

test.skipIf(isNative)('denotations are refused by onnxruntime-node, which ignores them', async () => {
  const create = () => InferenceSession.create(image(), { freeDimensionOverridesByDenotation: overrides })
  await expectError(create, 'ERR_NOT_SUPPORTED', { says: 'freeDimensionOverridesByDenotation' })
})
