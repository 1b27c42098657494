// Which thread launches a graph, and which one waits for it; and graphs of whole requests.
import { type InferenceSession, type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { counter, mlp, pseudoRandom } from '../helpers/model-builder.mjs'
import * as fake from './fake-cuda.mjs'
import { alive, count, describeCuda, numbers, onCpu, onCuda, work } from './support'

/** Without inline runs, so that an awaited run is one of the run thread's. */
const GRAPHS = { enableGraphCapture: true, inlineRunBelowUs: 0 }
const X = { x: [1, 128] }

/** The calls of functions by the thread that made them: 'js', or 'run'. */
function byThread(pattern: RegExp) {
  fake.clearCalls()
  OrtValue.allocate('float32', [1], 'cuda').dispose()
  const js = fake.calls()[0]!.thread
  fake.clearCalls()
  return () =>
    fake
      .calls()
      .filter(({ name }) => pattern.test(name))
      .map(({ name, thread }) => `${name.replace(/^cu|_v2$/g, '')} ${thread === js ? 'js' : 'run'}`)
}

async function captured(session: InferenceSession, options = {}, values: object = X) {
  const binding = session.createIoBinding(values as typeof X)
  await binding.capture({ verify: true, ...options })
  return binding
}

/** The binding's outputs equal the CPU's, of inputs that each call changes. */
async function checks(binding: IoBinding) {
  const cpu = await onCpu(mlp())
  const reference = cpu.createIoBinding(X)
  let seed = 0
  return async (run: () => unknown) => {
    for (const { inputs } of [binding, reference]) (inputs.x as Float32Array).set(pseudoRandom(128, ++seed))
    ;(binding.inputs.x as Float32Array).set(reference.inputs.x as Float32Array)
    reference.runSync()
    await run()
    expect(binding.outputs.y).toEqual(reference.outputs.y)
  }
}

describeCuda('a replay', () => {
  test('of runSync is launched and awaited on the calling thread, without an event', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session)
    const check = await checks(binding)
    const before = alive()
    const calls = byThread(/GraphLaunch|Query|Synchronize|Record|Memcpy/)
    await check(() => binding.runSync())
    expect(calls()).toEqual([
      'MemcpyHtoDAsync js',
      'GraphLaunch js',
      'MemcpyDtoHAsync js',
      'StreamQuery js',
      'StreamQuery js',
    ])
    expect(alive()).toEqual(before)
  })

  test('that is awaited is launched on the calling thread, and the run thread waits', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session)
    const check = await checks(binding)
    const before = alive()
    const calls = byThread(/GraphLaunch|Query|Synchronize|Record|Memcpy/)
    await check(() => binding.run())
    expect(calls()).toEqual([
      'MemcpyHtoDAsync js',
      'GraphLaunch js',
      'MemcpyDtoHAsync js',
      'EventRecord js',
      'EventQuery run',
      'EventQuery run',
    ])
    expect(alive()).toEqual(before)
  })

  test('that is expected to be short ends before `run` returns', async () => {
    await using session = await onCuda(mlp(), { ...GRAPHS, inlineRunBelowUs: 1e6 })
    using binding = await captured(session)
    const check = await checks(binding)
    for (let i = 0; i < 3; i++) await check(() => binding.run())
    const calls = byThread(/GraphLaunch|Query/)
    await check(() => binding.run())
    expect(calls()).toEqual(['GraphLaunch js', 'StreamQuery js', 'StreamQuery js'])
    // A signal needs the event loop.
    fake.clearCalls()
    await check(() => binding.run({ signal: new AbortController().signal }))
    expect(calls()).toEqual(['GraphLaunch js', 'EventQuery run', 'EventQuery run'])
  })

  test("of wait: 'block' sleeps on the calling thread", async () => {
    await using session = await onCuda(mlp(), { ...GRAPHS, wait: 'block' })
    using binding = await captured(session)
    const check = await checks(binding)
    const calls = byThread(/GraphLaunch|Query|Synchronize/)
    await check(() => binding.runSync())
    expect(calls()).toEqual(['GraphLaunch js', 'EventSynchronize js'])
  })

  test('is launched on the run thread while that has a job', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using one = await captured(session)
    using two = await captured(session)
    const calls = byThread(/GraphLaunch/)
    const check = await checks(two)
    for (const run of [() => two.run(), () => two.runSync()]) {
      const first = one.run()
      await check(run)
      await first
    }
    expect(calls().slice(0, 2)).toEqual(['GraphLaunch js', 'GraphLaunch run'])
    expect(count('GraphLaunch')).toBe(4)
  })

  test('of pageable memory is launched on the run thread, unless the caller waits', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using y = OrtValue.allocate('float32', [1, 128], 'cpu')
    using binding = session.createIoBinding(X, { outputs: { y } })
    await binding.capture()
    const check = await checks(binding)
    const calls = byThread(/GraphLaunch/)
    await check(() => binding.run())
    await check(() => binding.runSync())
    expect(calls()).toEqual(['GraphLaunch run', 'GraphLaunch js'])
  })

  test('that is stale runs on the run thread, as every run of ONNX Runtime', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session)
    using large = session.createIoBinding({ x: [4, 128] })
    const check = await checks(binding)
    large.runSync()
    const calls = byThread(/flush|Capture_v2|GraphLaunch/)
    await check(() => binding.runSync())
    await check(() => binding.run())
    expect(calls()).toEqual(['fake_cuda_flush run', 'StreamBeginCapture run', 'GraphLaunch js'])
  })

  test('that fails to launch is an error of its own call, and the next one is right', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session)
    const check = await checks(binding)
    for (const run of [() => binding.runSync(), () => binding.run()]) {
      for (const name of ['cuMemcpyHtoDAsync_v2', 'cuGraphLaunch', 'cuMemcpyDtoHAsync_v2']) {
        fake.failNthCall(name, 1, 2)
        await expectError(run, 'ERR_CUDA_OUT_OF_MEMORY')
        await check(run)
      }
    }
  })

  test('that is aborted is over when its promise rejects', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session)
    const check = await checks(binding)
    for (const wait of [async () => {}, () => new Promise(setImmediate)]) {
      const controller = new AbortController()
      const running = binding.run({ signal: controller.signal })
      await wait()
      controller.abort()
      await running.then(
        () => {},
        (error) => expect(error.name).toBe('AbortError'),
      )
      await check(() => binding.runSync())
    }
  })

  test('a session that is released with a replay in flight ends after it', async () => {
    const session = await onCuda(mlp(), GRAPHS)
    const binding = await captured(session)
    binding.inputs.x.set(pseudoRandom(128, 1))
    const running = binding.run()
    const released = session.release()
    binding.dispose()
    await running
    await released
  })
})

