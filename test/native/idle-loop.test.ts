// Runs that take longer to hand over than to wait for, where the event loop would do nothing else.
import { InferenceSession } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { mlp } from '../helpers/model-builder.mjs'
import { settlesInThisTurn } from './fixtures/turns.mjs'

type Binding = ReturnType<InferenceSession['createIoBinding']>

/** The least of some runs, in µs. */
function leastTime(binding: Binding): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 20; i++) {
    const begin = performance.now()
    binding.runSync()
    least = Math.min(least, (performance.now() - begin) * 1000)
  }
  return least
}

/** Bindings of a session by default, whose runs take longer than those that are always inline, and not much. */
async function bindings(): Promise<Binding[]> {
  const session = await InferenceSession.create(mlp(), { intraOpNumThreads: 1 })
  for (let batch = 1; ; batch = Math.ceil(batch * 1.3)) {
    const shapes = { x: [batch, 128] }
    if (leastTime(session.createIoBinding(shapes)) > 100)
      return [1, 2].map(() => session.createIoBinding(shapes))
  }
}

/** Keeps the event loop busy. */
function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test.skipIf(process.platform === 'win32')(
  'a run settles in the same turn if the event loop has nothing else to do',
  async () => {
    const [binding] = await bindings()
    while (!(await settlesInThisTurn(binding!.run())));
  },
)

test('a run settles later if the event loop has other work meanwhile', async () => {
  const [binding] = await bindings()
  for (let i = 0; i < 200; i++) {
    const run = binding!.run()
    expect(await settlesInThisTurn(run, () => work(1))).toBe(false)
  }
})

test('a run settles later if others are in flight at a time', async () => {
  const [one, other] = await bindings()
  for (let i = 0; i < 200; i++) {
    const answers = await Promise.all([settlesInThisTurn(one!.run()), settlesInThisTurn(other!.run())])
    expect(answers).toEqual([false, false])
  }
})

test('runs settle later again once the event loop has other work', async () => {
  const [binding] = await bindings()
  for (let i = 0; i < 100; i++) await binding!.run()
  let ended = false
  const again = () => {
    work(1)
    if (!ended) setImmediate(again)
  }
  again()
  let later = 0
  for (let i = 0; i < 10_000 && later < 20; i++)
    later = (await settlesInThisTurn(binding!.run())) ? 0 : later + 1
  ended = true
  expect(later).toBe(20)
})
