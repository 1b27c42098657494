import { expect, it } from 'vitest'
import { runFixture } from './child'

it('the JavaScript heap holds nothing more after 1e6 synchronous runs, reads and writes', async () => {
  const { code, stdout } = await runFixture('heap.mjs', [], {
    node: ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'],
    // With coverage V8 allocates.
    env: { NODE_V8_COVERAGE: undefined },
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
