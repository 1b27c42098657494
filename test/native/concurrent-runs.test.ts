import { InferenceSession, OrtValue, type SessionOptions, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it, onTestFinished } from 'vitest'
import { counter, twoInputs } from '../helpers/model-builder.mjs'
import { ENDLESS, LONG, setTrips, slowBinding, slowFeeds, slowSession } from './fixtures/slow.mjs'

async function parallelSession(options?: SessionOptions): Promise<InferenceSession> {
  const session = await slowSession({ concurrentRuns: 2, ...options })
  onTestFinished(() => session.release())
  return session
}

/** A run that ends when it is told to. */
function startEndless(session: InferenceSession) {
  const controller = new AbortController()
  let running = true
  const ended = slowBinding(session, ENDLESS)
    .run({ signal: controller.signal })
    .catch(({ name }) => {
      running = false
      return name
    })
  return {
    get running() {
      return running
    },
    end: () => {
      controller.abort()
      return ended
    },
  }
}

const x = (n: number) => new Tensor('float32', new Float32Array(96 * 96).fill(n), [96, 96])
const x96 = (data: unknown) => Array.from((data as Float32Array).subarray(0, 3))

describe('with concurrentRuns', () => {
  it('a run of another binding, and session.run, end while a run is in flight', async () => {
    const session = await parallelSession()
    const endless = startEndless(session)
    const other = slowBinding(session, 2n)
    await other.run()
    const { y } = await session.run(slowFeeds(2n))
    expect(endless.running).toBe(true)
    expect(y!.data).toEqual(other.outputs.y)
    expect(await endless.end()).toBe('AbortError')
    other.runSync()
    expect(y!.data).toEqual(other.outputs.y)
  })

  it('of 1, the default, all runs are done in the order of the calls', async () => {
    const session = await slowSession()
    const endless = startEndless(session)
    const later = slowBinding(session, 2n)
      .run()
      .then(() => endless.running)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await endless.end()
    expect(await later).toBe(false)
    await session.release()
  })

  it('of 2, a third run waits for one of the two', async () => {
    const session = await parallelSession()
    const [first, second] = [startEndless(session), startEndless(session)]
    const third = slowBinding(session, 2n)
      .run()
      .then(() => [first.running, second.running])
    await new Promise((resolve) => setTimeout(resolve, 20))
    await second.end()
    expect(await third).toEqual([true, false])
    await first.end()
  })

  it("'auto' has as many as there are CPUs", async () => {
    const session = await parallelSession({ concurrentRuns: 'auto' })
    const bindings = Array.from({ length: 40 }, (_, i) => slowBinding(session, BigInt(i % 4)))
    await Promise.all(bindings.map((binding) => binding.run()))
    for (const [i, binding] of bindings.entries())
      expect(x96(binding.outputs.y)).toEqual(x96(bindings[i % 4]!.outputs.y))
  })

  it('a binding has one run in flight', async () => {
    const session = await parallelSession()
    const binding = slowBinding(session, 100n)
    const run = binding.run()
    await expect(binding.run()).rejects.toMatchObject({ code: 'ERR_BUSY' })
    await run
  })

  it('a run reads what an earlier run of another binding writes', async () => {
    const session = await parallelSession()
    const expected = slowBinding(session, LONG / 20n)
    expected.runSync()
    const middle = OrtValue.allocate('float32', [96, 96])
    const writer = slowBinding(session, LONG / 20n)
    writer.bindOrtValueOutput('y', middle)
    const reader = slowBinding(session, 0n)
    reader.bindOrtValueInput('x', middle)
    const fed = () => session.run({ trips: new Tensor('int64', [0n], []), x: middle })
    const [, , { y }] = await Promise.all([writer.run(), reader.run(), fed()])
    expect(x96(reader.outputs.y)).toEqual(x96(expected.outputs.y))
    expect(x96(y!.data)).toEqual(x96(expected.outputs.y))
  })

  it('a run writes what an earlier run of another binding reads after that run', async () => {
    const session = await parallelSession()
    const trips = OrtValue.allocate('int64', [])
    const shared = OrtValue.wrap('float32', x(0.5).data, [96, 96])
    const reader = slowBinding(session, LONG / 20n)
    reader.bindOrtValueInput('x', shared)
    const writer = slowBinding(session, 0n)
    writer.bindOrtValueInput('trips', trips)
    writer.inputs.x.fill(7)
    writer.bindOrtValueOutput('y', shared)
    const expected = slowBinding(session, LONG / 20n)
    expected.runSync()
    await Promise.all([reader.run(), writer.run()])
    expect(x96(reader.outputs.y)).toEqual(x96(expected.outputs.y))
    expect(x96(shared.data)).toEqual([7, 7, 7])
  })

  it('steps of one state by several bindings are all done', async () => {
    const session = await InferenceSession.create(counter(), { concurrentRuns: 4, inlineRunBelowUs: 0 })
    const state = OrtValue.allocate('float32', [1])
    const options = { outputs: { new_state: state } }
    const bindings = [1, 2, 3].map(() => session.createIoBinding({ state }, options))
    for (let i = 0; i < 100; i++) await Promise.all(bindings.map((binding) => binding.run()))
    expect(state.data[0]).toBe(300)
    await session.release()
  })

  it('a step that fails leaves the results of earlier ones in memory that JavaScript can detach', async () => {
    const session = await slowSession({ inlineRunBelowUs: 0 })
    // A buffer of 64 KiB is transferable in every Node.js.
    const array = new Float32Array(new ArrayBuffer(1 << 16), 0, 96 * 96).fill(0.5)
    const x = OrtValue.wrap('float32', array, [96, 96])
    const steps = [1n, ENDLESS, 1n].map((trips) => {
      const io = session.createIoBinding({ x }, { outputs: { y: x } })
      setTrips(io, trips)
      return io
    })
    const [controller, queued] = [new AbortController(), new AbortController()]
    const first = steps[0]!.run()
    const endless = steps[1]!.run({ signal: controller.signal })
    const last = steps[2]!.run({ signal: queued.signal })
    await first
    queued.abort()
    await expect(last).rejects.toMatchObject({ name: 'AbortError' })
    controller.abort()
    await expect(endless).rejects.toMatchObject({ name: 'AbortError' })
    const expected = slowBinding(session, 1n)
    expected.runSync()
    expect(array).toEqual(expected.outputs.y)
    await steps[2]!.run()
    setTrips(expected, 2n)
    expected.runSync()
    expect(array).toEqual(expected.outputs.y)
    await session.release()
  })

  it('runSync comes after all runs in flight', async () => {
    const session = await parallelSession()
    const order: string[] = []
    const long = [1, 2, 3].map(() => slowBinding(session, LONG / 50n).run())
    const sync = slowBinding(session, 1n)
    sync.runSync()
    order.push('runSync')
    await Promise.all(long.map((run) => run.then(() => order.push('run'))))
    expect(order).toEqual(['runSync', 'run', 'run', 'run'])
    const again = slowBinding(session, LONG / 50n).run()
    setTrips(sync, 2n)
    sync.runSync()
    await again
  })

  it('a run that is aborted while it waits lets later ones begin', async () => {
    const session = await parallelSession()
    const endless = startEndless(session)
    const middle = OrtValue.allocate('float32', [96, 96])
    const writer = slowBinding(session, ENDLESS)
    writer.bindOrtValueOutput('y', middle)
    const stop = new AbortController()
    const writing = writer.run({ signal: stop.signal }).catch(({ name }) => name)
    const waiter = slowBinding(session, 1n)
    waiter.bindOrtValueInput('x', middle)
    const wait = new AbortController()
    const waiting = waiter.run({ signal: wait.signal }).catch(({ name }) => name)
    const later = slowBinding(session, 1n).run()
    wait.abort()
    expect(await waiting).toBe('AbortError')
    await endless.end()
    await later
    stop.abort()
    expect(await writing).toBe('AbortError')
  })

  it('release waits for all runs, and bindings can be disposed of during theirs', async () => {
    const session = await slowSession({ concurrentRuns: 4 })
    const bindings = Array.from({ length: 6 }, () => slowBinding(session, LONG / 50n))
    let settled = 0
    const runs = bindings.map((binding) => binding.run().then(() => settled++))
    for (const binding of bindings.slice(3)) binding.dispose()
    await session.release()
    expect(settled).toBe(6)
    await Promise.all(runs)
    await expect(bindings[0]!.run()).rejects.toMatchObject({ code: 'ERR_DISPOSED' })
  })

  it('many callers of one session get their own results', async () => {
    const session = await InferenceSession.create(twoInputs(), { concurrentRuns: 4, intraOpNumThreads: 1 })
    const caller = async (n: number) => {
      const io = session.createIoBinding({ a: [64], b: [64] })
      for (let i = 0; i < 50; i++) {
        const [a, b] = [n * 100 + i, n]
        io.inputs.a.fill(a)
        io.inputs.b.fill(b)
        await io.run()
        expect([io.outputs.sum![0], io.outputs.prod![63]]).toEqual([a + b, Math.fround(a * b)])
        const tensor = (value: number) => new Tensor('float32', new Float32Array(3).fill(value), [3])
        const { sum } = await session.run({ a: tensor(a), b: tensor(b) })
        expect(sum!.data).toEqual(new Float32Array(3).fill(a + b))
      }
    }
    await Promise.all([1, 2, 3, 4, 5, 6].map(caller))
    await session.release()
  })
})
