import { readFileSync } from 'node:fs'
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { concatStrings, identity, mlp, oneNode, twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { runScript } from '../native/child.ts'
import { create, createMixed, floats, onDevice } from './webgpu.ts'

const driver: string = JSON.parse(readFileSync(process.env.VK_DRIVER_FILES!, 'utf8')).ICD.library_path
const driverName = driver.split('/').at(-1)!

const child = (env: Readonly<Record<string, string | undefined>>, scenario: string) =>
  runScript(new URL('fixtures/webgpu.mjs', import.meta.url).pathname, [scenario], {
    env: { TEST_PROVIDERS: undefined, ...env },
  })

describe('the adapter', () => {
  test.skipIf(process.platform !== 'linux')(`computes runs with ${driverName}`, async () => {
    await using session = await create(mlp())
    await session.run({ x: float32(new Float32Array(128), [1, 128]) })
    const loaded = readFileSync('/proc/self/maps', 'utf8')
    const path = loaded.split('\n').find((line) => line.includes(driverName))
    expect(path).toBeDefined()
    console.log(`WebGPU computes on ${path!.slice(path!.indexOf('/'))}`)
  })

  test('is the device of its sessions', async () => {
    await using alone = await create(mlp())
    expect(alone.executionProviders).toEqual(['webgpu'])
    expect(alone.device).toEqual({ name: 'webgpu', id: 0 })
    await using mixed = await createMixed(mlp())
    expect(mixed.executionProviders).toEqual(['webgpu', 'cpu'])
  })

  test('refuses a model with nodes for the CPU if the list has no cpu', async () => {
    await expectError(() => create(concatStrings()), 'ERR_CPU_FALLBACK')
    await using mixed = await createMixed(concatStrings())
    const strings = (text: string) => new Tensor('string', [text], [1])
    expect((await mixed.run({ a: strings('a'), b: strings('b') })).y!.data).toEqual(['ab'])
  })

  test('refuses data from JavaScript while a model loads, since JavaScript may wait for the device', async () => {
    const epContextDataRead = { callback: () => new Uint8Array(4), maxDataSize: 4 }
    const says = ['epContextDataRead', 'webgpu']
    await expectError(() => create(oneNode(), { epContextDataRead }), 'ERR_NOT_SUPPORTED', { says })
  })

  const without = { VK_DRIVER_FILES: '/nowhere/icd.json', VK_ICD_FILENAMES: '/nowhere/icd.json' }

  test('is required by sessions and values, with a coded error', async () => {
    const { code, stdout } = await child(without, 'noAdapter')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      session: 'ERR_WEBGPU_NO_ADAPTER',
      value: 'ERR_WEBGPU_NO_ADAPTER',
      again: 'ERR_WEBGPU_NO_ADAPTER',
      cpu: [2],
    })
  })

  test("is optional in ['webgpu', 'cpu'], which warns once and runs on the CPU", async () => {
    const { code, stdout, stderr } = await child(without, 'fallback')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ executionProviders: ['cpu'], device: 'cpu', y: [2] })
    expect(stderr.match(/ERR_WEBGPU_NO_ADAPTER/g)).toHaveLength(1)
  })
})

