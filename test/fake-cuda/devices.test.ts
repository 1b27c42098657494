// Several GPUs: a session refuses memory of another GPU. And the inputs that a run uploads.
import { InferenceSession, type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { counter, mlp, oneNode, twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values'
import * as fake from './fake-cuda.mjs'
import { count, describeCuda, ENDLESS, numbers, onCpu, onCuda, slowBinding, slowOnCuda } from './support'

const on = (id: number, ...data: number[]) => OrtValue.fromTensor(float32(data), 'cuda', id)

describeCuda('two GPUs', () => {
  test('each runs its own sessions', async () => {
    const sessions = await Promise.all([0, 1].map((deviceId) => onCuda(counter(), { deviceId })))
    for (const [id, session] of sessions.entries()) {
      expect(session.device).toEqual({ name: 'cuda', id })
      using state = on(id, 10 * id)
      using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
      await binding.run()
      binding.runSync()
      expect(numbers(state)).toEqual([10 * id + 2])
      using allocated = session.createIoBinding({ state: [1] })
      expect(allocated.inputValue('state')!.deviceId).toBe(id)
      allocated.runSync()
      expect([...(allocated.outputs.new_state as Float32Array)]).toEqual([1])
    }
    await Promise.all(sessions.map((session) => session.release()))
  })

  test.each([
    [0, 1],
    [1, 0],
  ])('a session on GPU %i refuses a value on GPU %i', async (deviceId, other) => {
    await using session = await onCuda(oneNode(), { deviceId })
    using theirs = on(other, 5)
    using ours = on(deviceId, 7)
    using binding = session.createIoBinding()
    ;(binding.inputs.x as Float32Array)[0] = 1
    const says = [`cuda ${deviceId}`, `cuda ${other}`]
    const refused = async (call: () => unknown) => expectError(call, 'ERR_DEVICE_MISMATCH', { says })
    await refused(() => binding.bindOrtValueInput('x', theirs))
    await refused(() => binding.bindOrtValueOutput('y', theirs))
    await refused(() => session.createIoBinding({ x: theirs }))
    await refused(() => session.createIoBinding({}, { outputs: { y: theirs } }))
    await refused(() => session.run({ x: theirs }))
    await refused(() => session.run({ x: theirs.toTensor() }))
    await expectError(() => binding.bindOutput('y', 'cuda', other), 'ERR_DEVICE_MISMATCH')
    // The earlier values are still bound.
    binding.runSync()
    expect([...(binding.outputs.y as Float32Array)]).toEqual([2])
    theirs.copyTo(ours)
    expect((await session.run({ x: ours })).y!.data).toEqual(Float32Array.of(6))
  })

  test('have memory that a session on the CPU refuses', async () => {
    await using session = await onCpu(oneNode())
    using value = on(0, 5)
    using binding = session.createIoBinding()
    const refused = (call: () => unknown) => expectError(call, 'ERR_DEVICE_MISMATCH', { says: 'the CPU' })
    await refused(() => binding.bindOrtValueInput('x', value))
    await refused(() => binding.bindOrtValueOutput('y', value))
    await refused(() => session.run({ x: value }))
    await expectError(() => binding.bindOutput('y', 'cuda'), 'ERR_DEVICE_MISMATCH')
    binding.runSync()
    expect([...(binding.outputs.y as Float32Array)]).toEqual([1])
  })

  test('the CPU and every GPU accept pinned memory', async () => {
    await using gpu = await onCuda(oneNode(), { deviceId: 1 })
    await using cpu = await onCpu(oneNode())
    using x = OrtValue.fromTensor(float32([3]), 'cuda-pinned', 0)
    for (const session of [gpu, cpu]) {
      using binding = session.createIoBinding({ x })
      binding.runSync()
      expect([...(binding.outputs.y as Float32Array)]).toEqual([4])
      expect((await session.run({ x: x.toTensor() })).y!.data).toEqual(Float32Array.of(4))
    }
  })

  test('a GPU that does not exist is refused', async () => {
    const says = ['GPU 16', '16']
    await expectError(() => onCuda(oneNode(), { deviceId: 16 }), 'ERR_CUDA_DEVICE_ID', { says })
    await expectError(
      () => InferenceSession.create(oneNode(), { executionProviders: [{ name: 'cuda', deviceId: 16 }] }),
      'ERR_CUDA_DEVICE_ID',
    )
  })
})

describeCuda('the uploaded inputs of a run', () => {
  const sum = (binding: IoBinding) => [...(binding.outputs.sum as Float32Array)]
  async function bound() {
    const session = await onCuda(twoInputs())
    const binding = session.createIoBinding({ a: [1], b: [1] })
    const { a, b } = binding.inputs
    a[0] = 1
    b[0] = 10
    return { session, binding, a, b }
  }

  test.each([
    ['runSync', false],
    ['run', true],
  ])('are those that `upload` names: %s', async (_, async) => {
    const { session, binding, a, b } = await bound()
    const run = async (upload?: string[]) => {
      fake.clearCalls()
      if (async) await binding.run({ upload })
      else binding.runSync({ upload })
      return [...sum(binding), count('MemcpyHtoDAsync')]
    }
    expect(await run([])).toEqual([11, 2]) // no run has uploaded them yet
    a[0] = 2
    b[0] = 20
    expect(await run([])).toEqual([11, 0])
    expect(await run(['a'])).toEqual([12, 1])
    expect(await run(['a', 'b'])).toEqual([22, 2])
    a[0] = 3
    expect(await run([])).toEqual([22, 0])
    expect(await run()).toEqual([23, 2])
    await session.release()
  })

  test('include a new value', async () => {
    const { session, binding } = await bound()
    binding.runSync()
    using other = OrtValue.fromTensor(float32([5]), 'cuda-pinned')
    binding.bindOrtValueInput('a', other)
    fake.clearCalls()
    binding.runSync({ upload: [] })
    expect([...sum(binding), count('MemcpyHtoDAsync')]).toEqual([15, 1])
    await session.release()
  })

  test.each([
    ['cuMemcpyHtoDAsync_v2', 'runSync'],
    ['cuMemcpyDtoHAsync_v2', 'runSync'],
    ['cuStreamQuery', 'runSync'],
    ['cuEventRecord', 'run'],
    ['cuEventQuery', 'run'],
  ] as const)('include those of a run that failed: %s of %s', async (name, call) => {
    const { session, binding, a } = await bound()
    binding.runSync()
    a[0] = 2
    fake.failNthCall(name, 1, 1)
    await expectError(() => binding[call]({ upload: ['a'] }), 'ERR_CUDA_INVALID_VALUE')
    binding.runSync({ upload: [] })
    expect(sum(binding)).toEqual([12])
    await session.release()
  })

  test('include those of a run that was ended', async () => {
    await using session = await slowOnCuda()
    using binding = slowBinding(session, 2n)
    binding.runSync()
    const y = [...(binding.outputs.y as Float32Array)]
    const trips = binding.inputs.trips as BigInt64Array
    trips[0] = ENDLESS
    const run = binding.run({ upload: ['trips'], signal: AbortSignal.timeout(20) })
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }))
    trips[0] = 2n
    binding.runSync({ upload: ['trips'] })
    expect([...(binding.outputs.y as Float32Array)]).toEqual(y)
  })

  test('have names that the session knows', async () => {
    const { session, binding } = await bound()
    await expectError(() => binding.runSync({ upload: ['c'] }), 'ERR_UNKNOWN_INPUT')
    await expectError(() => binding.run({ upload: 'a' as never }), 'ERR_INVALID_ARG_TYPE')
    binding.runSync({ upload: ['a'] })
    expect(sum(binding)).toEqual([11])
    await session.release()
  })

  test('are ignored on the CPU', async () => {
    await using session = await onCpu(mlp())
    using binding = session.createIoBinding({ x: [1, 128] })
    binding.runSync({ upload: [] })
    await binding.run({ upload: ['x'] })
  })
})
