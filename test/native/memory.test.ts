import { describe, expect, it } from 'vitest'
import { runFixture } from './child'

/**
 * MiB that the resident set may grow. Without a leak it grows by what the allocator keeps, however many runs there are.
 * A leak of malloc's least block, 32 bytes, grows it by more in 1e5 runs.
 */
const ALLOWED_MB = 3
/** The nightly command runs ten times as much, to see a leak of few bytes. */
const FACTOR = Number(process.env.TEST_MEMORY_FACTOR ?? 1)

describe.concurrent('the resident set', () => {
  it.each([
    ['runSync', 'runSync', 1e5, 1e5],
    ['run, done inline', 'run', 1e5, 1e5],
    ['run, on the run thread', 'runOnThread', 1e4, 1e5],
    ['run with a signal that lives on', 'runAbortable', 1e4, 1e5],
    ['session.run, done inline', 'sessionRun', 2e4, 1e5],
    ['session.run, on the run thread', 'sessionRunOnThread', 1e4, 1e5],
    ['session.run with results in memory of ONNX Runtime', 'sessionRunExternal', 2e4, 1e5],
    ['session.run of shapes that change', 'sessionRunShapes', 1e4, 1e4],
    ['session.run of an MLP', 'sessionRunLarge', 5e3, 1e4],
    ['outputs that ONNX Runtime allocates, read after each run', 'dynamicOutputs', 2e4, 1e5],
    ['outputs that ONNX Runtime allocates, disposed after each run', 'disposedOutputs', 2e4, 1e5],
    ['strings in and out', 'strings', 2e4, 1e5],
    ['values that are disposed', 'disposedValues', 1e3, 5e3],
    ['values that are dropped', 'droppedValues', 2e4, 1e5],
    ['sessions that are released', 'sessions', 100, 100],
    ['sessions that are dropped', 'sessionsDropped', 100, 100],
  ])(
    'does not grow: %s',
    async (_, form, warmUp, runs) => {
      const args = [form, warmUp, FACTOR * runs, ALLOWED_MB].map(String)
      const { code, signal, stdout, stderr } = await runFixture('memory.mjs', args, {
        node: ['--expose-gc'],
        env: { NODE_V8_COVERAGE: undefined },
        timeout: 100_000 * FACTOR,
      })
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      const { rss, heapUsed, external } = JSON.parse(stdout) as Record<string, number>
      expect(rss).toBeLessThan(ALLOWED_MB)
      expect(heapUsed).toBeLessThan(1)
      expect(external).toBeLessThan(1)
    },
    120_000 * FACTOR,
  )
})
