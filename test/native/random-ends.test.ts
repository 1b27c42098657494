// Processes that end at random moments of their work. TEST_MEMORY_FACTOR multiplies the ends, TEST_NODE names the version of
// Node.js, and TEST_SEED is the seed of the first.
import { describe, expect, it } from 'vitest'
import { MAJOR } from '../helpers/nodes.ts'
import { ENDS, randomEnds, SEED } from './random-ends'

describe(`${ENDS} processes on Node ${MAJOR}, from seed ${SEED}, end by exit code or signal beside`, () => {
  it.each(['loads', 'runs', 'synchronousRuns', 'sessionRuns', 'releases', 'copies'])(
    '%s',
    async (work) => {
      expect(await randomEnds(work)).toEqual([])
    },
    60_000 + 6000 * ENDS,
  )
})
