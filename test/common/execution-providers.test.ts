import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

const create = (bytes: Uint8Array, options: unknown) =>
  InferenceSession.create(bytes, options as SessionOptions)

describe('executionProviders', () => {
  test.each([[[]], [['cpu']], [[{ name: 'cpu' }]], [['cpu', 'cuda', 'coreml']]])(
    '%j selects the CPU',
    async (executionProviders) => {
      await using session = await create(oneNode(), { executionProviders })
      expect(session.executionProviders).toEqual(['cpu'])
      expect(session.device).toEqual({ name: 'cpu', id: 0 })
    },
  )

  test('an unavailable provider is skipped with one warning', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    for (let i = 0; i < 2; ++i) {
      await using session = await create(oneNode(), {
        executionProviders: [{ name: 'tensorrt', deviceId: 0 }, 'cpu'],
      })
      expect(session.executionProviders).toEqual(['cpu'])
      expect((await session.run({ x: float32([1]) })).y!.data).toEqual(Float32Array.of(2))
    }
    await new Promise(setImmediate)
    process.off('warning', listen)
    expect(warnings).toMatchObject([
      { name: 'OnnxRuntimeIoBindingWarning', code: 'ERR_PROVIDER_UNAVAILABLE' },
    ])
    expect(warnings[0]!.message).toContain("'tensorrt'")
  })

  test.each([
    ['openvino', 'OpenVINOExecutionProvider', 'onnxruntime-ep-openvino'],
    ['qnn', 'QNNExecutionProvider', 'onnxruntime-qnn'],
    ['xnnpack', 'XnnpackExecutionProvider', '--use_xnnpack'],
    ['wasm', 'WasmExecutionProvider', 'onnxruntime-web'],
  ])("'%s' and '%s' are one provider, and name what has it", async (short, long, says) => {
    await expectError(
      () => create(oneNode(), { executionProviders: [short, long] }),
      'ERR_INVALID_ARG_VALUE',
      { says: 'more than once' },
    )
    for (const name of [short, long]) {
      const error = await expectError(
        () => create(oneNode(), { executionProviders: [name] }),
        'ERR_PROVIDER_UNAVAILABLE',
        { says: `'${short}'` },
      )
      if (isNative) expect(error.remedy).toContain(says)
    }
  })

  test.each<[object, string, string]>([
    [{ name: 'openvino', device_type: 'CPU' }, 'ERR_UNKNOWN_OPTION', 'options'],
    [{ name: 'openvino', options: { device_type: true } }, 'ERR_INVALID_ARG_TYPE', "'options.device_type'"],
    [{ name: 'openvino', options: { device_type: '' } }, 'ERR_INVALID_ARG_VALUE', "'options.device_type'"],
    [{ name: 'openvino', options: { '': '1' } }, 'ERR_INVALID_ARG_VALUE', "'options.'"],
    [{ name: 'openvino', options: 'CPU' }, 'ERR_INVALID_ARG_TYPE', "'options'"],
    [{ name: 'tensorrt', deviceId: -1 }, 'ERR_INVALID_ARG_VALUE', "'deviceId'"],
    [
      { name: 'tensorrt', options: { trt_cuda_graph_enable: '1' } },
      'ERR_NOT_SUPPORTED',
      'trt_cuda_graph_enable',
    ],
    [{ name: 'coreml', coreMlFlags: 0x40 }, 'ERR_INVALID_ARG_VALUE', "'coreMlFlags'"],
    [{ name: 'coreml', coreMlFlags: 0x05 }, 'ERR_INVALID_ARG_VALUE', 'compute units'],
    [{ name: 'qnn', backendType: 1 }, 'ERR_INVALID_ARG_TYPE', "'backendType'"],
    [{ name: 'qnn', enableFp16Precision: '1' }, 'ERR_INVALID_ARG_TYPE', "'enableFp16Precision'"],
    [{ name: 'xnnpack', deviceId: 0 }, 'ERR_UNKNOWN_OPTION', "'deviceId'"],
    // onnxruntime-common's options are accepted, and then the provider is missing.
    [{ name: 'coreml', coreMlFlags: 0x11 }, 'ERR_PROVIDER_UNAVAILABLE', "'coreml'"],
    [{ name: 'dml', deviceId: 1 }, 'ERR_PROVIDER_UNAVAILABLE', "'dml'"],
    [{ name: 'qnn', backendType: 'cpu', enableFp16Precision: true }, 'ERR_PROVIDER_UNAVAILABLE', "'qnn'"],
  ])('%j is refused by %s', async (entry, code, says) => {
    await expectError(() => create(oneNode(), { executionProviders: [entry] }), code as 'ERR_BUSY', { says })
  })

  // On the native engine that is for test/native: it depends on the machine.
  test.skipIf(isNative)('onnxruntime-node has no devices', async () => {
    for (const name of ['cuda', 'webgpu']) {
      await expectError(() => create(oneNode(), { executionProviders: [name] }), 'ERR_PROVIDER_UNAVAILABLE', {
        says: [`'${name}'`, 'onnxruntime-node', 'native addon'],
      })
      await using session = await create(oneNode(), { executionProviders: [name, 'cpu'] })
      expect(session.executionProviders).toEqual(['cpu'])
    }
  })
})
