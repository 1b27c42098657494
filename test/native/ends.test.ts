// How often a process ends without a crash while models load or runs are in flight. TEST_MEMORY_FACTOR multiplies the ends,
// and TEST_NODE names the version of Node.js.
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { MAJOR, testedNode } from '../helpers/nodes.ts'
import { runFixture } from './child'
import { ENDS } from './random-ends'

/** The ends that are not by exit code 1, of processes that end after 0 to 60 ms. */
async function otherEnds(way: string): Promise<object[]> {
  const executable = testedNode()
  const others: object[] = []
  let started = 0
  const endSome = async () => {
    while (started < ENDS) {
      const milliseconds = String((started++ * 3) % 63)
      const { code, signal, stderr } = await runFixture('ends.mjs', [way, milliseconds], { executable })
      if (code !== 1) others.push({ code, signal, milliseconds, stderr })
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, endSome))
  return others
}

describe(`${ENDS} processes on Node ${MAJOR} end by their exit code`, () => {
  it.each([
    ['of an unhandled rejection, beside loads', 'rejection'],
    ['of process.exit(), beside loads', 'exitBesideLoads'],
    ['of an uncaught exception, beside loads', 'throwBesideLoads'],
    ['of process.exit(), beside runs', 'exitBesideRuns'],
    ['of an uncaught exception, beside runs', 'throwBesideRuns'],
    ['of process.exit(), beside loads of workers', 'exitBesideLoadsOfWorkers'],
    ['of process.exit(), beside synchronous runs of workers', 'exitBesideSynchronousRunsOfWorkers'],
    ['after workers were terminated, and exited, beside loads', 'terminateBesideLoads'],
  ])(
    '%s',
    async (_, way) => {
      expect(await otherEnds(way)).toEqual([])
    },
    60_000 + 6000 * ENDS,
  )
})
