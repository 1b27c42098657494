// A session with graphs, used in hostile orders.
import { expect, test } from 'vitest'
import { describeSimulated, scenario } from './support'

/** How many times as many steps; 50 for 5,000 by seven seeds. */
const FACTOR = Number(process.env.CUDA_SIMULATION_FACTOR ?? 1)
const STEPS = 100 * FACTOR
const SEEDS = FACTOR > 1 ? [1, 2, 3, 4, 5, 6, 7] : [1, 2]

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
        timeout: 120_000 * FACTOR,
      })
      expect(wrong).toEqual([])
      expect(recaptures).toBeGreaterThan(0)
    },
    130_000 * FACTOR,
  )
})
