import { availableParallelism } from 'node:os'
import { testedNode } from '../helpers/nodes.ts'
import { runFixture } from './child'

export const ENDS = 20 * Number(process.env.TEST_MEMORY_FACTOR ?? 1)
export const SEED = Number(process.env.TEST_SEED ?? 1)

/**
 * Ends processes at random moments of some work.
 *
 * @returns the ends that are not by the expected exit code or signal, or that print what is not on purpose
 */
export async function randomEnds(work: string): Promise<object[]> {
  const others: object[] = []
  const executable = testedNode()
  let next = SEED
  const endSome = async () => {
    while (next < SEED + ENDS) {
      const seed = next++
      const ended = await runFixture('random-ends.mjs', [work, String(seed)], { executable })
      const { code, signal, stdout, stderr } = ended
      const isExpected = /"end":"signal"/.test(stdout) ? signal === 'SIGTERM' : code === 1
      const isOnPurpose = /"end":"(throw|rejection)"/.test(stdout) && / on purpose/.test(stderr)
      if (!isExpected || (stderr !== '' && !isOnPurpose)) others.push({ seed, ...ended })
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, endSome))
  return others
}
