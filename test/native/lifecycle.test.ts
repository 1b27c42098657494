import { describe, expect, it } from 'vitest'
import { endedWith, runFixture } from './child'

describe.concurrent('the end of a process', () => {
  it.each([
    ['with an open session, bindings and values', 'openAtExit', 'done'],
    ['by process.exit() while runs are in flight and queued', 'exitInFlight', 'exiting'],
    ['by process.exit() while models are loaded', 'exitDuringLoad', 'exiting'],
    ['by process.exit() while a release waits for a run', 'exitDuringRelease', 'exiting'],
    ['waits for a run that has not settled', 'unsettledRunKeepsAlive', 'settled 9216'],
    ['does not wait for an idle session', 'idleSessionDoesNot', 'ended by itself'],
  ])('%s', async (_, scenario, output) => {
    expect(await runFixture('exit.mjs', [scenario])).toEqual(endedWith(output))
  })

  it.each([
    ['an exception that nobody catches', 'uncaughtInFlight', 'Error: uncaught on purpose'],
    ['a rejection that nobody handles', 'busyUnhandled', "code: 'ERR_BUSY'"],
  ])('by %s while a run is in flight', async (_, scenario, text) => {
    const ended = await runFixture('exit.mjs', [scenario])
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' })
    expect(ended.stderr).toContain(text)
  })
})

describe.concurrent('worker threads', () => {
  const counted = [2000, 0]

  it.each([
    ['one worker', 'one', counted],
    ['several at once', 'several', Array(6).fill(counted)],
    ['beside the main thread', 'withMain', [2000, counted, counted]],
    ['end with an open session, binding and value', 'afterWorker', [[2, 0], [2, 0], 10]],
    ['are terminated during endless runs, while the main thread runs on', 'terminate', [[1, 1], true, 10]],
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

  // Node unloads an addon with the last environment that has it; ONNX Runtime goes on, and logs what it has to say.
  it('come one after the other, with none in the main thread', async () => {
    const ended = await runFixture('workers.mjs', ['oneAfterTheOther'])
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: '[2,2,2]\n' })
  })
})

describe.concurrent('garbage collection and disposal', () => {
  it.each([
    ['collects values that were dropped', 'values'],
    ['frees the memory of values that are disposed, at once', 'disposedValues'],
    ['collects sessions and bindings that were dropped', 'sessionsAndBindings'],
    ['keeps the memory of a view whose value was collected', 'viewOutlivesValue'],
    ['keeps bound values and wrapped arrays whose handles were collected', 'boundValuesOutliveTheirHandles'],
    ['keeps outputs beyond their session', 'outputsOutliveTheSession'],
    ['keeps bound strings', 'strings'],
    ['settles runs whose session and binding were dropped', 'droppedInFlight'],
    ['settles runs whose binding and values were disposed', 'disposedInFlight'],
    ['releases a session after its runs', 'releaseWaits'],
    ['disposes bindings while their session is released', 'disposedDuringRelease'],
    ['collects bindings while their session is released', 'collectedDuringRelease'],
    ['survives many sessions', 'createAndRelease'],
  ])('%s', async (_, scenario) => {
    expect(await runFixture('collect.mjs', [scenario], { node: ['--expose-gc'] })).toEqual(endedWith('done'))
  })
})

describe.concurrent('one process', () => {
  it.each([
    ['has one copy of the package, required and imported', 'requireAndImport'],
    ['has onnxruntime-node loaded before', 'nodeFirst'],
    ['has onnxruntime-node loaded after', 'oursFirst'],
    ['has onnxruntime-node running at once', 'atOnce'],
  ])('%s', async (_, scenario) => {
    expect(await runFixture('together.mjs', [scenario])).toEqual(endedWith('done'))
  })
})
