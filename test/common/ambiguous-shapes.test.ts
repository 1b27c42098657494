// Inputs that disagree on a dimension of one name: the error of ONNX Runtime's failure names the dimension.
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

const add = () =>
  model({
    inputs: [value('a', 'float32', ['n']), value('b', 'float32', ['n']), value('c', 'float32', ['n'])],
    outputs: [value('sum', 'float32', ['n'])],
    nodes: [node('Add', ['a', 'b'], ['ab']), node('Add', ['ab', 'c'], ['sum'])],
  })
// Without the log of the runs that fail, which they shall.
const create = () => createSession(add(), { logSeverityLevel: 4 })
const SAYS = ["'n' is 2 in 'a', 'c' and 3 in 'b'", 'shapes that agree']

describe.each(runForms)('a binding whose inputs disagree on a dimension, by %s', (_, run) => {
  test('names the dimension, with the error of ONNX Runtime as the cause', async () => {
    await using session = await create()
    using io = session.createIoBinding({ a: [2], b: [3], c: [2] }, { outputs: { sum: 'dynamic' } })
    const error = await expectError(() => run(io), /^ERR_ORT_/, { says: SAYS })
    expect(error.cause).toMatchObject({ code: error.code })
    // Nothing is in the way of the next.
    using good = session.createIoBinding({ a: [2], b: [2], c: [2] })
    await run(good)
    expect([...good.outputs.sum]).toEqual([0, 0])
  })
})

test('session.run names the dimension that the inputs disagree on', async () => {
  await using session = await create()
  const of = (size: number) => float32(new Float32Array(size).fill(1), [size])
  await expectError(() => session.run({ a: of(2), b: of(3), c: of(2) }), /^ERR_ORT_/, { says: SAYS })
  // Shapes that broadcasting makes fit are not an error: a model may intend them.
  const { sum } = await session.run({ a: of(2), b: of(1), c: of(2) })
  expect([...(sum!.data as Float32Array)]).toEqual([3, 3])
})
