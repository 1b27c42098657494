import {
  type EpDevice,
  getEpDevices,
  InferenceSession,
  OrtValue,
  registerExecutionProviderLibrary,
  unregisterExecutionProviderLibrary,
} from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { mlp, pseudoRandom } from '../helpers/model-builder.mjs'
import { expectTensor, float32 } from '../helpers/values.ts'
import { findWheels } from '../plugins/wheels.mjs'
import { double } from './webgpu.ts'

// The WebGPU provider as a plugin, beside onnxruntime-node's own. It runs on GPUs that ONNX Runtime lists, which SwiftShader is
// not.

const wheels = findWheels()
const reason = 'reason' in wheels ? wheels.reason : undefined
const PROVIDER = 'WebGpuExecutionProvider'
const isGpu = ({ provider, hardware }: EpDevice) =>
  provider === PROVIDER && hardware.metadata.is_virtual === undefined
const noRuns =
  reason ??
  (getEpDevices().some(({ hardware }) => hardware.type === 'gpu') ? undefined : 'ONNX Runtime lists no GPU')

test.skipIf(reason !== undefined)(
  `a device that the machine does not have is listed, and runs nothing${reason ? ` (skipped: ${reason})` : ''}`,
  async () => {
    if ('reason' in wheels) return
    const devices = await registerExecutionProviderLibrary('webgpu.virtual', wheels.webGpu)
    const virtual = devices.filter(({ hardware }) => hardware.metadata.is_virtual === '1')
    expect(virtual).toMatchObject([{ provider: PROVIDER, vendor: 'Microsoft', hardware: { type: 'gpu' } }])
    await expectError(
      () => InferenceSession.create(mlp(), { executionProviders: [{ name: PROVIDER, devices: virtual }] }),
      /^ERR_ORT_/,
      { says: 'virtual' },
    )
    await unregisterExecutionProviderLibrary('webgpu.virtual')
  },
)

describe.skipIf(noRuns !== undefined)(`WebGPU's plugin${noRuns ? ` (skipped: ${noRuns})` : ''}`, () => {
  let devices: readonly EpDevice[]

  beforeAll(async () => {
    if ('reason' in wheels) return
    devices = (await registerExecutionProviderLibrary('webgpu', wheels.webGpu)).filter(isGpu).slice(0, 1)
  })

  const create = (bytes: Uint8Array) =>
    InferenceSession.create(bytes, {
      executionProviders: [{ name: PROVIDER, devices }],
      logSeverityLevel: 3,
    })

  test('runs in device memory, in session.run and on the bound path', async () => {
    const x = float32(pseudoRandom(2 * 128, 7), [2, 128])
    await using cpu = await InferenceSession.create(mlp())
    const { y } = await cpu.run({ x })
    const expected = { type: 'float32', dims: [2, 128], data: y!.data as Float32Array }
    await using session = await create(mlp())
    expect(session.executionProviders).toEqual(['webgpu'])
    expect(session.device).toEqual({ name: PROVIDER, id: devices[0]!.id })
    expectTensor((await session.run({ x })).y, expected)
    using io = session.createIoBinding({ x: OrtValue.fromTensor(x) })
    io.runSync()
    expectTensor(io.outputValue('y'), expected)
    await io.run()
    expectTensor(io.outputValue('y'), expected)
  })

  test('has values in its memory, which other devices refuse', async () => {
    await using session = await create(double())
    const { name, id } = session.device
    using x = OrtValue.allocate('float32', [3], name, id)
    using y = OrtValue.allocate('float32', [3], name, id)
    x.write(Float32Array.of(1, 2, 3))
    expect(x.location).toBe(name)
    using io = session.ioBinding()
    io.bindOrtValueInput('x', x)
    io.bindOrtValueOutput('y', y)
    await io.run()
    expect(y.read()).toEqual(Float32Array.of(2, 4, 6))
    y.copyTo(x)
    io.runSync()
    expect(y.read()).toEqual(Float32Array.of(4, 8, 12))
    await using builtIn = await InferenceSession.create(double(), { executionProviders: ['webgpu'] })
    using other = builtIn.ioBinding()
    await expectError(() => other.bindOrtValueInput('x', x), 'ERR_DEVICE_MISMATCH')
    await expectError(() => OrtValue.allocate('float32', [3], name, id + 1), 'ERR_INVALID_ARG_VALUE')
  })

  test('runs sessions in turn with those of the built-in provider', async () => {
    const sessions = await Promise.all([
      create(double()),
      create(double()),
      InferenceSession.create(double(), { executionProviders: ['webgpu'] }),
    ])
    const runs = Array.from({ length: 30 }, async (_, i) => {
      const { y } = await sessions[i % 3]!.run({ x: float32([i]) })
      expect(y!.data).toEqual(Float32Array.of(2 * i))
    })
    await Promise.all(runs)
    for (const session of sessions) await session.release()
  })

  test('stays registered, since its memory does', async () => {
    await expectError(() => unregisterExecutionProviderLibrary('webgpu'), 'ERR_BUSY')
    await expectError(() => registerExecutionProviderLibrary('webgpu', 'x.so'), 'ERR_INVALID_ARG_VALUE', {
      says: "'webgpu'",
    })
  })
})
