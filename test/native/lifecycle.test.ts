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
    ['has one listener for its end, whatever it loads', 'listensOnce', '1'],
    [
      "refuses runs after the package's listener for its end",
      'refusedWhileExiting',
      [...Array(5).fill('ERR_EXITING'), 'released 1'].join('\n'),
    ],
  ])('%s', async (_, scenario, output) => {
    expect(await runFixture('exit.mjs', [scenario])).toEqual(endedWith(output))
  })

  // ONNX Runtime's message at the end of a load is missing.
  it('cancels a load at its end', async () => {
    const ended = await runFixture('exit.mjs', ['exitCancelsLoad'])
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: '' })
    expect(ended.stderr).toContain('Session Options')
    expect(ended.stderr).not.toContain('Session successfully initialized')
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
