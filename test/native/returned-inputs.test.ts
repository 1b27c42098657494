// Results that are an input: ONNX Runtime gives the input itself, which later runs may write.
import { InferenceSession, OrtValue, type Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { model, node, value } from '../helpers/model-builder.mjs'

/** Outputs x, and y = x + x. */
const returned = (type: string) =>
  model({
    inputs: [value('x', type, [2])],
    outputs: [value('x', type, [2]), value('y', type, [2])],
    nodes: type === 'string' ? [node('StringConcat', ['x', 'x'], ['y'])] : [node('Add', ['x', 'x'], ['y'])],
    opset: 20,
    irVersion: 9,
  })

const types = {
  float32: { make: () => Float32Array.of(1, 2), once: [1, 2], twice: [2, 4] },
  string: { make: () => ['a', 'b'], once: ['a', 'b'], twice: ['aa', 'bb'] },
}

for (const [type, { make, once, twice }] of Object.entries(types)) {
  const open = async () => {
    const session = await InferenceSession.create(returned(type), { inlineRunBelowUs: 0 })
    const state = OrtValue.allocate(type as 'float32', [2])
    state.write(make() as Float32Array)
    const step = session.createIoBinding({ x: state }, { outputs: { y: state }, fetches: ['y'] })
    return { session, state, step }
  }

  test(`an allocated output of ${type} is its input as it was at the end of the run`, async () => {
    const { session, state, step } = await open()
    const io = session.createIoBinding({ x: state }, { outputs: { x: 'dynamic' }, fetches: ['x'] })
    await Promise.all([io.run(), step.run()])
    expect([...io.outputValue('x')!.read()]).toEqual(once)
    expect([...state.read()]).toEqual(twice)
    await session.release()
  })

  test(`a result of session.run of ${type} is its feed as it was at the end of the run`, async () => {
    const { session, state, step } = await open()
    const [results] = await Promise.all([session.run<Tensor>({ x: state }, ['x']), step.run()])
    expect([...(results.x!.data as Float32Array)]).toEqual(once)
    expect([...state.read()]).toEqual(twice)
    await session.release()
  })
}
