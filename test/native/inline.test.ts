import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { InferenceSession, type SessionOptions, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { counter, mlp, model, node, oneNode, twoInputs, value } from '../helpers/model-builder.mjs'
import { ALL_SHORT } from './fixtures/held.mjs'
import { LONG, setTrips, slowBinding, slowSession } from './fixtures/slow.mjs'
import { settlesInThisTurn } from './fixtures/turns.mjs'

/** For each of several runs, one after another: whether it settled in the turn of its call. */
async function turns(count: number, run: () => Promise<unknown>): Promise<boolean[]> {
  const answers: boolean[] = []
  for (let i = 0; i < count; i++) answers.push(await settlesInThisTurn(run()))
  return answers
}

async function forms(
  model: Uint8Array,
  options: SessionOptions,
): Promise<[string, () => Promise<unknown>][]> {
  // One for each: runs of the same shapes learn together.
  const session = await InferenceSession.create(model, options)
  const binding = (await InferenceSession.create(model, options)).createIoBinding()
  const x = new Tensor('float32', new Float32Array(1), [1])
  return [
    ['binding.run', () => binding.run()],
    ['session.run', () => session.run({ x })],
  ]
}

/** Stops its parent for 40 of every 60 ms, until its input ends. */
const INTERRUPTS = `
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  let ended = false
  process.stdin.on('end', () => { ended = true }).resume()
  process.stdout.write('ready')
  void (async () => {
    while (!ended) {
      process.kill(process.ppid, 'SIGSTOP')
      await pause(40)
      process.kill(process.ppid, 'SIGCONT')
      await pause(20)
    }
  })()`

describe('a short run', () => {
  it('settles in the same turn after short runs', async () => {
    for (const [form, run] of await forms(oneNode(), ALL_SHORT)) {
      const answers = await turns(20, run)
      expect(answers[0], form).toBe(false)
      expect(answers.filter(Boolean).length, form).toBeGreaterThan(10)
    }
  })

  it('never settles in the same turn with inlineRunBelowUs 0', async () => {
    for (const [form, run] of await forms(oneNode(), { inlineRunBelowUs: 0 })) {
      expect(await turns(50, run), form).toEqual(Array(50).fill(false))
    }
  })

  it('settles later while other runs of the session are in flight', async () => {
    const session = await slowSession(ALL_SHORT)
    const short = slowBinding(session, 1n)
    while (!(await settlesInThisTurn(short.run())));
    const order: string[] = []
    const long = slowBinding(session, LONG / 10n).run()
    await Promise.all([long.then(() => order.push('long')), short.run().then(() => order.push('short'))])
    expect(order).toEqual(['long', 'short'])
  })

  it('is passed to the run thread if a value of another shape is bound', async () => {
    const session = await InferenceSession.create(twoInputs(), ALL_SHORT)
    const bindings = [1, 2].map((n) => session.createIoBinding({ a: [n], b: [n] }))
    const binding = bindings[0]!
    while (!(await settlesInThisTurn(binding.run())));
    binding.bindOrtValueInput('a', bindings[1]!.inputValue('a')!)
    binding.bindOrtValueInput('b', bindings[1]!.inputValue('b')!)
    binding.bindOutput('sum')
    binding.bindOutput('prod')
    expect(await settlesInThisTurn(binding.run())).toBe(false)
    expect(binding.outputs.sum).toEqual(new Float32Array(2))
  })

  it('settles in the same turn if another binding had short runs of these shapes', async () => {
    const attempt = async () => {
      await using session = await InferenceSession.create(twoInputs(), ALL_SHORT)
      const [one, other, longer] = [1, 1, 2].map((n) => session.createIoBinding({ a: [n], b: [n] }))
      while (!(await settlesInThisTurn(one!.run())));
      const x = new Tensor('float32', new Float32Array(1), [1])
      return [
        await settlesInThisTurn(other!.run()),
        await settlesInThisTurn(longer!.run()),
        await settlesInThisTurn(session.run({ a: x, b: x })),
      ]
    }
    // A pause of the machine may end the burst of inline runs.
    const attempts = []
    for (let i = 0; i < 5; i++) attempts.push(await attempt())
    expect(attempts).toContainEqual([true, false, true])
    expect(attempts.filter(([, longer]) => longer)).toEqual([])
  })

  it('ends a burst of inline runs, of all sessions, with the turn of an event loop that does not sleep', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => InferenceSession.create(oneNode())))
    const bindings = [one!.createIoBinding(), other!.createIoBinding()]
    let busy = true
    const turn = () => {
      if (busy) setImmediate(turn)
    }
    turn()
    const answers: boolean[] = []
    for (let i = 0; i < 4000; i++) answers.push(await settlesInThisTurn(bindings[i % 2]!.run()))
    busy = false
    const later = answers.flatMap((inTurn, i) => (inTurn ? [] : [i])).filter((i) => i >= 100)
    expect(later.length).toBeGreaterThan(10)
    expect(later.length).toBeLessThan(2000)
  })

  it.skipIf(process.platform === 'win32')(
    'settles in the same turn if the process is interrupted',
    async () => {
      // No pause of the process is shorter than the bound, and none counts as a run's own time.
      const session = await InferenceSession.create(mlp(), { intraOpNumThreads: 1, inlineRunBelowUs: 20_000 })
      const binding = session.createIoBinding({ x: [32, 128] })
      const interrupter = spawn(process.execPath, ['--eval', INTERRUPTS], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      await once(interrupter.stdout, 'data')
      const answers = await turns(4000, () => binding.run())
      const pauses = once(interrupter, 'exit')
      interrupter.stdin.end()
      await pauses
      expect(answers.filter(Boolean).length).toBeGreaterThan(2800)
    },
  )

  it('does not starve the event loop', async () => {
    for (const [form, run] of await forms(oneNode(), {})) {
      let turned = false
      setImmediate(() => {
        turned = true
      })
      let runs = 0
      while (!turned && runs < 1e6) {
        await run()
        runs++
      }
      expect(turned, `${runs} of ${form}`).toBe(true)
    }
  })

  it('does not starve the event loop where it fails', async () => {
    const reshape = model({
      inputs: [value('x', 'float32', [4]), value('shape', 'int64', [1])],
      outputs: [value('y', 'float32', ['n'])],
      nodes: [node('Reshape', ['x', 'shape'], ['y'])],
    })
    await using session = await InferenceSession.create(reshape, { ...ALL_SHORT, logSeverityLevel: 4 })
    using binding = session.createIoBinding({}, { outputs: { y: 'dynamic' } })
    ;(binding.inputs.shape as BigInt64Array)[0] = 4n
    while (!(await settlesInThisTurn(binding.run())));
    ;(binding.inputs.shape as BigInt64Array)[0] = 3n
    let turned = false
    setImmediate(() => {
      turned = true
    })
    let runs = 0
    for (; !turned && runs < 1e5; runs++) await expect(binding.run()).rejects.toThrow()
    expect(turned, `${runs} runs`).toBe(true)
  })

  it('accepts a signal, and refuses one that was aborted', async () => {
    const session = await InferenceSession.create(oneNode(), ALL_SHORT)
    const binding = session.createIoBinding()
    const controller = new AbortController()
    const { signal } = controller
    for (let i = 0; i < 10; i++) await binding.run({ signal })
    controller.abort()
    await expect(binding.run({ signal })).rejects.toMatchObject({ name: 'AbortError' })
    await binding.run()
  })
})

