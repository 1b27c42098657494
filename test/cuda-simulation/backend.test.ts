// ONNX's backend suite on the simulated GPU: the nightly command runs it.
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Outcome, passing, runSuite, suiteDir } from '../backend/suite.ts'
import { isNightly } from './omitted.ts'

const why = !existsSync(suiteDir) ? 'no package libonnx-testdata' : 'only with CUDA_SIMULATION_FACTOR'

/** Why a case may fail on the simulated GPU and pass on the CPU. */
const LACKING = [
  // Of cuDNN: transposed convolutions, some modes of recurrent networks, LRN.
  /cudnn|CUDNN|SafeInt|arena cannot allocate|lrn\.cc/,
  // The provider has no training of newer versions.
  /Training mode does not support/,
  /Could not find an implementation|NOT_IMPLEMENTED/,
]
/** The provider gives 0 or NaN for the logarithm of the sum of nothing. */
const EMPTY_SETS = /test_reduce_log_sum\w*empty_set/

describe.skipIf(!isNightly || !existsSync(suiteDir))(`ONNX's backend suite (skipped: ${why})`, () => {
  test('passes as on the CPU, except for what is not simulated', async () => {
    const cpu = await runSuite('run', { TEST_PROVIDERS: '' })
    const cuda: Outcome = await runSuite('run')
    const worse = passing(cpu).filter((name) => {
      const reason = cuda.get(name) ?? null
      return reason !== null && !LACKING.some((one) => one.test(reason)) && !EMPTY_SETS.test(name)
    })
    console.log(
      `ONNX backend suite: ${passing(cuda).length} of ${cuda.size} cases, the CPU ${passing(cpu).length}`,
    )
    expect(worse.map((name) => [name, cuda.get(name)])).toEqual([])
    expect(passing(cuda).length).toBeGreaterThan(0.9 * passing(cpu).length)
  }, 7_200_000)
})
