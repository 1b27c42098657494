/** A number as a report shows it: three digits, and no more than it has. @param {number} value */
export function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** @param {ArrayLike<number>} sorted in ascending order */
export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

/**
 * Percentiles in microseconds.
 * @param {Float64Array} times in nanoseconds
 */
export function percentiles(times) {
  const sorted = times.slice().sort()
  const at = (q) => quantile(sorted, q) / 1000
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}

/** Median and quartiles of a number that each round has one of. */
export function spread(values) {
  const sorted = Float64Array.from(values).sort()
  return { median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75) }
}

/** All rounds' times together. @param {Float64Array[]} rounds */
export function pooled(rounds) {
  const times = new Float64Array(rounds.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const round of rounds) {
    times.set(round, at)
    at += round.length
  }
  return times
}

/**
 * How one contender's rounds stand to another's of the same numbers, which ran moments apart: pairs, so that what slows
 * the machine for a while slows both. Ratios are how many times as long, the difference is in microseconds.
 * @param {Float64Array[]} rounds
 * @param {Float64Array[]} others
 */
export function compare(rounds, others) {
  const pairs = rounds.map((times, i) => [percentiles(times), percentiles(others[i])])
  return {
    p50: spread(pairs.map(([a, b]) => a.p50 / b.p50)),
    p99: spread(pairs.map(([a, b]) => a.p99 / b.p99)),
    p50Difference: spread(pairs.map(([a, b]) => a.p50 - b.p50)),
  }
}