describe('a long run', () => {
  it('settles in the same turn twice at most after short ones', async () => {
    const session = await slowSession({ inlineRunBelowUs: 5000 })
    const binding = slowBinding(session, 1n)
    for (let i = 0; i < 20; ++i) await binding.run()
    setTrips(binding, LONG / 20n)
    const answers = await turns(20, () => binding.run())
    expect(answers.filter(Boolean).length).toBeLessThanOrEqual(2)
  })

  it('never settles in the same turn', async () => {
    const session = await slowSession()
    const binding = slowBinding(session, LONG / 20n)
    expect(await turns(8, () => binding.run())).toEqual(Array(8).fill(false))
  })
})

describe.each<[string, SessionOptions]>([
  ['without spinning', { runThreadSpinUs: 0 }],
  ['without spinning or inline runs', { runThreadSpinUs: 0, inlineRunBelowUs: 0 }],
  ['spinning long', { runThreadSpinUs: 1000, inlineRunBelowUs: 0 }],
  ['inline whenever possible', ALL_SHORT],
])('runs %s', (_, options) => {
  it('read what the previous run has written', async () => {
    const session = await InferenceSession.create(counter(), options)
    const binding = session.createIoBinding()
    const state = binding.inputValue('state')!
    binding.bindOrtValueOutput('new_state', state)
    for (let i = 0; i < 300; i++) {
      if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 1))
      await (i % 7 === 6 ? binding.runSync() : binding.run())
    }
    expect(state.data[0]).toBe(300)
    await session.release()
  })
})
