import { InferenceSession, type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { nonZero, oneNode, twoInputs, wrongShapeDeclared } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { create, createMixed, floats, onDevice } from './webgpu.ts'

const createGraphs = (model: Uint8Array) => create(model, { enableGraphCapture: true })

describe('a capture', () => {
  const rebinds: [string, (binding: IoBinding) => unknown][] = [
    ['bindOrtValueInput', (binding) => binding.bindOrtValueInput('x', onDevice([1]))],
    ['bindCpuInput', (binding) => binding.bindCpuInput('x', float32([1]))],
    ['bindOrtValueOutput', (binding) => binding.bindOrtValueOutput('y', onDevice([1]))],
    ['bindOutput', (binding) => binding.bindOutput('y')],
    ['clearBindingInputs', (binding) => binding.clearBindingInputs()],
    ['clearBindingOutputs', (binding) => binding.clearBindingOutputs()],
    ['capture', (binding) => binding.capture()],
  ]

  test.each(rebinds)('makes the binding refuse %s after it has ended', async (_name, call) => {
    await using session = await createGraphs(oneNode())
    using binding = session.createIoBinding()
    await binding.capture()
    await expectError(() => call(binding), 'ERR_GRAPH_CAPTURED')
    binding.inputs.x[0] = 4
    binding.runSync()
    expect(binding.outputs.y).toEqual(floats(5))
    expect(binding.captured).toBe(true)
  })

  const whileCapturing: [string, (binding: IoBinding) => unknown][] = [
    ...rebinds,
    ['run', (binding) => binding.run()],
    ['runSync', (binding) => binding.runSync()],
  ]

  test.each(whileCapturing)('makes the binding refuse %s until it has ended', async (_name, call) => {
    await using session = await createGraphs(oneNode())
    using binding = session.createIoBinding()
    const pending = binding.capture()
    await Promise.all([expectError(() => call(binding), 'ERR_BUSY'), pending])
    binding.inputs.x[0] = 4
    binding.runSync()
    expect(binding.outputs.y).toEqual(floats(5))
  })

  test('is refused on a session without enableGraphCapture, on the device and on the CPU', async () => {
    await using session = await create(oneNode())
    using binding = session.createIoBinding()
    await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: 'enableGraphCapture' })
    expect(binding.captured).toBe(false)
    await using onCpu = await InferenceSession.create(oneNode())
    using other = onCpu.createIoBinding()
    await expectError(() => other.capture(), 'ERR_GRAPH_CAPTURE')
    other.releaseCapture()
    await other.run()
    expect(other.outputs.y).toEqual(floats(1))
  })

  test('is refused if ONNX Runtime allocates an output', async () => {
    await using session = await createGraphs(twoInputs())
    for (const where of ['cpu', 'webgpu'] as const) {
      using binding = session.createIoBinding({ a: [1], b: [1] })
      binding.bindOutput('prod', where)
      await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: "'prod'" })
      binding.inputs.a[0] = 1
      await binding.run()
      expect(binding.outputs.sum).toEqual(floats(1))
      binding.bindOrtValueOutput('prod', OrtValue.allocate('float32', [1]))
      await binding.capture({ verify: true })
    }
  })

  test('is refused for a model with nodes on the CPU', async () => {
    const options = { enableGraphCapture: true, logSeverityLevel: 4 } as const
    for (const [model, shapes] of [
      [nonZero(), { x: [3] }],
      [wrongShapeDeclared(), { x: [2], shape: [1] }],
    ] as const) {
      await expectError(async () => {
        await using session = await createMixed(model, options)
        using binding = session.createIoBinding(shapes)
        await binding.capture()
      }, /^ERR_(GRAPH_CAPTURE|ORT_.+)$/)
    }
  })

  test('is refused with unbound inputs, and with unknown options', async () => {
    await using session = await createGraphs(oneNode())
    using binding = session.ioBinding()
    await expectError(() => binding.capture(), 'ERR_MISSING_INPUT')
    binding.bindCpuInput('x', float32([1]))
    await expectError(() => binding.capture(), 'ERR_MISSING_OUTPUT')
    binding.bindOrtValueOutput('y', OrtValue.allocate('float32', [1]))
    await expectError(() => binding.capture({ verfy: true } as object), 'ERR_UNKNOWN_OPTION')
    await expectError(() => binding.capture({ verify: 1 as never }), 'ERR_INVALID_ARG_TYPE')
    await binding.capture({ verify: true })
    binding.runSync()
    expect(binding.outputs.y).toEqual(floats(2))
  })

  test('is refused for a disposed binding and a released session, and does not replay disposed values', async () => {
    const session = await createGraphs(oneNode())
    const x = onDevice([1])
    using binding = session.createIoBinding({ x })
    await binding.capture()
    x.dispose()
    await expectError(() => binding.run(), 'ERR_DISPOSED')
    const other = session.createIoBinding()
    other.dispose()
    await expectError(() => other.capture(), 'ERR_DISPOSED')
    await session.release()
    await expectError(() => binding.capture(), 'ERR_DISPOSED')
    await expectError(() => binding.releaseCapture(), 'ERR_DISPOSED')
  })

  test('is refused if its run fails, and leaves no graph', async () => {
    await using session = await create(twoInputs(), { enableGraphCapture: true, logSeverityLevel: 4 })
    using binding = session.createIoBinding({ a: [2], b: [3] }, { outputs: { sum: [2], prod: [2] } })
    await expectError(() => binding.capture(), /^ERR_ORT_/)
    expect(binding.captured).toBe(false)
    binding.bindCpuInput('b', float32([1, 2]))
    await binding.capture({ verify: true })
    binding.inputs.a.set([3, 4])
    binding.runSync()
    expect(binding.outputs.sum).toEqual(floats(4, 6))
  })
})
