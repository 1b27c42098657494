import { type InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, it } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { slowLoop } from '../helpers/model-builder.mjs'

const bind = (session: InferenceSession, y: OrtValue) => {
  const io = session.createIoBinding({ trips: [], x: [96, 96] }, { outputs: { y } })
  io.inputs.trips[0] = 200n
  return io
}

it('memory that a run in flight writes is refused to other runs and to readers', async () => {
  await using one = await createSession(slowLoop())
  await using two = await createSession(slowLoop())
  const memory = new Float32Array(96 * 96)
  const y = OrtValue.wrap('float32', memory, [96, 96])
  const overlapping = OrtValue.wrap('float32', memory, [96, 96])
  const first = bind(one, y)
  const others = [bind(one, overlapping), bind(two, y), bind(two, overlapping)]
  const run = first.run()
  for (const other of others) {
    await expectError(() => other.run(), 'ERR_BUSY', { says: "output 'y'" })
    if (isNative) await expectError(() => other.runSync(), 'ERR_BUSY', { says: "output 'y'" })
  }
  for (const use of [() => y.read(), () => y.data, () => y.write(memory), () => overlapping.read()])
    await expectError(use, 'ERR_BUSY')
  const trips = new Tensor('int64', [1n], [])
  await expectError(() => two.run({ trips, x: y }), 'ERR_BUSY')
  const target = new Tensor('float32', memory, [96, 96])
  await expectError(
    () => two.run({ trips, x: OrtValue.allocate('float32', [96, 96]) }, { y: target }),
    'ERR_BUSY',
  )
  const after = one.run({ trips, x: y }) // in order, behind the writer
  await run
  await after
  expect(y.read()).toHaveLength(96 * 96)
  for (const other of others) await other.run()
})

it.runIf(isNative)(
  'refuses the elements of a sequence while a run in flight writes the memory of one',
  async () => {
    await using session = await createSession(slowLoop(), { inlineRunBelowUs: 0 })
    const [x, y] = [0, 1].map(() => OrtValue.allocate('float32', [96, 96]))
    const [readOnly, written] = [[x!], [x!, y!]].map((elements) => OrtValue.sequence(elements))
    const binding = session.createIoBinding({ trips: [], x: x! }, { outputs: { y: y! } })
    binding.inputs.trips![0] = 10n
    const run = binding.run()
    expect(readOnly!.elements()).toHaveLength(1)
    await expectError(() => written!.elements(), 'ERR_BUSY')
    await run
    expect(written!.elements()).toHaveLength(2)
  },
)
