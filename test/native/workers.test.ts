import { describe, expect, it } from 'vitest'
import { endedWith, runFixture } from './child'

describe.concurrent('worker threads', () => {
  const counted = [2000, 0]

  it.each([
    ['return correct results: one worker', 'one', counted],
    ['return correct results: several at once', 'several', Array(6).fill(counted)],
    ['return correct results beside the main thread', 'withMain', [2000, counted, counted]],
    ['end with an open session, binding and value', 'afterWorker', [[2, 0], [2, 0], 10]],
    ['are terminated during endless runs, while the main thread continues', 'terminate', [[1, 1], true, 10]],
    ['are terminated at any time', 'terminateAtAnyTime', 10],
    ['are terminated while runs settle', 'terminateSettling', 10],
    ['are terminated during synchronous calls', 'terminateSynchronous', 10],
    ['call process.exit() during an endless run', 'exitInFlight', [3]],
    ['stay until a run has settled', 'settles', ['settled', 0]],
  ])('%s', async (_, scenario, result) => {
    expect(await runFixture('workers.mjs', [scenario])).toEqual(endedWith(JSON.stringify(result)))
  })

  it('are in endless runs when the process exits', async () => {
    expect(await runFixture('workers.mjs', ['exitWithWorkers'])).toEqual({ ...endedWith(''), stdout: '' })
  })

  // Node.js unloads an addon with the last environment that loaded it; ONNX Runtime's threads continue, and log.
  it('can use the addon one after the other, without the main thread', async () => {
    const ended = await runFixture('workers.mjs', ['oneAfterTheOther'])
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: '[2,2,2]\n' })
  })
})
