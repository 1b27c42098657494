// A session with graphs, used in hostile orders.
import { expect, test } from 'vitest'
import { isNightly } from '../omitted.ts'
import { describeSimulated, scenario } from './support'

/** The nightly command takes 5,000 steps by seven seeds. */
const STEPS = isNightly ? 5000 : 100
const SEEDS: Readonly<Record<string, number[]>> = isNightly
  ? { mlp: [1, 2, 3, 4, 5, 6, 7], convolution: [1, 2, 3] }
  : { mlp: [1, 2], convolution: [1] }
const CASES = Object.entries(SEEDS).flatMap(([model, seeds]) => seeds.map((seed) => ({ model, seed })))
const LONGEST = isNightly ? 1_800_000 : 120_000

interface Result {
  readonly wrong: string[]
  readonly recaptures: number
}

describeSimulated('a session with graphs on the simulated GPU', () => {
  test.each(CASES)(
    `is right in every of ${STEPS} steps: $model, seed $seed`,
    async ({ model, seed }) => {
      const env = { CUDASIM_INTERLEAVE: seed % 2 ? `${seed}` : undefined }
      const { wrong, recaptures } = await scenario<Result>('soak.mjs', 'soak', [seed, STEPS, model], {
        env,
        timeout: LONGEST,
      })
      expect(wrong).toEqual([])
      expect(recaptures).toBeGreaterThan(0)
    },
    LONGEST + 10_000,
  )
})
