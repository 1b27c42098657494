import { pbkdf2 } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type InferenceSession, OrtError, type OrtValue } from 'onnxruntime-iobinding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ENDLESS, LONG, setTrips, slowBinding, slowFeeds, slowSession } from './fixtures/slow.mjs'

let session: InferenceSession

beforeEach(async () => {
  session = await slowSession()
})
afterEach(() => session.release())

/** The two asynchronous forms of a run of `slowLoop()`. */
const FORMS: [string, (trips: bigint, signal?: AbortSignal) => Promise<unknown>][] = [
  ['binding.run', (trips, signal) => slowBinding(session, trips).run(signal && { signal })],
  ['session.run', (trips, signal) => session.run(slowFeeds(trips), signal && { signal })],
]

const code = (wanted: string) => expect.objectContaining({ code: wanted })

/** The output of a separate run, for comparison. */
function expectedOutput(trips: bigint, x?: OrtValue): Float32Array {
  const binding = slowBinding(session, trips)
  if (x !== undefined) binding.bindOrtValueInput('x', x)
  binding.runSync()
  return binding.outputs.y as Float32Array
}

describe.each(FORMS)('%s in flight', (_, run) => {
  it('leaves the event loop free', async () => {
    let settled = false
    let turns = 0
    let timers = 0
    const interval = setInterval(() => timers++, 1)
    const running = run(LONG).then(() => {
      settled = true
    })
    while (!settled) {
      await setImmediate()
      turns++
    }
    clearInterval(interval)
    await running
    expect(turns).toBeGreaterThan(100)
    expect(timers).toBeGreaterThan(10)
  })

  it('leaves the threads of libuv free', async () => {
    const controllers = Array.from({ length: 8 }, () => new AbortController())
    const sessions = await Promise.all(controllers.map(() => slowSession()))
    let settled = 0
    const mine = session
    const runs = sessions.map((other, i) => {
      session = other
      return run(ENDLESS, controllers[i]!.signal).catch(() => settled++)
    })
    session = mine
    await Promise.all([
      readFile(import.meta.filename),
      promisify(pbkdf2)('password', 'salt', 1000, 32, 'sha256'),
      lookup('localhost'),
      ...Array.from({ length: 8 }, () => readFile(import.meta.filename)),
    ])
    expect(settled).toBe(0)
    for (const controller of controllers) controller.abort()
    await Promise.all(runs)
    expect(settled).toBe(8)
    await Promise.all(sessions.map((other) => other.release()))
  })
})

describe('runs of one session', () => {
  it('execute in the order of the calls, in both forms', async () => {
    const order: number[] = []
    const trips = [LONG / 4n, 1n, LONG / 8n, 2n, 1n, 3n]
    const runs = trips.map((count, i) => FORMS[i % 2]![1](count).then(() => order.push(i)))
    await Promise.all(runs)
    expect(order).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('give each of several bindings its own result', async () => {
    const trips = [5n, 1n, 3n, 2n, 4n]
    const bindings = trips.map((count) => slowBinding(session, count))
    await Promise.all(bindings.map((binding) => binding.run()))
    for (const [i, binding] of bindings.entries())
      expect(binding.outputs.y).toEqual(expectedOutput(trips[i]!))
  })

  it('end before a later runSync starts', async () => {
    const first = slowBinding(session, LONG / 4n)
    const second = slowBinding(session, LONG / 8n)
    const last = slowBinding(session, 3n)
    second.bindOrtValueInput('x', first.outputValue('y')!)
    last.bindOrtValueInput('x', second.outputValue('y')!)
    const settled: string[] = []
    const runs = [
      first.run().then(() => settled.push('first')),
      second.run().then(() => settled.push('second')),
    ]
    last.runSync()
    expect(settled).toEqual([])
    const result = (last.outputs.y as Float32Array).slice()
    await Promise.all(runs)
    expect(settled).toEqual(['first', 'second'])
    expect(first.outputs.y).toEqual(expectedOutput(LONG / 4n))
    expect(second.outputs.y).toEqual(expectedOutput(LONG / 8n, first.outputValue('y')))
    expect(result).toEqual(expectedOutput(3n, second.outputValue('y')))
  })

  it('are refused while the binding is in flight', async () => {
    const binding = slowBinding(session, LONG / 4n)
    const running = binding.run()
    await expect(binding.run()).rejects.toEqual(code('ERR_BUSY'))
    const value = binding.inputValue('x')!
    const calls = [
      () => binding.runSync(),
      () => binding.bindOrtValueInput('x', value),
      () => binding.bindOutput('y'),
      () => binding.clearBindingInputs(),
      () => binding.clearBindingOutputs(),
    ]
    for (const call of calls) expect(call).toThrow(code('ERR_BUSY'))
    await running
    setTrips(binding, 2n)
    await binding.run()
    expect(binding.outputs.y).toEqual(expectedOutput(2n))
  })

  it('use a thread of their own', async () => {
    const controller = new AbortController()
    const endless = FORMS[0]![1](ENDLESS, controller.signal)
    const other = await slowSession()
    await slowBinding(other, 5n).run()
    await other.run(slowFeeds(5n))
    await other.release()
    controller.abort()
    await expect(endless).rejects.toThrow()
  })

  it('are refused after the release, and complete if they started before it', async () => {
    const binding = slowBinding(session, 5n)
    const running = binding.run()
    const released = session.release()
    await expect(binding.run()).rejects.toEqual(code('ERR_DISPOSED'))
    await expect(session.run(slowFeeds(1n))).rejects.toEqual(code('ERR_DISPOSED'))
    await running
    await released
    expect(() => binding.runSync()).toThrow(OrtError)
  })
})
