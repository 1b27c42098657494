// Outputs whose memory is a guess, and cannot take the result of the run in which ONNX Runtime allocated them.
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, slowLoop, tensor, value } from '../helpers/model-builder.mjs'
import { stateful } from '../helpers/shape-models.mjs'

const floats = (...values: number[]) => Float32Array.from(values)
const create = (bytes: Uint8Array) => createSession(bytes, { logSeverityLevel: 4, inlineRunBelowUs: 0 })

/** new_state = state + 1, y = |x| and w = -x. */
const twoOutputs = () =>
  model({
    inputs: [value('x', 'float32', ['n', 96]), value('state', 'float32', [1])],
    outputs: [
      value('new_state', 'float32', [1]),
      value('y', 'float32', ['n', 96]),
      value('w', 'float32', ['n', 96]),
    ],
    nodes: [
      node('Add', ['state', 'one'], ['new_state']),
      node('Abs', ['x'], ['y']),
      node('Neg', ['x'], ['w']),
    ],
    initializers: [tensor('one', 'float32', [1], [1])],
  })

/** The first run of a state that is an alias has the other outputs allocated. */
async function aliased() {
  const session = await create(twoOutputs())
  const state = OrtValue.wrap('float32', floats(10), [1])
  const io = session.createIoBinding(
    { x: [96, 96], state },
    { outputs: { new_state: state }, inPlace: 'alias' },
  )
  io.inputs.x.fill(3)
  return { session, state, io }
}

test('an output that is disposed of meanwhile is allocated from then on', async () => {
  const { session, state, io } = await aliased()
  await using _ = session
  const { outputs } = io
  const running = io.run()
  io.outputValue('y')!.dispose()
  await running
  for (const step of [11, 12]) {
    expect(state.data).toEqual(floats(step))
    expect([io.outputs.y[95], outputs.w[95]]).toEqual([3, -3])
    await io.run()
  }
})

test.runIf(isNative)('outputs are right again after their memory was in use', async () => {
  const { session, io } = await aliased()
  await using _ = session
  // On the CPU: on WebGPU it would keep the device, and the run could wait for it without an end.
  await using other = await InferenceSession.create(slowLoop(), { logSeverityLevel: 4, inlineRunBelowUs: 0 })
  using reader = other.createIoBinding({ trips: [], x: io.outputValue('y')! })
  reader.inputs.trips[0] = 10n ** 12n
  const controller = new AbortController()
  const refused = expectError(() => io.run(), 'ERR_BUSY', { says: 'in flight reads' })
  const reading = reader.run({ signal: controller.signal })
  await refused
  await expectError(() => io.getOutputs(), 'ERR_INVALID_ARG_VALUE', { says: 'no results' })
  controller.abort()
  await expect(reading).rejects.toThrow()
  await io.run()
  expect([io.outputs.y[95], io.outputs.w[95]]).toEqual([3, -3])
})

test('an output whose memory is bound to another output meanwhile is allocated from then on', async () => {
  await using session = await create(
    model({
      inputs: [value('x', 'float32', ['n']), value('end', 'int64', [1]), value('state', 'float32', [1])],
      outputs: ['new_state', 'y', 'w'].map((name) =>
        value(name, 'float32', name === 'new_state' ? [1] : ['n']),
      ),
      nodes: [
        node('Add', ['state', 'one'], ['new_state']),
        node('Slice', ['x', 'zero', 'end'], ['y']),
        node('Slice', ['x', 'zero', 'end'], ['w']),
      ],
      initializers: [tensor('one', 'float32', [1], [1]), tensor('zero', 'int64', [1], [0n])],
    }),
  )
  const state = OrtValue.wrap('float32', floats(10), [1])
  using io = session.createIoBinding(
    { x: [2], end: [1], state },
    { outputs: { new_state: state }, inPlace: 'alias' },
  )
  io.inputs.x.set([1, 2])
  io.inputs.end[0] = 2n
  await io.run()
  io.inputs.end[0] = 1n
  await expectError(() => io.run(), 'ERR_OUTPUT_SHAPE')
  io.bindOrtValueOutput('w', io.outputValue('y')!)
  io.inputs.end[0] = 2n
  await expectError(() => io.run(), 'ERR_MEMORY_OVERLAP')
  io.inputs.x.set([3, 4])
  await io.run()
  expect([io.outputs.y, io.outputs.w]).toEqual([floats(3, 4), floats(3, 4)])
})

test.each(runForms)(
  'a run is repeated if an alias shares an ArrayBuffer, but no bytes, with its input, by %s',
  async (_form, run) => {
    await using session = await createSession(stateful(), { logSeverityLevel: 4 })
    const memory = floats(10, 0)
    const [state, next] = [0, 1].map((i) => OrtValue.wrap('float32', memory.subarray(i, i + 1), [1]))
    using io = session.createIoBinding(
      { x: [3], end: [1], state: state! },
      { outputs: { new_state: next! }, inPlace: 'alias' },
    )
    for (const end of [3n, 2n]) {
      io.inputs.end[0] = end
      await run(io)
      expect(io.outputs.y).toHaveLength(Number(end))
      expect(memory).toEqual(floats(10, 11))
    }
  },
)
