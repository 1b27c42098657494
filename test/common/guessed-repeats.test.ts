// Outputs whose shape the user does not give: the one that the model declares may not be the one that a run gives.
import { type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession, onDevice } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { firstElements, twice } from '../helpers/shape-models.mjs'

const create = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })
const floats = (...values: number[]) => Float32Array.from(values)
const count = (binding: IoBinding, name: string, n: number) => {
  ;(binding.inputs[name] as BigInt64Array)[0] = BigInt(n)
}

test('a run of a binding is refused while another one is being repeated', async () => {
  await using session = await createSession(twice(), { logSeverityLevel: 4, inlineRunBelowUs: 0 })
  using binding = session.createIoBinding({ x: [1] })
  const first = binding.run()
  await expectError(() => binding.run(), 'ERR_BUSY')
  await expectError(() => binding.outputs.y, 'ERR_BUSY')
  await first
  expect(binding.outputs.y).toHaveLength(2)
})

if (isNative) {
  test('a run with a signal is repeated as well', async () => {
    await using session = await create(twice())
    using binding = session.createIoBinding({ x: [1] })
    await binding.run({ signal: new AbortController().signal })
    expect(binding.outputs.y).toHaveLength(2)
  })

  test('a run that uploads nothing is repeated with the same inputs', async () => {
    await using session = await create(firstElements())
    using binding = session.createIoBinding({ x: [2], end: [1] })
    binding.inputs.x.set([1, 2])
    count(binding, 'end', 2)
    await binding.run()
    count(binding, 'end', 1)
    binding.inputs.x.fill(9)
    await binding.run({ upload: ['end'] })
    expect(binding.outputs.y).toEqual(onDevice ? floats(1) : floats(9))
  })

  const overtaking: [string, (binding: IoBinding) => Promise<void> | void][] = [
    ['a run', (binding) => binding.run()],
    ['a runSync that waits for it', (binding) => binding.runSync()],
  ]
  test.each(overtaking)('a run is not repeated behind %s that writes what it read', async (_, run) => {
    await using session = await createSession(twice(), { logSeverityLevel: 4, inlineRunBelowUs: 0 })
    const [state, x] = [4, 2].map((n) => OrtValue.allocate('float32', [n]))
    state!.write(floats(1, 1, 1, 1))
    x!.write(floats(2, 2))
    using binding = session.createIoBinding({ x: state! })
    using later = session.createIoBinding({ x: x! }, { outputs: { y: state! } })
    const first = binding.run()
    const done = run(later)
    await expectError(() => first, 'ERR_OUTPUT_SHAPE', { says: 'a later run uses the same memory' })
    await done
    await binding.run()
    expect(binding.outputs.y).toEqual(floats(2, 2, 2, 2, 2, 2, 2, 2))
  })
}
