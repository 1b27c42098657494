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
