// Processes that end at random moments of work on a fake GPU. TEST_MEMORY_FACTOR multiplies the ends, and
// TEST_NODE names the version of Node.js.
import { expect, test } from 'vitest'
import { MAJOR } from '../helpers/nodes.ts'
import { ENDS, randomEnds, SEED } from '../native/random-ends'
import { describeCuda } from './support'

describeCuda(
  `${ENDS} processes on Node ${MAJOR}, from seed ${SEED}, end by exit code or signal beside`,
  () => {
    test.each(['runs', 'synchronousRuns', 'releases', 'copies', 'captures'])(
      '%s',
      async (work) => {
        expect(await randomEnds(work)).toEqual([])
      },
      60_000 + 6000 * ENDS,
    )
  },
)
