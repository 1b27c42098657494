// The race: every target takes one sample in turn, again and again (A B C A B C).

/** @typedef {import('./target-pool.mjs').Entry} Entry */

/** Whether two sums are of the same output; false for NaN. */
const agrees = (a, b, tolerance) => Math.abs(a - b) <= tolerance

/**
 * Opens a case, and excludes entries whose first output differs from the first entry's.
 * @param {import('./target-pool.mjs').TargetPool} pool
 * @param {Entry[]} entries
 * @param {(first: Entry, entry: Entry) => number} tolerance of the sum
 */
export async function openCase(pool, entries, bench, tolerance) {
  await pool.open(entries, bench)
  const [first, ...others] = entries.filter(({ notMeasured }) => notMeasured === undefined)
  for (const entry of others) {
    if (agrees(entry.sum, first.sum, tolerance(first, entry))) continue
    entry.notMeasured = `it computes ${entry.sum} where ${first.id} computes ${first.sum}`
  }
}

/**
 * @template Sample
 * @param {import('./target-pool.mjs').TargetPool} pool
 * @param {Entry[]} entries one that fails is omitted from then on
 * @param {object} options
 * @param {number} [options.done] rounds of an earlier run
 * @param {number} options.least rounds, whatever the time
 * @param {number} [options.most]
 * @param {number} [options.until] no further round begins after it (performance.now())
 * @param {number} [options.reopenEvery] rounds after which `open` is called again
 * @param {() => Promise<void>} options.open
 * @param {(entries: Entry[], round: number) => Entry[]} [options.order]
 * @param {(entry: Entry, round: number) => Promise<Sample>} options.sample
 * @param {(samples: Record<string, Sample>, round: number) => void} [options.onRound]
 * @returns {Promise<number>} how many rounds there are now
 */
export async function race(pool, entries, options) {
  const { done = 0, least, most = least, until = 0, reopenEvery = Number.POSITIVE_INFINITY } = options
  const { open, order = (all) => all, sample, onRound = () => {} } = options
  let round = done
  for (; round < most && (round < least || performance.now() < until); round++) {
    if ((round - done) % reopenEvery === 0) await open()
    if (entries.every(({ notMeasured }) => notMeasured !== undefined)) break
    const samples = {}
    for (const entry of order(entries, round)) {
      await pool.attempt(entry, async () => {
        samples[entry.id] = await sample(entry, round)
      })
    }
    onRound(samples, round)
  }
  return round
}