describe('a binding or a value', () => {
  const on = onDevice([1, 2])

  test('refuses device memory for a session on the CPU', async () => {
    await using session = await InferenceSession.create(twoInputs())
    using binding = session.createIoBinding({ a: [2], b: [2] })
    const says = ['the CPU', 'webgpu 0']
    await expectError(() => binding.bindOrtValueInput('a', on), 'ERR_DEVICE_MISMATCH', { says })
    await expectError(() => binding.bindOrtValueOutput('sum', on), 'ERR_DEVICE_MISMATCH', { says })
    await expectError(() => binding.bindOutput('sum', 'webgpu'), 'ERR_DEVICE_MISMATCH')
    await expectError(() => session.createIoBinding({ a: on, b: on }), 'ERR_DEVICE_MISMATCH', { says })
    await expectError(() => session.run({ a: on, b: on }), 'ERR_DEVICE_MISMATCH', { says })
    await expectError(() => session.run({ a: on.toTensor(), b: on }), 'ERR_DEVICE_MISMATCH', { says })
    binding.inputs.a.set([1, 2])
    await binding.run()
    expect(binding.outputs.sum).toEqual(floats(1, 2))
  })

  test('refuses or reads device memory for an input that the CPU reads', async () => {
    await using session = await createMixed(identity('uint8', ['n']))
    using x = OrtValue.allocate('uint8', [2], 'webgpu')
    using binding = session.ioBinding()
    let code = ''
    try {
      binding.bindOrtValueInput('x', x)
    } catch (error) {
      code = (error as { code: string }).code
    }
    // A provider that has a kernel for it is right to take it; then it must see what is written later.
    if (code !== '') return expect(code).toBe('ERR_DEVICE_MISMATCH')
    binding.bindOutput('y')
    for (const data of [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]) {
      x.write(data)
      binding.runSync()
      expect(binding.outputs.y).toEqual(data)
    }
  })

  test('refuses mapped and pinned memory', async () => {
    await using session = await create(oneNode())
    const value = OrtValue.allocate('float32', [1])
    using binding = session.createIoBinding()
    await expectError(() => session.createIoBinding({}, { mapped: ['x'] }), 'ERR_NOT_SUPPORTED', {
      says: ['mapped', 'webgpu'],
    })
    await expectError(() => binding.bindOrtValueInput('x', value, { mapped: true }), 'ERR_NOT_SUPPORTED')
    await expectError(() => binding.bindOrtValueOutput('y', value, { mapped: true }), 'ERR_NOT_SUPPORTED')
    // Whether CUDA's driver exists or not, this session is on another device.
    await expectError(() => binding.bindOutput('y', 'cuda'), /^ERR_(DEVICE_MISMATCH|CUDA_.+)$/)
    await expectError(() => binding.bindOutput('y', 'cuda-pinned'), /^ERR_(DEVICE_MISMATCH|CUDA_.+)$/)
    binding.runSync()
    expect(binding.outputs.y).toEqual(floats(1))
  })

  test('refuses strings on a device, invalid ids and unknown devices', async () => {
    await expectError(() => OrtValue.allocate('string', [1], 'webgpu'), 'ERR_TYPE_MISMATCH', {
      type: TypeError,
    })
    await expectError(() => OrtValue.allocate('float32', [1], 'webgpu', 1), 'ERR_INVALID_ARG_VALUE')
    await expectError(() => OrtValue.allocate('float32', [1], 'webgl' as 'webgpu'), 'ERR_INVALID_ARG_VALUE')
  })

  test('refuses to allocate more memory than exists', async () => {
    await expectError(() => OrtValue.allocate('uint8', [2 ** 45], 'webgpu'), /^ERR_(OUT_OF_MEMORY|ORT_.+)$/)
    expect(onDevice([3]).read()).toEqual(floats(3))
  })

  test('refuses values and outputs of other types and shapes', async () => {
    await using session = await create(twoInputs())
    using binding = session.createIoBinding({ a: [2], b: [2] })
    const integers = OrtValue.allocate('int32', [2], 'webgpu')
    const flat = OrtValue.allocate('float32', [1, 2], 'webgpu')
    await expectError(() => binding.bindOrtValueInput('a', integers), 'ERR_TYPE_MISMATCH')
    await expectError(() => binding.bindOrtValueInput('a', flat), 'ERR_SHAPE_MISMATCH')
    await expectError(() => session.run({ a: integers, b: on }), 'ERR_TYPE_MISMATCH')
    using small = session.createIoBinding({ a: on, b: on }, { outputs: { sum: onDevice([0]) } })
    await expectError(() => small.runSync(), 'ERR_OUTPUT_SHAPE')
    await expectError(() => small.run(), 'ERR_OUTPUT_SHAPE')
    small.bindOutput('sum')
    small.runSync()
    expect(small.outputs.sum).toEqual(floats(2, 4))
  })
})
