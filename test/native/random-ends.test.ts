// Processes that end at random moments of their work. TEST_MEMORY_FACTOR multiplies the ends, and repeats them on the other
// versions of Node.js; TEST_SEED is the seed of the first.
import { describe, expect, it } from 'vitest'
import { node } from '../helpers/nodes.ts'
import { ENDS, MAJORS, randomEnds, SEED, THIS } from './random-ends'

describe.each(MAJORS)(
  `${ENDS} processes on Node %i, from seed ${SEED}, end by exit code or signal beside`,
  (major) => {
    it.each(['loads', 'runs', 'synchronousRuns', 'sessionRuns', 'releases', 'copies'])(
      '%s',
      async (work) => {
        expect(await randomEnds(work, major === THIS ? process.execPath : node(major))).toEqual([])
      },
      60_000 + 6000 * ENDS,
    )
  },
)
