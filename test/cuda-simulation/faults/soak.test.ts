// A session with graphs, used in hostile orders.
import { expect, test } from 'vitest'
import { describeSimulated, scenario } from './support'

/** The nightly command takes 5,000 steps by seven seeds. */
const isWhole = process.env.CUDA_SIMULATION_COUNTS === 'all'
const STEPS = isWhole ? 5000 : 100
const SEEDS = isWhole ? [1, 2, 3, 4, 5, 6, 7] : [1, 2]
const LONGEST = isWhole ? 1_800_000 : 120_000

interface Result {
  readonly wrong: string[]
  readonly recaptures: number
}

describeSimulated('a session with graphs on the simulated GPU', () => {
  test.each(SEEDS)(
    `is right in every of ${STEPS} steps, seed %i`,
    async (seed) => {
      const env = { CUDASIM_INTERLEAVE: seed % 2 ? `${seed}` : undefined }
      const { wrong, recaptures } = await scenario<Result>('soak.mjs', 'soak', [seed, STEPS], {
        env,
        timeout: LONGEST,
      })
      expect(wrong).toEqual([])
      expect(recaptures).toBeGreaterThan(0)
    },
    LONGEST + 10_000,
  )
})
