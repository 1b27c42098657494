import { describe, expect, it } from 'vitest'
import { endedWith, runFixture } from './child'

describe.concurrent('a process', () => {
  it.each([
    ['ends with an open session, bindings and values', 'openAtExit', 'done'],
    ['ends by process.exit() while runs are in flight and queued', 'exitInFlight', 'exiting'],
    ['ends by process.exit() while models are loaded', 'exitDuringLoad', 'exiting'],
    ['ends by process.exit() while a release waits for a run', 'exitDuringRelease', 'exiting'],
    ['waits for a run that has not settled', 'unsettledRunKeepsAlive', 'settled 9216'],
    ['does not wait for an idle session', 'idleSessionDoesNot', 'ended by itself'],
  ])('%s', async (_, scenario, output) => {
    expect(await runFixture('exit.mjs', [scenario])).toEqual(endedWith(output))
  })

  it.each([
    ['an uncaught exception', 'uncaughtInFlight', 'Error: uncaught on purpose'],
    ['an unhandled rejection', 'busyUnhandled', "code: 'ERR_BUSY'"],
  ])('ends by %s while a run is in flight', async (_, scenario, text) => {
    const ended = await runFixture('exit.mjs', [scenario])
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' })
    expect(ended.stderr).toContain(text)
  })
})

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

describe.concurrent('garbage collection and disposal', () => {
  it.each([
    ['collect values that were dropped', 'values'],
    ['free the memory of disposed values at once', 'disposedValues'],
    ['collect sessions and bindings that were dropped', 'sessionsAndBindings'],
    ['keep the memory of a view whose value was collected', 'viewOutlivesValue'],
    ['keep bound values and wrapped arrays whose handles were collected', 'boundValuesOutliveTheirHandles'],
    ['keep outputs beyond their session', 'outputsOutliveTheSession'],
    ['keep bound strings', 'strings'],
    ['let runs settle whose session and binding were dropped', 'droppedInFlight'],
    ['let runs settle whose binding and values were disposed', 'disposedInFlight'],
    ['release a session after its runs', 'releaseWaits'],
    ['dispose bindings while their session is released', 'disposedDuringRelease'],
    ['collect bindings while their session is released', 'collectedDuringRelease'],
    ['work for many sessions', 'createAndRelease'],
  ])('%s', async (_, scenario) => {
    expect(await runFixture('collect.mjs', [scenario], { node: ['--expose-gc'] })).toEqual(endedWith('done'))
  })
})

describe.concurrent('a process with onnxruntime-node', () => {
  it.each([
    ['has one copy of the package, required and imported', 'requireAndImport'],
    ['runs both if onnxruntime-node is loaded first', 'nodeFirst'],
    ['runs both if onnxruntime-node is loaded last', 'oursFirst'],
    ['runs both at once', 'atOnce'],
  ])('%s', async (_, scenario) => {
    expect(await runFixture('together.mjs', [scenario])).toEqual(endedWith('done'))
  })
})
