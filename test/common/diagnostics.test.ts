// node:diagnostics_channel: what it publishes of loads and runs.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  InferenceSession,
  type IoBinding,
  type LoadMessage,
  type RunMessage,
  Tensor,
} from 'onnxruntime-iobinding'
import { afterEach, describe, expect, test } from 'vitest'
import { createSession, deviceName } from '../helpers/device.ts'
import { engineName, isNative } from '../helpers/engine.ts'
import { oneNode, slowLoop } from '../helpers/model-builder.mjs'
import { temporaryFolder } from '../native/package-copy'

type Event = 'start' | 'end' | 'error'
const subscriptions: (() => void)[] = []
afterEach(() => {
  for (const end of subscriptions.splice(0)) end()
})

/** The messages of an operation's channels, in the order in which they come, as they were then. */
function observe<M extends object>(
  operation: 'load' | 'run',
  events: readonly Event[] = ['start', 'end', 'error'],
) {
  const messages: (M & { event: Event; message: unknown })[] = []
  for (const event of events) {
    const name = `onnxruntime-iobinding:${operation}:${event}`
    const listener = (message: unknown) => void messages.push({ event, message, ...(message as M) })
    subscribe(name, listener)
    subscriptions.push(() => unsubscribe(name, listener))
  }
  return messages
}
const observeRuns = (events?: readonly Event[]) => observe<RunMessage>('run', events)

const x = () => new Tensor('float32', [41], [1])
const device = deviceName ?? 'cpu'
const source = { model: undefined, engine: engineName, device }

function expectTimes({ durationMs, queueMs, runMs, inline }: RunMessage) {
  expect(durationMs).toBeGreaterThan(0)
  if (!isNative) return expect({ queueMs, runMs, inline }).toEqual({ inline: false })
  expect(queueMs).toBeGreaterThanOrEqual(0)
  expect(runMs).toBeGreaterThan(0)
  expect(queueMs! + runMs!).toBeLessThanOrEqual(durationMs!)
}

describe('a load', () => {
  test('is published with the path of the model, and what runs it', async () => {
    const path = join(temporaryFolder(), 'one.onnx')
    writeFileSync(path, oneNode())
    const messages = observe<LoadMessage>('load')
    await using session = await createSession(path)
    await using _ = await createSession(oneNode())
    expect(messages.map(({ event, model }) => [event, model])).toEqual([
      ['start', path],
      ['end', path],
      ['start', undefined],
      ['end', undefined],
    ])
    const { engine, executionProviders, durationMs } = messages[1]!
    expect({ engine, executionProviders }).toEqual({
      engine: session.engine,
      executionProviders: session.executionProviders,
    })
    expect(durationMs).toBeGreaterThan(0)
    expect(messages[0]!.message).toBe(messages[1]!.message)
  })

  test('that fails is published with its error', async () => {
    const messages = observe<LoadMessage>('load')
    const error = await InferenceSession.create('missing.onnx').catch((error: unknown) => error)
    expect(messages.map(({ event }) => event)).toEqual(['start', 'error'])
    expect(messages[1]).toMatchObject({ model: 'missing.onnx', error })
  })
})

describe('a run', () => {
  test('of a session is published with its times', async () => {
    await using session = await createSession(oneNode())
    const messages = observeRuns()
    // The first runs have no plan, the next have.
    for (let i = 0; i < 4; i++) {
      const { y } = await session.run({ x: x() })
      expect(y!.data).toEqual(Float32Array.of(42))
    }
    expect(messages.map(({ event }) => event)).toEqual(Array(4).fill(['start', 'end']).flat())
    for (const message of messages) expect(message).toMatchObject({ call: 'session.run', ...source })
    for (const message of messages.filter(({ event }) => event === 'end')) expectTimes(message)
  })

  test('of a binding is published with its times', async () => {
    await using session = await createSession(oneNode())
    using io = session.createIoBinding({ x: [1] })
    io.inputs.x[0] = 41
    const messages = observeRuns(['end'])
    for (let i = 0; i < 8; i++) await io.run()
    if (isNative) for (let i = 0; i < 2; i++) io.runSync()
    expect(io.outputs.y[0]).toBe(42)
    expect(messages.map(({ call }) => call)).toEqual([
      ...Array(8).fill('io.run'),
      ...(isNative ? ['io.runSync', 'io.runSync'] : []),
    ])
    for (const message of messages) expectTimes(message)
    // A run on the calling thread has no queue.
    if (isNative && deviceName === undefined) {
      expect(messages.at(-1)).toMatchObject({ inline: true, queueMs: 0 })
      expect(messages[0]!.inline).toBe(false)
    }
  })

  test('that fails, is aborted or refused is published with its error', async () => {
    await using session = await createSession(oneNode())
    using io = session.createIoBinding({ x: [1] })
    const messages = observeRuns(['error'])
    const failures = [
      () => session.run({}),
      () => session.run({ x: x() }, { tagg: '' } as never),
      ...(isNative ? [() => io.run({ signal: AbortSignal.abort(new Error('enough')) })] : []),
      () => io.run({ upload: ['z'] }),
      ...(isNative ? [async () => io.runSync({ upload: ['z'] })] : []),
    ]
    const errors: unknown[] = []
    for (const fail of failures) errors.push(await fail().then(undefined, (error: unknown) => error))
    expect(messages.map(({ error }) => error)).toEqual(errors)
    for (const [i, { error, durationMs }] of messages.entries()) {
      expect(error).toBe(errors[i])
      expect(durationMs).toBeGreaterThanOrEqual(0)
    }
  })

  test('ends for subscribers that throw', async () => {
    await using session = await createSession(oneNode())
    const messages = observeRuns(['end'])
    const thrown: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => void thrown.push(error))
    const listener = () => {
      throw new Error('subscriber')
    }
    subscribe('onnxruntime-iobinding:run:start', listener)
    await session.run({ x: x() })
    unsubscribe('onnxruntime-iobinding:run:start', listener)
    await new Promise(setImmediate)
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(messages).toHaveLength(1)
    expect(thrown).toHaveLength(1)
  })
})

// The simulated GPU and WebGPU in software take seconds for it.
if (isNative && deviceName === undefined) {
  test('runs of several bindings, and a synchronous one behind them, are published with what they waited', async () => {
    await using session = await createSession(slowLoop())
    const bindings = [1, 2, 3].map(() => session.createIoBinding())
    for (const io of bindings) (io.inputs.trips as BigInt64Array)[0] = 300n
    const messages = observeRuns(['end'])
    await Promise.all(bindings.map((io: IoBinding) => io.run()))
    expect(messages).toHaveLength(3)
    for (const message of messages) {
      expectTimes(message)
      expect(message.inline).toBe(false)
      expect(message.queueMs).toBeGreaterThan(0)
    }
    // A synchronous run waits too.
    const pending = bindings[0]!.run()
    bindings[1]!.runSync()
    await pending
    const sync = messages.find(({ call }) => call === 'io.runSync')!
    expect(sync).toMatchObject({ inline: false })
    expectTimes(sync)
    for (const io of bindings) io.dispose()
  })
}

test('nothing is published for those who do not subscribe', async () => {
  await using session = await createSession(oneNode())
  const messages = observeRuns()
  for (const end of subscriptions.splice(0)) end()
  await session.run({ x: x() })
  expect(messages).toEqual([])
})
