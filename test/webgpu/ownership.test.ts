import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, pseudoRandom, slowLoop, twoInputs, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { create, createMixed, floats, onDevice } from './webgpu.ts'

test('results of session.run outlive a release() during the run', async () => {
  const feeds = { x: float32(pseudoRandom(128), [1, 128]) }
  await using reference = await InferenceSession.create(mlp())
  const expected = (await reference.run(feeds)).y!.data as Float32Array
  for (let i = 0; i < 10; i++) {
    const session = await create(mlp(), { preferredOutputLocation: 'gpu-buffer' })
    const pending = session.run(feeds)
    const released = session.release()
    const { y } = await pending
    await released
    const data = (await y!.getData()) as Float32Array
    for (const [at, number] of expected.entries()) expect(data[at]).toBeCloseTo(number, 4)
    y!.dispose()
  }
})

test('a capture fails while its session is released and the device is locked', async () => {
  await using other = await create(mlp())
  const busy = other.createIoBinding({ x: [64, 128] })
  let stop = false
  const loop = (async () => {
    while (!stop) await busy.run()
  })()
  for (let i = 0; i < 10; i++) {
    const session = await create(mlp(), { enableGraphCapture: true })
    const binding = session.createIoBinding({ x: [2, 128] }, { outputs: { y: 'dynamic' } })
    const captured = binding.capture()
    const released = session.release()
    await expectError(() => captured, 'ERR_GRAPH_CAPTURE')
    await released
  }
  stop = true
  await loop
})

test('sequences consist of host memory', async () => {
  using there = onDevice([1, 2])
  await expectError(() => OrtValue.sequence([there]), 'ERR_NOT_SUPPORTED')
})

const passthrough = () =>
  model({
    inputs: [value('x', 'float32', [64])],
    outputs: [value('x', 'float32', [64]), value('z', 'float32', [64])],
    nodes: [node('Neg', ['x'], ['z'])],
  })

test.each([
  [
    'bound again',
    (binding: ReturnType<InferenceSession['ioBinding']>, other: OrtValue) =>
      binding.bindOrtValueInput('x', other),
  ],
  ['cleared', (binding: ReturnType<InferenceSession['ioBinding']>) => binding.clearBindingInputs()],
])(
  'an output that is an input is correct if the input is %s before the output is read',
  async (_name, change) => {
    await using session = await create(passthrough())
    const [x, other] = [OrtValue.allocate('float32', [64]), OrtValue.allocate('float32', [64])]
    x.data.fill(3)
    other.data.fill(9)
    const binding = session.ioBinding()
    binding.bindOrtValueInput('x', x)
    binding.bindOutput('x', 'webgpu')
    binding.bindOutput('z', 'webgpu')
    binding.runSync()
    change(binding, other)
    // These would reuse the memory of the device copy.
    const others = Array.from({ length: 8 }, () => onDevice(new Float32Array(64).fill(7)))
    const output = binding.outputValue('x')!
    expect(output.location).toBe('webgpu')
    expect(output.read()).toEqual(new Float32Array(64).fill(3))
    for (const one of others) one.dispose()
  },
)

test('copies can read one value together, and a run cannot write it meanwhile', async () => {
  await using session = await create(twoInputs())
  const binding = session.ioBinding()
  const sum = OrtValue.allocate('float32', [2], 'webgpu')
  binding.bindOrtValueInput('a', onDevice([1, 2]))
  binding.bindOrtValueInput('b', onDevice([3, 4]))
  binding.bindOrtValueOutput('sum', sum)
  binding.runSync()
  const reads = [sum.toTensor().getData(), sum.toTensor().getData()]
  await expectError(() => binding.run(), 'ERR_BUSY', { says: ["'sum'", 'copied'] })
  expect(await Promise.all(reads)).toEqual([floats(4, 6), floats(4, 6)])
  await binding.run()
  expect(sum.read()).toEqual(floats(4, 6))
})

// ONNX Runtime holds a lock of the session for as long as a run takes; a call that waits for it here would never let the
// abort through.
test('an endless run blocks neither bindings nor metadata, and can be canceled', async () => {
  await using session = await createMixed(slowLoop(), { logSeverityLevel: 4 })
  const binding = session.createIoBinding()
  binding.inputs.trips[0] = 10n ** 12n
  const controller = new AbortController()
  const pending = binding.run({ signal: controller.signal })
  await new Promise((resolve) => setTimeout(resolve, 100))
  session.createIoBinding().dispose()
  expect(session.modelMetadata.producerName).toBeTypeOf('string')
  await expectError(() => session.endProfiling(), 'ERR_BUSY')
  controller.abort()
  await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
})
