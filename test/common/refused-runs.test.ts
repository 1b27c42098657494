// What a binding holds of its last run after a call that did not begin one.
import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { nonZero, slowLoop, twoInputs } from '../helpers/model-builder.mjs'

const create = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })
const floats = (...values: number[]) => Float32Array.from(values)

describe.each(runForms)('a run that is refused, by %s', (_form, run) => {
  test('leaves dynamic outputs of the last run, read before or not', async () => {
    await using session = await create(nonZero())
    using binding = session.createIoBinding({ x: [3] })
    binding.inputs.x.set([1, 0, 1])
    await run(binding)
    binding.clearBindingInputs()
    await expectError(() => run(binding), 'ERR_MISSING_INPUT')
    expect(binding.outputs.y).toEqual(BigInt64Array.of(0n, 2n))
    const [y] = binding.getOutputs()
    await expectError(() => run(binding), 'ERR_MISSING_INPUT')
    expect(binding.getOutputs()).toEqual([y])
    expect(binding.outputs.y).toEqual(BigInt64Array.of(0n, 2n))
  })

  test('leaves the outputs of bound values, for an input that was disposed', async () => {
    await using session = await create(twoInputs())
    using a = OrtValue.allocate('float32', [2])
    using binding = session.createIoBinding({ a, b: [2] })
    a.data.set([1, 2])
    binding.inputs.b.set([3, 4])
    await run(binding)
    a.dispose()
    await expectError(() => run(binding), 'ERR_DISPOSED')
    expect(binding.getOutputs().map((value) => value.data)).toEqual([floats(4, 6), floats(3, 8)])
    expect(binding.copyOutputsToCpu()).toHaveLength(2)
  })
})

test('a run with an invalid option leaves the outputs', async () => {
  await using session = await create(nonZero())
  using binding = session.createIoBinding({ x: [2] })
  binding.inputs.x.fill(1)
  await binding.run()
  await expectError(() => binding.run({ upload: ['z'] }), 'ERR_UNKNOWN_INPUT')
  await expectError(() => binding.run({ nothing: 1 } as never), 'ERR_UNKNOWN_OPTION')
  expect(binding.getOutputs()).toHaveLength(1)
})

test('a second run in flight is refused, and the first has its results', async () => {
  await using session = await create(slowLoop())
  using binding = session.createIoBinding({ trips: [], x: [96, 96] })
  binding.inputs.trips[0] = 3n
  const first = binding.run()
  await expectError(() => binding.run(), 'ERR_BUSY')
  await first
  expect(binding.getOutputs()).toHaveLength(1)
})

if (isNative) {
  test('a run that is canceled while it is queued leaves the outputs', async () => {
    await using session = await create(slowLoop())
    using other = session.createIoBinding({ trips: [], x: [96, 96] })
    using binding = session.createIoBinding({ trips: [], x: [96, 96] }, { outputs: { y: 'dynamic' } })
    await binding.run()
    const { y } = binding.outputs
    other.inputs.trips[0] = 2000n
    const pending = other.run()
    const controller = new AbortController()
    const canceled = binding.run({ signal: controller.signal })
    controller.abort()
    await expect(canceled).rejects.toThrow('abort')
    expect(binding.outputs.y).toBe(y)
    await pending
  })

  test('a run that fails has no outputs, and says so', async () => {
    await using session = await create(nonZero())
    using binding = session.createIoBinding({ x: [2] }, { outputs: { y: [1, 1] } })
    binding.inputs.x.set([0, 1])
    binding.runSync()
    expect(binding.getOutputs()).toHaveLength(1)
    binding.inputs.x.set([1, 1])
    await expectError(() => binding.runSync(), 'ERR_OUTPUT_SHAPE')
    await expectError(() => binding.getOutputs(), 'ERR_INVALID_ARG_VALUE', { says: 'its last run failed' })
  })
}
