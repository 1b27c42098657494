import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { counter, mlp, pseudoRandom } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { create, floats, onDevice } from './webgpu.ts'

const createGraphs = (model: Uint8Array) => create(model, { enableGraphCapture: true })
const input = (seed: number, batch = 1) => pseudoRandom(128 * batch, seed)

/** What plain runs of the same session give, bit for bit. */
async function plain(session: InferenceSession, data: Float32Array, batch = 1): Promise<Float32Array> {
  using binding = session.createIoBinding({ x: [batch, 128] })
  binding.inputs.x.set(data)
  await binding.run()
  return Float32Array.from(binding.outputs.y)
}

describe.each(runForms)('a captured graph, by %s', (_form, run) => {
  test('replays changed inputs with the same bits as plain runs', async () => {
    await using session = await createGraphs(mlp())
    using binding = session.createIoBinding({ x: [1, 128] })
    expect(binding.captured).toBe(false)
    await binding.capture({ verify: true })
    expect(binding.captured).toBe(true)
    for (let i = 0; i < 40; ++i) {
      const data = input(i + 1)
      binding.inputs.x.set(data)
      binding.outputs.y.fill(-1)
      await run(binding)
      expect(binding.outputs.y).toEqual(await plain(session, data))
    }
  })

  test('replays over device values', async () => {
    await using session = await createGraphs(mlp())
    using x = OrtValue.allocate('float32', [1, 128], 'webgpu')
    using y = OrtValue.allocate('float32', [1, 128], 'webgpu')
    using binding = session.createIoBinding({ x }, { outputs: { y } })
    await binding.capture({ verify: true })
    for (let i = 0; i < 20; ++i) {
      const data = input(i + 1)
      x.write(data)
      await run(binding)
      expect(y.read()).toEqual(await plain(session, data))
    }
  })

  test('belongs to one of two bindings of a session', async () => {
    await using session = await createGraphs(mlp())
    const batches = [1, 3]
    const bindings = batches.map((batch) => session.createIoBinding({ x: [batch, 128] }))
    for (const binding of bindings) await binding.capture({ verify: true })
    using uncaptured = session.createIoBinding({ x: [2, 128] })
    for (let i = 0; i < 10; ++i) {
      const data = [...batches, 2].map((batch) => input(7 * i + batch, batch))
      const all = [...bindings, uncaptured]
      all.forEach((binding, k) => {
        binding.inputs.x.set(data[k]!)
      })
      await Promise.all(all.map(run))
      for (const [k, binding] of all.entries()) {
        expect(binding.outputs.y).toEqual(await plain(session, data[k]!, [...batches, 2][k]))
      }
    }
    bindings[0]!.dispose()
    bindings[1]!.inputs.x.set(input(1, 3))
    await run(bindings[1]!)
    expect(bindings[1]!.outputs.y).toEqual(await plain(session, input(1, 3), 3))
    bindings[1]!.dispose()
  })

  test('restores state on the device after the capture, and continues from it', async () => {
    for (const verify of [true, false]) {
      await using session = await createGraphs(counter())
      using state = onDevice([5])
      using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
      await run(binding)
      expect(state.read()).toEqual(floats(6))
      await binding.capture({ verify })
      expect(state.read()).toEqual(floats(6))
      for (let i = 0; i < 10; ++i) await run(binding)
      expect(state.read()).toEqual(floats(16))
      state.write(floats(100))
      await run(binding)
      expect(state.read()).toEqual(floats(101))
    }
  })

  test('updates state in host memory', async () => {
    await using session = await createGraphs(counter())
    using state = OrtValue.fromTensor(float32([5]))
    using binding = session.createIoBinding({ state }, { outputs: { new_state: state } })
    await binding.capture({ verify: true })
    expect(state.data).toEqual(floats(5))
    for (let i = 0; i < 10; ++i) await run(binding)
    expect(state.data).toEqual(floats(15))
  })

  test('allows session.run between its replays', async () => {
    await using session = await createGraphs(mlp())
    using binding = session.createIoBinding({ x: [1, 128] })
    await binding.capture()
    for (let i = 0; i < 10; ++i) {
      const data = input(i + 1)
      binding.inputs.x.set(data)
      const pending = run(binding)
      const batch = 1 + (i % 3)
      const { y } = await session.run({ x: new Tensor('float32', input(50 + i, batch), [batch, 128]) })
      await pending
      expect(y!.data).toEqual(await plain(session, input(50 + i, batch), batch))
      expect(binding.outputs.y).toEqual(await plain(session, data))
    }
  })

  test('allows other sessions and values between its replays', async () => {
    await using session = await createGraphs(mlp())
    using binding = session.createIoBinding({ x: [1, 128] })
    await binding.capture({ verify: true })
    const expected = await plain(session, input(3))
    binding.inputs.x.set(input(3))
    for (let i = 0; i < 10; ++i) {
      await using other = i % 2 === 0 ? await create(mlp()) : await createGraphs(mlp())
      using values = onDevice(input(i), [1, 128])
      using another = other.createIoBinding({ x: values })
      if (i % 2 === 1) await another.capture()
      await run(another)
      binding.outputs.y.fill(0)
      await run(binding)
      expect(binding.outputs.y).toEqual(expected)
    }
  })

  test('is released and captured again', async () => {
    await using session = await createGraphs(mlp())
    using binding = session.createIoBinding({ x: [1, 128] })
    for (let i = 0; i < 5; ++i) {
      await binding.capture({ verify: true })
      binding.inputs.x.set(input(i + 1))
      await run(binding)
      expect(binding.outputs.y).toEqual(await plain(session, input(i + 1)))
      binding.releaseCapture()
      binding.releaseCapture()
      expect(binding.captured).toBe(false)
      binding.bindCpuInput('x', new Tensor('float32', input(20 + i, 2), [2, 128]))
      binding.bindOutput('y')
      await run(binding)
      expect(binding.outputs.y).toEqual(await plain(session, input(20 + i, 2), 2))
      binding.bindOrtValueInput('x', OrtValue.allocate('float32', [1, 128]))
      binding.bindOrtValueOutput('y', OrtValue.allocate('float32', [1, 128]))
    }
  })
})

test('a replay executes no nodes of the profile', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'graphs-'))
  const session = await create(mlp(), {
    enableGraphCapture: true,
    enableProfiling: true,
    profileFilePrefix: join(dir, 'profile'),
  })
  using binding = session.createIoBinding({ x: [1, 128] })
  await binding.run()
  await binding.capture()
  for (let i = 0; i < 10; ++i) await binding.run()
  const events: { name: string }[] = JSON.parse(readFileSync(session.endProfiling(), 'utf8'))
  const count = (name: string) => events.filter((event) => event.name === name).length
  expect(count('SequentialExecutor::Execute')).toBeGreaterThanOrEqual(2)
  expect(count('model_run') - count('SequentialExecutor::Execute')).toBe(10)
  await session.release()
  rmSync(dir, { recursive: true })
})

test('a session can be released while a graph is captured', async () => {
  const session = await createGraphs(mlp())
  const binding = session.createIoBinding({ x: [1, 128] })
  const pending = binding.capture({ verify: true })
  await Promise.all([pending, session.release()])
  await expectError(() => binding.run(), 'ERR_DISPOSED')
})

test('a binding can be disposed while its graph is captured', async () => {
  await using session = await createGraphs(mlp())
  const binding = session.createIoBinding({ x: [1, 128] })
  const pending = binding.capture()
  binding.dispose()
  await pending
  await expectError(() => binding.run(), 'ERR_DISPOSED')
  expect(await plain(session, input(1))).toHaveLength(128)
})
