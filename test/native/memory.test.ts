import { describe, expect, it } from 'vitest'
import { runFixture } from './child'

/** Of a run whose memory is flat, a resident set grows by what the allocator keeps, and no more with more runs. */
const ALLOWED_MB = 6

describe('memory is flat', () => {
  it.each([
    ['runSync', 'runSync', 1e5, 1e6],
    ['run, done inline', 'run', 1e5, 1e6],
    ['run, on the run thread', 'runOnThread', 2e4, 2e5],
    ['run with a signal that lives on', 'runAbortable', 2e4, 2e5],
    ['session.run, done inline', 'sessionRun', 5e4, 5e5],
    ['session.run, on the run thread', 'sessionRunOnThread', 2e4, 2e5],
    ['session.run with results in memory of ONNX Runtime', 'sessionRunExternal', 2e4, 1e5],
    ['session.run of an MLP', 'sessionRunLarge', 5e3, 2e4],
    ['outputs that ONNX Runtime allocates, read after each run', 'dynamicOutputs', 5e4, 2e5],
    ['outputs that ONNX Runtime allocates, disposed after each run', 'disposedOutputs', 5e4, 2e5],
    ['strings in and out', 'strings', 5e4, 2e5],
    ['values that are disposed', 'disposedValues', 1e3, 5e3],
    ['values that are dropped', 'droppedValues', 5e4, 2e5],
    ['sessions that are released', 'sessions', 100, 200],
    ['sessions that are dropped', 'sessionsDropped', 100, 200],
  ])('%s', async (_, form, warmUp, runs) => {
    const args = [form, warmUp, runs, ALLOWED_MB].map(String)
    const { code, signal, stdout, stderr } = await runFixture('memory.mjs', args, { node: ['--expose-gc'] })
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    const { rss, heapUsed, external } = JSON.parse(stdout) as Record<string, number>
    expect(rss).toBeLessThan(ALLOWED_MB)
    expect(heapUsed).toBeLessThan(1)
    expect(external).toBeLessThan(1)
  })
})

describe('the JavaScript heap', () => {
  it('holds nothing more after 1e6 synchronous runs, reads and writes', async () => {
    const { code, stdout } = await runFixture('heap.mjs', [], {
      node: ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'],
    })
    expect(code).toBe(0)
    const { 'an array': counterexample, ...calls } = JSON.parse(stdout) as Record<
      string,
      { grown: number; collections: number }
    >
    for (const [name, { grown, collections }] of Object.entries(calls)) {
      expect(grown, name).toBeLessThan(500_000) // half a byte a call: the least object has 12
      expect(collections, name).toBe(0)
    }
    expect(counterexample!.grown).toBeGreaterThan(1_000_000)
  })
})
