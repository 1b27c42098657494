// Runs after a burst of inline runs, which the event loop's thread does in its next turn.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { oneNode } from '../helpers/model-builder.mjs'
import { ALL_SHORT, counterSession, counting, heldRun } from './fixtures/held.mjs'

describe('a run that waits for the next turn', () => {
  test('is done in it', async () => {
    await using session = await counterSession()
    const { binding, state } = await counting(session)
    const run = heldRun(binding, state)
    const before = state[0]!
    await run
    expect(state[0]).toBe(before + 1)
  })

  test('comes before a runSync of another binding', async () => {
    await using session = await counterSession()
    const { binding, state, value } = await counting(session)
    const reader = session.ioBinding()
    reader.bindOrtValueInput('state', value)
    reader.bindOutput('new_state')
    const run = heldRun(binding, state)
    const before = state[0]!
    reader.runSync()
    expect(reader.outputs.new_state).toEqual(Float32Array.of(before + 2))
    await run
    expect(state[0]).toBe(before + 1)
  })

  test('comes before others of its session, in the order of the calls', async () => {
    await using session = await counterSession()
    const { binding, state, value } = await counting(session)
    const order: string[] = []
    const run = heldRun(binding, state).then(() => order.push('held'))
    const before = state[0]!
    const { signal } = new AbortController()
    const read = (options = {}) => session.run({ state: value }, options)
    const results = await Promise.all([
      read().finally(() => order.push('held too')),
      read({ signal }).finally(() => order.push('signal')),
      read().finally(() => order.push('last')),
      run,
    ])
    expect(order).toEqual(['held', 'held too', 'signal', 'last'])
    expect(results.slice(0, 3).map((result) => (result as { new_state: Tensor }).new_state.data[0])).toEqual(
      Array(3).fill(before + 2),
    )
  })

  test('is done before its session is released', async () => {
    const session = await counterSession()
    const { binding, state } = await counting(session)
    const run = heldRun(binding, state)
    const before = state[0]!
    await session.release()
    await run
    expect(state[0]).toBe(before + 1)
  })

  test('of many callers, and of many sessions, settles', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => InferenceSession.create(oneNode())))
    const x = new Tensor('float32', [1], [1])
    let results = 0
    const caller = async (session: InferenceSession) => {
      for (let i = 0; i < 500; i++) {
        const { y } = await session.run({ x })
        results += y!.data[0] as number
      }
    }
    await Promise.all(Array.from({ length: 48 }, (_, i) => caller(sessions[i % 3]!)))
    expect(results).toBe(48 * 500 * 2)
    for (const session of sessions) await session.release()
  })

  test.each([
    ['exit', 3],
    ['throw', 1],
    ['emit', 4],
  ])('does not keep the process from its end: %s', (how, expected) => {
    const fixture = new URL('fixtures/held.mjs', import.meta.url).pathname
    const { status, signal } = spawnSync(process.execPath, [fixture, how], { stdio: 'ignore' })
    expect({ status, signal }).toEqual({ status: expected, signal: null })
  })

  test('does not keep a worker from its end', async () => {
    const worker = new Worker(new URL('fixtures/held.mjs', import.meta.url), { argv: ['wait'] })
    await new Promise((resolve) => worker.once('message', resolve))
    expect(await worker.terminate()).toBe(1)
  })
})

/** How often the run threads of this process slept. */
function sleeps(): number {
  const of = (thread: string) => {
    const file = (name: string) => readFileSync(`/proc/self/task/${thread}/${name}`, 'utf8')
    if (file('comm') !== 'ort-io-run\n') return 0
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(file('status'))![1])
  }
  return readdirSync('/proc/self/task').reduce((sum, thread) => sum + of(thread), 0)
}

test.runIf(process.platform === 'linux')('short runs of many callers wake no run thread', async () => {
  await using session = await InferenceSession.create(oneNode(), {
    ...ALL_SHORT,
    runThreadSpinUs: 0,
  })
  const bindings = Array.from({ length: 64 }, () => session.createIoBinding())
  const calls = (count: number) =>
    Promise.all(
      bindings.map(async (binding) => {
        for (let i = 0; i < count; i++) await binding.run()
      }),
    )
  await calls(20)
  const before = sleeps()
  await calls(200)
  expect(sleeps() - before).toBeLessThan(200)
})