describeCuda('a graph of a whole request', () => {
  test('is one launch, in memory that the capture leaves as it was', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = session.createIoBinding(X)
    ;(binding.outputs.y as Float32Array).fill(7)
    for (const verify of [true, false]) {
      await binding.capture({ whole: true, verify })
      expect(new Set(binding.outputs.y as Float32Array)).toEqual(new Set([7]))
      const check = await checks(binding)
      for (let i = 0; i < 20; i++) {
        fake.clearCalls()
        await check(() => (i % 2 ? binding.run() : binding.runSync()))
        const made = work().map(({ name }) => name)
        expect(made.filter((name) => !/Query/.test(name))).toEqual([
          'GraphLaunch',
          ...(i % 2 ? ['EventRecord'] : []),
        ])
      }
      binding.releaseCapture()
      ;(binding.outputs.y as Float32Array).fill(7)
    }
  })

  test('is right among others in flight, and steps a state in place', async () => {
    await using session = await onCuda(counter(), GRAPHS)
    using state = OrtValue.allocate('float32', [1], 'cuda-pinned')
    const whole = Array.from({ length: 3 }, () =>
      session.createIoBinding({ state }, { outputs: { new_state: state } }),
    )
    for (const binding of whole) await binding.capture({ whole: true, verify: true })
    expect(numbers(state)).toEqual([0])
    for (let i = 1; i <= 10; i++) {
      await Promise.all(whole.map((binding) => binding.run()))
      expect(numbers(state)).toEqual([3 * i])
    }
    for (const binding of whole) binding.dispose()
  })

  test('is captured anew as a whole once it is stale, and is refused where it must not be', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session, { whole: true })
    using strict = await captured(session, { whole: true, onStale: 'throw' })
    using large = session.createIoBinding({ x: [4, 128] })
    const check = await checks(binding)
    large.runSync()
    await check(() => binding.run())
    expect(binding.recaptures).toBe(1)
    fake.clearCalls()
    await check(() => binding.runSync())
    expect([count('GraphLaunch'), count('MemcpyHtoDAsync')]).toEqual([1, 0])
    await expectError(() => strict.runSync(), 'ERR_GRAPH_STALE')
  })

  test('is anew a whole one after a run that overlapped others', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session, { whole: true })
    using other = session.createIoBinding(X)
    using large = session.createIoBinding({ x: [4, 128] })
    const check = await checks(binding)
    await large.run()
    const first = other.run()
    await check(() => binding.run())
    await first
    for (let i = 0; i < 3; i++) await check(() => binding.runSync())
    expect(binding.recaptures).toBe(1)
  })

  test('copies every input: `upload` cannot omit one', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = await captured(session, { whole: true })
    const check = await checks(binding)
    await expectError(() => binding.runSync({ upload: [] }), 'ERR_GRAPH_CAPTURED', { says: "'x'" })
    await expectError(() => binding.run({ upload: [] }), 'ERR_GRAPH_CAPTURED')
    await check(() => binding.runSync({ upload: ['x'] }))
    binding.releaseCapture()
    binding.runSync({ upload: [] })
  })

  test('is refused for pageable memory, and the binding runs on', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    for (const [name, binding] of [
      ['x', session.createIoBinding({ x: OrtValue.allocate('float32', [1, 128], 'cpu') })],
      [
        'y',
        session.createIoBinding(X, {
          outputs: { y: OrtValue.wrap('float32', new Float32Array(128), [1, 128]) },
        }),
      ],
    ] as const) {
      await expectError(() => binding.capture({ whole: true }), 'ERR_GRAPH_CAPTURE', {
        says: [`'${name}'`, 'pageable'],
      })
      expect(binding.captured).toBe(false)
      binding.runSync()
      await binding.capture({ verify: true })
      binding.runSync()
      binding.dispose()
    }
  })
})
