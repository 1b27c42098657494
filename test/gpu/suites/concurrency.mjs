// Many runs at once; aborts, and disposal during runs.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { OrtValue, Tensor } from '../../../dist/index.mjs'
import { small } from '../expected-models.mjs'
import { assertSame, errorCode, open, random, randomize } from '../session.mjs'

const LONG = 1_000_000n

/** Eight bindings of one session whose copies overlap others' kernels. */
async function manyBindings(t) {
  const dims = [64, 128]
  for (const wait of ['spin', 'block']) {
    const session = await open(small('mlp'), { cuda: { wait } })
    const bindings = Array.from({ length: 8 }, () => session.createIoBinding({ x: dims }))
    const one = session.createIoBinding({ x: dims })
    for (const round of t.rounds(200)) {
      for (const [i, { inputs }] of bindings.entries()) randomize(inputs.x, 8 * round + i + 1)
      await Promise.all(bindings.map((binding) => binding.run()))
      for (const [i, binding] of bindings.entries()) {
        one.inputs.x.set(binding.inputs.x)
        one.runSync()
        assertSame(binding.outputs.y, one.outputs.y, `wait ${wait}, round ${round}, binding ${i}`)
      }
    }
    for (const binding of [...bindings, one]) binding.dispose()
    await session.release()
  }
}

/** Each binding runs in a loop of its own, beside session.run. */
async function mixed(t) {
  const session = await open(small('mlp'))
  const x = random(256)
  const tensor = new Tensor('float32', x, [2, 128])
  const expected = (await session.run({ x: tensor })).y.data
  const loops = Array.from({ length: 6 }, async (_, i) => {
    const binding = session.createIoBinding({ x: [2, 128] })
    binding.inputs.x.set(x)
    for (const n of t.rounds(300)) {
      if (i === 0) assertSame((await session.run({ x: tensor })).y.data, expected, 'session.run')
      else {
        await binding.run()
        assertSame(binding.outputs.y, expected, `binding ${i}`)
        if (n % 50 === i) binding.runSync()
      }
    }
    binding.dispose()
  })
  await Promise.all(loops)
  await session.release()
}

function slow(session, trips = LONG) {
  const binding = session.createIoBinding({ trips: [], x: [96, 96] })
  binding.inputs.trips[0] = trips
  binding.inputs.x.set(random(96 * 96))
  return binding
}

async function abort(t) {
  const session = await open(small('slow-loop'))
  const binding = slow(session)
  await t.part('aborts a run', async () => {
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const begin = performance.now()
    const pending = binding.run({ signal: controller.signal })
    setTimeout(() => controller.abort(reason), 100)
    await assert.rejects(pending, (error) => error === reason)
    const took = performance.now() - begin
    assert.ok(took < 10_000, `it ended after ${took} ms`)
    return { endedAfterMs: took }
  })
  await t.part('aborts a queued run', async () => {
    const controller = new AbortController()
    const other = slow(session, 10n)
    const pending = [binding, other].map((one) => one.run({ signal: controller.signal }))
    controller.abort()
    // allSettled: both reject before the first is examined.
    for (const { reason } of await Promise.allSettled(pending)) assert.equal(reason?.name, 'AbortError')
    other.dispose()
  })
  await t.part('aborts session.run', async () => {
    const feeds = {
      trips: new Tensor('int64', BigInt64Array.of(LONG), []),
      x: new Tensor('float32', random(96 * 96), [96, 96]),
    }
    await assert.rejects(session.run(feeds, { signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' })
  })
  await t.part('rejects a run with an aborted signal', async () => {
    await assert.rejects(binding.run({ signal: AbortSignal.abort() }), { name: 'AbortError' })
  })
  await t.part('runs again after the aborts', async () => {
    const again = slow(session, 5n)
    again.runSync()
    binding.inputs.trips[0] = 5n
    await binding.run()
    assertSame(binding.outputs.y, again.outputs.y, 'after the aborts')
    again.dispose()
  })
  binding.dispose()
  await session.release()
}

async function dispose(t) {
  const session = await open(small('slow-loop'))
  await t.part('completes the run of a disposed binding', async () => {
    const binding = slow(session, 2000n)
    const pending = binding.run()
    binding.dispose()
    binding.dispose()
    await pending
    assert.equal(await errorCode(() => binding.runSync()), 'ERR_DISPOSED')
  })
  await t.part('refuses to use a value during its run', async () => {
    const binding = slow(session, 2000n)
    const output = OrtValue.allocate('float32', [96, 96], 'cuda')
    binding.bindOrtValueOutput('y', output)
    const pending = binding.run()
    assert.equal(await errorCode(() => binding.runSync()), 'ERR_BUSY')
    assert.equal(await errorCode(() => output.read()), 'ERR_BUSY')
    output.dispose()
    await pending
    assert.equal(await errorCode(() => binding.run()), 'ERR_DISPOSED')
    binding.dispose()
  })
  await t.part('disposes bindings during runs', async () => {
    for (const i of t.rounds(100)) {
      const binding = slow(session, BigInt(i % 7))
      const pending = binding.run()
      if (i % 3 === 0) await sleep(0)
      binding.dispose()
      await pending
    }
  })
  await t.part('completes a run when the session is released', async () => {
    const binding = slow(session, 2000n)
    const pending = binding.run()
    const released = session.release()
    await pending
    assert.ok(binding.outputs.y.some((value) => value !== 0))
    await released
    assert.equal(await errorCode(() => binding.run()), 'ERR_DISPOSED')
    binding.dispose()
  })
}

/** The event loop continues while the GPU works. */
async function eventLoop(t) {
  const session = await open(small('slow-loop'))
  const binding = slow(session, 5000n)
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const begin = performance.now()
  await binding.run()
  const ms = performance.now() - begin
  clearInterval(timer)
  t.note('run, ms', Math.round(ms))
  t.note('timers meanwhile', turns)
  assert.ok(ms < 50 || turns >= ms / 20, `${turns} timers in ${ms} ms`)
  binding.dispose()
  await session.release()
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'concurrency/many-bindings', run: manyBindings, tags: ['short'] },
  { id: 'concurrency/mixed', run: mixed },
  { id: 'concurrency/abort', run: abort },
  { id: 'concurrency/dispose', run: dispose, tags: ['short'] },
  { id: 'concurrency/event-loop', run: eventLoop },
]
