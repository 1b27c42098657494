import {
  type EpDevice,
  getEpDevices,
  InferenceSession,
  OrtValue,
  registerExecutionProviderLibrary,
  unregisterExecutionProviderLibrary,
} from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, pseudoRandom } from '../helpers/model-builder.mjs'
import { expectTensor, float32 } from '../helpers/values.ts'
import { findWheels } from './wheels.mjs'

// OpenVINO as a plugin of onnxruntime-node's library. It lists the devices of Intel's hardware only.

const PROVIDER = 'OpenVINOExecutionProvider'
const wheels = findWheels()
const hasIntel = getEpDevices().some(({ hardware }) => hardware.type === 'cpu' && hardware.vendor === 'Intel')
const reason = 'reason' in wheels ? wheels.reason : undefined
const noRuns = reason ?? (hasIntel ? undefined : "OpenVINO's plugin runs on Intel's CPUs only")

describe.skipIf(reason !== undefined)(`OpenVINO's plugin${reason ? ` (skipped: ${reason})` : ''}`, () => {
  test('is registered and unregistered under any name, as often as one likes', async () => {
    if ('reason' in wheels) return
    for (const name of ['a', 'b', 'a']) {
      const devices = await registerExecutionProviderLibrary(name, wheels.openVino)
      expect(devices.some(({ hardware }) => hardware.type === 'cpu')).toBe(hasIntel)
      expect(devices.every(({ provider }) => provider.startsWith(PROVIDER))).toBe(true)
      await unregisterExecutionProviderLibrary(name)
      expect(getEpDevices().some(({ provider }) => provider === PROVIDER)).toBe(false)
    }
  })

  test('has devices that the machine does not have, and a device of an unregistered plugin is refused', async () => {
    if ('reason' in wheels) return
    const devices = await registerExecutionProviderLibrary('x.virtual', wheels.openVino)
    const npu = devices.filter(({ hardware }) => hardware.type === 'npu')
    expect(npu.length).toBeGreaterThan(0)
    expect(npu[0]!.metadata.ov_device).toBe('NPU')
    const several = { executionProviders: [PROVIDER] }
    await expectError(() => InferenceSession.create(mlp(), several), 'ERR_INVALID_ARG_VALUE', {
      says: ['several devices', 'getEpDevices()'],
    })
    await unregisterExecutionProviderLibrary('x.virtual')
    const gone = { executionProviders: [{ name: PROVIDER, devices: npu.slice(0, 1) }] }
    await expectError(() => InferenceSession.create(mlp(), gone), 'ERR_INVALID_ARG_VALUE', {
      says: 'unregistered',
    })
  })
})

describe.skipIf(noRuns !== undefined)(
  `OpenVINO's plugin on the CPU${noRuns ? ` (skipped: ${noRuns})` : ''}`,
  () => {
    let devices: readonly EpDevice[]
    beforeAll(async () => {
      if ('reason' in wheels) return
      const all = await registerExecutionProviderLibrary('openvino', wheels.openVino)
      devices = all.filter(({ provider, hardware }) => provider === PROVIDER && hardware.type === 'cpu')
    })
    afterAll(() => unregisterExecutionProviderLibrary('openvino'))

    test('gives the results of the CPU provider, and stays registered meanwhile', async () => {
      const x = float32(pseudoRandom(2 * 128, 7), [2, 128])
      await using cpu = await InferenceSession.create(mlp())
      const { y } = await cpu.run({ x })
      const expected = { type: 'float32', dims: [2, 128], data: y!.data as Float32Array }
      await using session = await InferenceSession.create(mlp(), {
        executionProviders: [{ name: 'openvino', devices }, 'cpu'],
      })
      expect(session.executionProviders).toEqual(['openvino', 'cpu'])
      expectTensor((await session.run({ x })).y, expected)
      using io = session.createIoBinding({ x: OrtValue.fromTensor(x) })
      io.runSync()
      expectTensor(io.outputValue('y'), expected)
      await expectError(() => unregisterExecutionProviderLibrary('openvino'), 'ERR_BUSY', {
        says: "'openvino'",
      })
    })

    // ONNX Runtime copies an input into the plugin's memory when it is bound.
    test.each(runForms)('reads what is written to a bound input, by %s', async (_form, run) => {
      await using cpu = await InferenceSession.create(mlp())
      await using session = await InferenceSession.create(mlp(), {
        executionProviders: [{ name: 'openvino', devices }, 'cpu'],
      })
      using io = session.createIoBinding({ x: [2, 128] })
      const wrapped = OrtValue.wrap('float32', new Float32Array(2 * 128), [2, 128])
      for (const [seed, input] of [io.inputValue('x')!, io.inputValue('x')!, wrapped, wrapped].entries()) {
        if (input === wrapped) io.bindOrtValueInput('x', wrapped)
        input.write(pseudoRandom(2 * 128, seed))
        await run(io)
        const x = float32(pseudoRandom(2 * 128, seed), [2, 128])
        const { y } = await cpu.run({ x })
        expectTensor(io.outputValue('y'), { type: 'float32', dims: [2, 128], data: y!.data as Float32Array })
      }
      const state = io.outputValue('y')!
      io.bindOrtValueInput('x', state)
      const [first] = [await cpu.run({ x: float32([...(state.read() as Float32Array)], [2, 128]) })]
      await run(io)
      expectTensor(io.outputValue('y'), {
        type: 'float32',
        dims: [2, 128],
        data: first!.y!.data as Float32Array,
      })
    })
  },
)
