import { getEventListeners } from 'node:events'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { InferenceSession } from 'onnxruntime-iobinding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ENDLESS, LONG, setTrips, slowBinding, slowFeeds, slowSession } from './fixtures/slow.mjs'

let session: InferenceSession

beforeEach(async () => {
  session = await slowSession()
})
afterEach(() => session.release())

async function expectUsable(): Promise<void> {
  const binding = slowBinding(session, 3n)
  await binding.run()
  const { y } = await session.run(slowFeeds(3n))
  binding.runSync()
  expect(binding.outputs.y).toEqual((y as { data: unknown }).data)
  expect((binding.outputs.y as Float32Array).some((element) => element !== 0)).toBe(true)
}

describe.each<[string, (trips: bigint, signal?: AbortSignal) => Promise<unknown>]>([
  ['binding.run', (trips, signal) => slowBinding(session, trips).run(signal && { signal })],
  ['session.run', (trips, signal) => session.run(slowFeeds(trips), signal && { signal })],
])('a signal of %s', (method, run) => {
  it('refuses the run if it is already aborted', async () => {
    await expect(run(ENDLESS, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    const reason = new Error('a reason of its own')
    await expect(run(ENDLESS, AbortSignal.abort(reason))).rejects.toBe(reason)
    await expectUsable()
  })

  it('ends a queued run at once, and leaves the current run alone', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    let running = true
    const endless = run(ENDLESS, first.signal).finally(() => {
      running = false
    })
    const queued = run(ENDLESS, second.signal)
    second.abort()
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' })
    expect(running).toBe(true)
    first.abort()
    await expect(endless).rejects.toMatchObject({ name: 'AbortError' })
    await expectUsable()
  })

  it('ends a running run, with its reason', async () => {
    const controller = new AbortController()
    const endless = run(ENDLESS, controller.signal)
    const later = run(2n)
    await setTimeout(50)
    const reason = { any: 'value' }
    controller.abort(reason)
    await expect(endless).rejects.toBe(reason)
    await later
    await expectUsable()
  })

  it('ends a run when AbortSignal.timeout expires', async () => {
    await expect(run(ENDLESS, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' })
    await expectUsable()
  })

  it('ends a run at any moment', async () => {
    for (let i = 0; i < 300; i++) {
      const controller = new AbortController()
      const endless = run(ENDLESS, controller.signal)
      for (let spin = 0; spin < i * 50; spin++) Math.sqrt(spin)
      if (i % 5 === 4) await setImmediate()
      controller.abort()
      await expect(endless).rejects.toMatchObject({ name: 'AbortError' })
    }
    await expectUsable()
  })

  it('has no effect and no listener after the run', async () => {
    const controller = new AbortController()
    await run(2n, controller.signal)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    controller.abort()
    await expectUsable()
  })

  it('keeps its deadline after short runs, which were inline', async () => {
    await using inline = await slowSession({ inlineRunBelowUs: 1e6 })
    const binding = slowBinding(inline, 1n)
    const runInline = (trips: bigint, options = {}) => {
      if (method === 'session.run') return inline.run(slowFeeds(trips), options)
      setTrips(binding, trips)
      return binding.run(options)
    }
    for (let i = 0; i < 50; i++) await runInline(1n)
    let turned = false
    const turn = setImmediate().then(() => {
      turned = true
    })
    await expect(runInline(LONG, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    expect(turned).toBe(true)
    await turn
  })

  it('causes no warning of a leak with many queued runs', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const controller = new AbortController()
    const runs = Array.from({ length: 12 }, () => run(2n, controller.signal))
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    await Promise.all(runs)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    const queued = Array.from({ length: 12 }, () => run(ENDLESS, controller.signal))
    controller.abort()
    for (const { status } of await Promise.allSettled(queued)) expect(status).toBe('rejected')
    await setImmediate()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('ends several runs', async () => {
    const controller = new AbortController()
    const runs = [1, 2, 3].map(() => run(ENDLESS, controller.signal))
    controller.abort()
    for (const { status } of await Promise.allSettled(runs)) expect(status).toBe('rejected')
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await expectUsable()
  })
})

describe('a binding whose run was aborted', () => {
  it('runs again, with right results', async () => {
    const binding = slowBinding(session, ENDLESS)
    const controller = new AbortController()
    const endless = binding.run({ signal: controller.signal })
    await setTimeout(20)
    controller.abort()
    await expect(binding.run()).rejects.toMatchObject({ code: 'ERR_BUSY' })
    await expect(endless).rejects.toMatchObject({ name: 'AbortError' })
    expect(() => binding.getOutputs()).toThrow()
    setTrips(binding, 3n)
    const fresh = slowBinding(session, 3n)
    await fresh.run()
    binding.runSync()
    expect(binding.outputs.y).toEqual(fresh.outputs.y)
    await binding.run({ signal: new AbortController().signal })
    expect(binding.outputs.y).toEqual(fresh.outputs.y)
  })

  it('guards a run that begins in the turn in which a queued one was aborted', async () => {
    const front = slowBinding(session, LONG / 10n).run()
    const binding = slowBinding(session, ENDLESS)
    const [first, second] = [new AbortController(), new AbortController()]
    const queued = binding.run({ signal: first.signal })
    first.abort()
    const again = binding.run({ signal: second.signal })
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' })
    expect(() => binding.inputs.trips).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    expect(() => binding.outputs.y).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    expect(() => binding.getOutputs()).toThrow(expect.objectContaining({ code: 'ERR_BUSY' }))
    second.abort()
    await expect(again).rejects.toMatchObject({ name: 'AbortError' })
    await front
  })

  it('has the results of a synchronous run in the turn in which a queued one was aborted', async () => {
    const front = slowBinding(session, LONG / 10n).run()
    const binding = slowBinding(session, 1n)
    const controller = new AbortController()
    const queued = binding.run({ signal: controller.signal })
    controller.abort()
    binding.runSync()
    const results = (binding.outputs.y as Float32Array).slice()
    expect(results.some((element) => element !== 0)).toBe(true)
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' })
    expect(binding.outputs.y).toEqual(results)
    await front
  })

  it('runs again after a queued run was canceled', async () => {
    const front = slowBinding(session, LONG / 10n).run()
    const binding = slowBinding(session, ENDLESS)
    const controller = new AbortController()
    const queued = binding.run({ signal: controller.signal })
    controller.abort()
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' })
    setTrips(binding, 1n)
    await binding.run()
    await front
    expect((binding.outputs.y as Float32Array).some((element) => element !== 0)).toBe(true)
  })
})
