import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  type EpDevice,
  getEpDevices,
  InferenceSession,
  initialized,
  registerExecutionProviderLibrary,
  type SessionOptions,
  unregisterExecutionProviderLibrary,
} from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

const create = (options: unknown) => InferenceSession.create(oneNode(), options as SessionOptions)

describe('getEpDevices', () => {
  test('lists the CPU, and freezes what it gives', () => {
    const cpu = getEpDevices().find(({ provider }) => provider === 'CPUExecutionProvider')!
    expect(cpu).toMatchObject({ vendor: 'Microsoft', hardware: { type: 'cpu', vendor: expect.any(String) } })
    expect(cpu.metadata.version).toBe(initialized().version)
    expect(Object.isFrozen(cpu) && Object.isFrozen(cpu.hardware)).toBe(true)
    expect(getEpDevices().find(({ provider }) => provider === 'CPUExecutionProvider')!.id).toBe(cpu.id)
  })
})

describe('registerExecutionProviderLibrary', () => {
  test('refuses a missing library, and one that is not a plugin', async () => {
    await expectError(
      () => registerExecutionProviderLibrary('a', '/nowhere/plugin.so'),
      'ERR_LIBRARY_NOT_FOUND',
      {
        says: '/nowhere/plugin.so',
      },
    )
    const addon = join(
      dirname(createRequire(import.meta.url).resolve('onnxruntime-iobinding/package.json')),
      process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build',
      'Release',
      'onnxruntime_iobinding.node',
    )
    await expectError(() => registerExecutionProviderLibrary('a', addon), 'ERR_LIBRARY_INVALID', {
      says: 'not a plugin',
    })
    await expectError(() => unregisterExecutionProviderLibrary('a'), 'ERR_INVALID_ARG_VALUE', { says: "'a'" })
  })

  test.each([
    [1, 'path', 'ERR_INVALID_ARG_TYPE', "'name'"],
    ['', 'path', 'ERR_INVALID_ARG_VALUE', "'name'"],
    ['name', undefined, 'ERR_INVALID_ARG_TYPE', "'path'"],
    ['name', 'a\0b', 'ERR_INVALID_ARG_VALUE', "'path'"],
  ])('refuses %j, %j', async (name, path, code, says) => {
    await expectError(
      () => registerExecutionProviderLibrary(name as string, path as string),
      code as 'ERR_BUSY',
      {
        type: TypeError,
        says,
      },
    )
  })
})

describe('devices of an entry', () => {
  const cpu = () => getEpDevices().filter(({ provider }) => provider === 'CPUExecutionProvider')

  test('select the provider, also of one that is built in', async () => {
    await using session = await create({
      executionProviders: [{ name: 'CPUExecutionProvider', devices: cpu() }],
    })
    expect(session.executionProviders).toEqual(['cpu'])
    expect(session.device).toEqual({ name: 'cpu', id: 0 })
    using io = session.createIoBinding({ x: [1] })
    io.inputs.x[0] = 4
    io.runSync()
    expect(io.outputs.y).toEqual(Float32Array.of(5))
  })

  test.each<[string, () => unknown, string]>([
    ['that is empty', () => [], 'ERR_INVALID_ARG_VALUE'],
    ['that is not an array', () => ({}), 'ERR_INVALID_ARG_TYPE'],
    ['of copies', () => cpu().map((device) => ({ ...device })), 'ERR_INVALID_ARG_TYPE'],
    ['of another provider', cpu, 'ERR_INVALID_ARG_VALUE'],
  ])('refuses a list %s', async (_, devices, code) => {
    const executionProviders = [{ name: 'OpenVINOExecutionProvider', devices: devices() as EpDevice[] }]
    await expectError(() => create({ executionProviders }), code as 'ERR_BUSY', { says: "'devices'" })
  })
})

describe('providerSelectionPolicy', () => {
  test.each(['default', 'prefer-cpu', 'max-efficiency'])(
    "'%s' runs a model on what it selects",
    async (policy) => {
      await using session = await create({ providerSelectionPolicy: policy })
      expect(session.executionProviders).toContain('cpu')
      expect((await session.run({ x: float32([1]) })).y!.data).toEqual(Float32Array.of(2))
    },
  )

  test('is refused beside executionProviders, and by another name', async () => {
    const both = { providerSelectionPolicy: 'prefer-cpu', executionProviders: ['cpu'] }
    await expectError(() => create(both), 'ERR_INVALID_ARG_VALUE', { says: "'executionProviders'" })
    await expectError(() => create({ providerSelectionPolicy: 'fastest' }), 'ERR_INVALID_ARG_VALUE', {
      says: 'prefer-npu',
    })
  })
})
