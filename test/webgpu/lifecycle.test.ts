import { type InferenceSession, OrtValue, type Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { counter, mlp, oneNode, pseudoRandom, slowLoop, twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'
import { endedWith, runScript } from '../native/child.ts'
import { create, createMixed, floats, onDevice } from './webgpu.ts'

// ONNX Runtime's provider keeps one context for all sessions, with no lock of its own: two threads in it crash.
describe('several threads at a time', () => {
  test('interleave 200 runs of two sessions', async () => {
    const sessions = [await create(mlp()), await create(twoInputs())]
    const [first, second] = sessions as [InferenceSession, InferenceSession]
    using one = first.createIoBinding({ x: [1, 128] })
    using other = second.createIoBinding({ a: [2], b: [2] }, { outputs: { prod: 'dynamic' } })
    one.inputs.x.set(pseudoRandom(128))
    other.inputs.b.set([1, 2])
    one.runSync()
    const expected = Float32Array.from(one.outputs.y)
    for (let i = 0; i < 100; ++i) {
      other.inputs.a.fill(i)
      one.outputs.y.fill(0)
      await Promise.all([one.run(), other.run()])
      expect(one.outputs.y).toEqual(expected)
      expect(other.outputs.sum).toEqual(floats(i + 1, i + 2))
      expect(other.outputs.prod).toEqual(floats(i, 2 * i))
    }
    await Promise.all(sessions.map((session) => session.release()))
  })

  test('run, copy, load and release', async () => {
    await using first = await create(mlp(), { preferredOutputLocation: 'gpu-buffer' })
    await using second = await create(counter())
    const x = float32(pseudoRandom(128), [1, 128])
    const { y } = await first.run({ x })
    const expected = await y!.getData()
    const results: Promise<unknown>[] = []
    using state = onDevice([0])
    using binding = second.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 0; i < 50; ++i) {
      results.push(first.run({ x }).then((result) => result.y!.getData(true)))
      results.push(create(oneNode()).then((session) => session.release().then(() => expected)))
      const pending = binding.run()
      // On this thread, while the sessions' threads are busy.
      using value = onDevice([i, i])
      using copy = OrtValue.allocate('float32', [2], 'webgpu')
      value.copyTo(copy)
      expect(copy.read()).toEqual(floats(i, i))
      await pending
    }
    for (const data of await Promise.all(results)) expect(data).toEqual(expected)
    expect(state.read()).toEqual(floats(50))
  })

  test('run while this one uses runSync', async () => {
    await using first = await create(mlp())
    await using second = await create(twoInputs())
    using one = first.createIoBinding({ x: [4, 128] })
    using other = second.createIoBinding({ a: [1], b: [1] })
    one.inputs.x.set(pseudoRandom(512))
    await one.run()
    const expected = Float32Array.from(one.outputs.y)
    for (let i = 0; i < 50; ++i) {
      const pending = one.run()
      other.inputs.a[0] = i
      other.runSync()
      expect(other.outputs.sum).toEqual(floats(i))
      await pending
      expect(one.outputs.y).toEqual(expected)
    }
  })
})

describe('device values', () => {
  test('outlive their binding and session if ONNX Runtime allocated them', async () => {
    const session = await create(twoInputs(), { preferredOutputLocation: 'gpu-buffer' })
    const binding = session.createIoBinding({ a: [2], b: [2] })
    binding.bindOutput('sum', 'webgpu')
    binding.inputs.a.set([1, 2])
    await binding.run()
    const sum = binding.outputValue('sum')!
    const { prod } = await session.run({ a: float32([1, 2]), b: float32([3, 4]) })
    binding.dispose()
    await session.release()
    expect(sum.read()).toEqual(floats(1, 2))
    sum.write(floats(7, 8))
    await using other = await create(twoInputs())
    const again = await other.run({ a: sum, b: prod! })
    expect(again.sum!.data).toEqual(floats(10, 16))
    expect(await prod!.getData(true)).toEqual(floats(3, 8))
    sum.dispose()
  })

  test('outlive a later run and later bound values if ONNX Runtime allocated them', async () => {
    await using session = await create(counter())
    using binding = session.createIoBinding({ state: [1] })
    binding.bindOutput('new_state', 'webgpu')
    const kept: OrtValue[] = []
    for (let i = 0; i < 20; ++i) {
      binding.inputs.state[0] = i
      await binding.run()
      kept.push(binding.outputValue('new_state')!)
    }
    binding.bindOutput('new_state')
    binding.clearBindingOutputs()
    kept.forEach((value, i) => {
      expect(value.read()).toEqual(floats(i + 1))
    })
  })

  test('outlive the session if OrtValue allocated them', async () => {
    const value = onDevice([1, 2, 3])
    const session = await create(oneNode())
    await session.release()
    expect(value.read()).toEqual(floats(1, 2, 3))
    value.dispose()
  })

  test('outlive a binding that is disposed after its session', async () => {
    const session = await create(twoInputs())
    const binding = session.createIoBinding({ a: onDevice([1]), b: [1] })
    binding.bindOutput('sum', 'webgpu')
    await binding.run()
    const [sum] = binding.getOutputs()
    await session.release()
    await expectError(() => binding.run(), 'ERR_DISPOSED')
    binding.dispose()
    expect(sum!.read()).toEqual(floats(1))
  })
})

describe('a run in flight', () => {
  const slow = () => createMixed(slowLoop(), { logSeverityLevel: 4 })
  const bind = (session: InferenceSession, trips: number) => {
    const binding = session.createIoBinding({ trips: [], x: [96, 96] })
    ;(binding.inputs.trips as BigInt64Array)[0] = BigInt(trips)
    binding.inputs.x.fill(1)
    return binding
  }

  test('ends although the binding, its values and the session are disposed', async () => {
    const session = await slow()
    const binding = bind(session, 20)
    const other = bind(session, 20)
    const x = OrtValue.fromTensor(float32(new Float32Array(9216).fill(1), [96, 96]))
    const y = OrtValue.allocate('float32', [96, 96], 'webgpu')
    binding.bindOrtValueInput('x', x)
    binding.bindOrtValueOutput('y', y)
    const pending = [binding.run(), other.run()]
    binding.dispose()
    x.dispose()
    await Promise.all([...pending, session.release()])
    const expected = other.outputs.y as Float32Array
    expect(y.read()).toEqual(expected)
    expect(expected.some((each) => each !== 0)).toBe(true)
    other.dispose()
    y.dispose()
  })

  test('is canceled by a signal, and later runs are correct', async () => {
    await using session = await slow()
    using binding = bind(session, 1_000_000)
    const controller = new AbortController()
    const pending = binding.run({ signal: controller.signal })
    setTimeout(() => controller.abort(), 100)
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
    ;(binding.inputs.trips as BigInt64Array)[0] = 2n
    await binding.run()
    const trips = OrtValue.allocate('int64', [])
    trips.write(BigInt64Array.of(2n))
    const { y } = await session.run({ trips, x: binding.inputValue('x')! })
    expect(binding.outputs.y).toEqual((y as Tensor).data)
  })

  test('has results whose getData works while its session is released', async () => {
    const session = await create(twoInputs(), { preferredOutputLocation: 'gpu-buffer' })
    const { sum } = await session.run({ a: float32([1]), b: float32([2]) })
    const [data] = await Promise.all([sum!.getData(true), session.release()])
    expect(data).toEqual(floats(3))
  })
})

describe('a process', () => {
  const child = (scenario: string) =>
    runScript(new URL('fixtures/webgpu.mjs', import.meta.url).pathname, [scenario], {
      node: ['--expose-gc'],
      timeout: 40_000,
    })

  test.each([
    ['ends with everything alive', 'openAtExit', '"done"'],
    ['ends by itself, a session and values idle', 'idle', '"done"'],
    [
      "ends a run that waits for another session's, by its signal",
      'abortWaiting',
      '["the one that waits","the one that runs",1]',
    ],
    ['exits while runs are in flight', 'exitInFlight', 'exiting'],
    ['exits while a graph is captured', 'exitInCapture', 'exiting'],
    ['exits while sessions are loaded', 'exitInLoad', 'exiting'],
    ['collects sessions, bindings and values while runs are in flight', 'collect', '"as they were"'],
    ['has a session in each of two workers and one of its own', 'workers', '[300,300,300]'],
    ['has workers one after the other', 'workersInTurn', '[300,300,300]'],
    ['terminates workers in flight', 'terminate', '300'],
    ['exits with workers in flight', 'exitWithWorkers', 'exiting'],
    ['gives back the memory of values and outputs that are disposed', 'memory', '"bounded"'],
  ])('%s', async (_title, scenario, says) => {
    expect(await child(scenario)).toEqual(endedWith(says))
  })
})
