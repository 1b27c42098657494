import { BindingPool, type InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { identity } from '../helpers/model-builder.mjs'

let session: InferenceSession
beforeAll(async () => {
  session = await createSession(identity('float32', ['n']))
})
afterAll(() => session.release())

/** A promise, and what resolves it. */
function hold(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const next = () => new Promise<void>((resolve) => setImmediate(resolve))

test('lends each binding to one caller at a time, in the order of the calls', async () => {
  await using pool = session.createBindingPool({ x: [1] }, { size: 2 })
  expect(pool).toBeInstanceOf(BindingPool)
  expect(pool.size).toBe(2)
  const inUse = new Set<unknown>()
  const begun: number[] = []
  const results = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((value) =>
      pool.use(async (io) => {
        begun.push(value)
        expect(inUse.has(io)).toBe(false)
        inUse.add(io)
        io.inputs.x[0] = value
        await next()
        await io.run()
        const y = io.outputs.y[0]
        inUse.delete(io)
        return y
      }),
    ),
  )
  expect(results).toEqual([1, 2, 3, 4, 5, 6])
  expect(begun).toEqual([1, 2, 3, 4, 5, 6])
})

test('gives a binding back after an exception', async () => {
  await using pool = session.createBindingPool({ x: [1] }, { size: 1 })
  const gone = new Error('gone')
  const fail = () => {
    throw gone
  }
  await expect(pool.use(fail)).rejects.toBe(gone)
  await expect(pool.use(async () => fail())).rejects.toBe(gone)
  expect(await pool.use((io) => io.inputs.x.length)).toBe(1)
})

test('replaces a binding whose run its caller did not await, or that its caller disposed of', async () => {
  await using pool = session.createBindingPool({ x: [1] }, { size: 1 })
  const values = await Promise.all([
    pool.use((io) => void io.run()),
    pool.use(async (io) => {
      io.inputs.x[0] = 7
      await io.run()
      return io.outputs.y[0]
    }),
    pool.use((io) => io.dispose()),
    pool.use(async (io) => {
      io.inputs.x[0] = 8
      await io.run()
      return io.outputs.y[0]
    }),
  ])
  expect(values).toEqual([undefined, 7, undefined, 8])
})

test('refuses a call beyond its queue, with and without a signal', async () => {
  await using pool = session.createBindingPool({ x: [1] }, { size: 1, maxQueueSize: 1 })
  const held = hold()
  const first = pool.use(() => held.promise)
  const second = pool.use(() => 2)
  expect(pool.waiting).toBe(1)
  await expectError(() => pool.use(() => 3), 'ERR_QUEUE_FULL')
  held.resolve()
  expect(await second).toBe(2)
  await first
})

test('ends a wait by the signal or the deadline, and lends to the next', async () => {
  await using pool = session.createBindingPool({ x: [1] }, { size: 1 })
  const held = hold()
  const first = pool.use(() => held.promise)
  const controller = new AbortController()
  const aborted = pool.use(() => 2, { signal: controller.signal })
  const late = pool.use(() => 3, { timeoutMs: 1 })
  const last = pool.use(() => 4)
  controller.abort(new Error('gone'))
  await expect(aborted).rejects.toThrow('gone')
  await expectError(() => late, 'ERR_TIMEOUT')
  expect(pool.waiting).toBe(1)
  held.resolve()
  await first
  expect(await last).toBe(4)
  await expect(pool.use(() => 5, { signal: controller.signal })).rejects.toThrow('gone')
})

test('waits for its callers when it is closed, and refuses those that wait', async () => {
  const pool = session.createBindingPool({ x: [1] }, { size: 1 })
  const held = hold()
  const first = pool.use(async (io) => {
    await held.promise
    await io.run()
    return io.outputs.y.length
  })
  const waiting = pool.use(() => 2)
  const closed = pool.close()
  await expectError(() => waiting, 'ERR_DISPOSED')
  await expectError(() => pool.use(() => 3), 'ERR_DISPOSED')
  held.resolve()
  expect(await first).toBe(1)
  await closed
  await pool.close()
})

test('takes the options of bindings, and refuses values that its callers would share', async () => {
  await using pool = session.createBindingPool({ x: [2] }, { outputs: { y: 'dynamic' } })
  expect(pool.size).toBe(4)
  await pool.use(async (io) => {
    await io.run()
    expect(io.outputs.y).toHaveLength(2)
  })
  const value = OrtValue.allocate('float32', [1])
  await expectError(() => session.createBindingPool({ x: value as never }), 'ERR_INVALID_ARG_VALUE')
  const shared = { outputs: { y: value } }
  await expectError(() => session.createBindingPool({ x: [1] }, shared), 'ERR_INVALID_ARG_VALUE')
  await expectError(() => session.createBindingPool({ z: [1] }), 'ERR_UNKNOWN_INPUT')
  await expectError(() => session.createBindingPool({ x: [1] }, { size: 0 }), 'ERR_INVALID_ARG_VALUE')
  await expectError(() => session.createBindingPool({ x: [1] }, { sise: 1 } as never), 'ERR_UNKNOWN_OPTION')
  await expectError(() => session.createBindingPool({ x: [1] }, null as never), 'ERR_INVALID_ARG_TYPE')
  await expectError(() => pool.use(null as never), 'ERR_INVALID_ARG_TYPE')
})
