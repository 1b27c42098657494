import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine'
import { expectError } from '../helpers/errors'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'

const says = ['cannot allocate']
const int64 = (...values: bigint[]) => new Tensor('int64', BigInt64Array.from(values), [values.length])

/** Models whose output has as many elements as their input says. */
const constantOfShape = () =>
  model({
    inputs: [value('n', 'int64', [1])],
    outputs: [value('y', 'float32', [null])],
    nodes: [node('ConstantOfShape', ['n'], ['y'])],
  })
const expand = () =>
  model({
    inputs: [value('n', 'int64', [1])],
    outputs: [value('y', 'float32', [null])],
    nodes: [node('Expand', ['one', 'n'], ['y'])],
    initializers: [tensor('one', 'float32', [1], [1])],
  })

describe.each([
  ['with the arena', true],
  ['without the arena', false],
])('a tensor that does not fit into memory, %s', (_, enableCpuMemArena) => {
  const options = { enableCpuMemArena, logSeverityLevel: 4 } as const

  describe.each([
    ['ConstantOfShape', constantOfShape],
    ['Expand', expand],
  ])('of %s', (_op, build) => {
    test.each([10n ** 12n, 10n ** 15n])('is ERR_OUT_OF_MEMORY in session.run: %s elements', async (n) => {
      await using session = await InferenceSession.create(build(), options)
      await expectError(() => session.run({ n: int64(n) }), 'ERR_OUT_OF_MEMORY', { says })
      const { y } = await session.run({ n: int64(3n) })
      expect(y!.size).toBe(3)
    })

    test.each(runForms)('is ERR_OUT_OF_MEMORY in a binding: %s', async (_form, run) => {
      await using session = await InferenceSession.create(build(), options)
      const io = session.createIoBinding({ n: [1] }, { outputs: { y: 'dynamic' } })
      io.inputs.n!.fill((10n ** 12n) as never)
      await expectError(async () => run(io), 'ERR_OUT_OF_MEMORY', { says })
      io.inputs.n!.fill(3n as never)
      await run(io)
      expect(io.outputs.y).toHaveLength(3)
    })
  })

  test('is ERR_OUT_OF_MEMORY in the run of a model whose constants do not fold', async () => {
    const folded = model({
      inputs: [value('x', 'float32', [1])],
      outputs: [value('y', 'float32', [1])],
      nodes: [
        node('ConstantOfShape', ['n'], ['t']),
        node('ReduceSum', ['t'], ['s'], { keepdims: 1 }),
        node('Add', ['x', 's'], ['y']),
      ],
      initializers: [tensor('n', 'int64', [1], [10n ** 12n])],
    })
    await using session = await InferenceSession.create(folded, options)
    const x = new Tensor('float32', [1], [1])
    await expectError(() => session.run({ x }), 'ERR_OUT_OF_MEMORY', { says })
  })
})

test('a tensor with more bytes than there are addresses is ERR_OUT_OF_MEMORY', async () => {
  await using session = await InferenceSession.create(constantOfShape(), { logSeverityLevel: 4 })
  await expectError(() => session.run({ n: int64(2n ** 62n) }), 'ERR_OUT_OF_MEMORY')
})
