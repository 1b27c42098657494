// Processes that end at random moments of work on a fake GPU. TEST_MEMORY_FACTOR multiplies the ends.
import { expect, test } from 'vitest'
import { ENDS, randomEnds, SEED } from '../native/random-ends'
import { describeCuda } from './support'

describeCuda(`${ENDS} processes, from seed ${SEED}, end by exit code or signal beside`, () => {
  test.each(['runs', 'synchronousRuns', 'releases', 'copies', 'captures'])(
    '%s',
    async (work) => {
      expect(await randomEnds(work, process.execPath)).toEqual([])
    },
    60_000 + 6000 * ENDS,
  )
})
