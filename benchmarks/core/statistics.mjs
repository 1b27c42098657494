import { quantile, spread } from '../../dist/tools/bench/statistics.js'

export { quantile, spread }

/** A number with three significant digits, or all digits before the point. @param {number} value */
export function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** In the unit of the times. @param {Float64Array} times */
export function percentiles(times) {
  if (times.length === 0) return { p50: null, p99: null, p999: null, max: null }
  const sorted = times.slice().sort()
  const at = (q) => quantile(sorted, q)
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: sorted[sorted.length - 1] }
}

/** The times of all rounds in one array. @param {Float64Array[]} rounds */
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
 * Compares a target's rounds with another's of the same numbers. The two of a pair ran moments apart, so what slows the
 * machine for a while slows both. Ratios: how many times as long; the difference has the unit of the times.
 * @param {Float64Array[]} rounds
 * @param {Float64Array[]} others
 */
export function compare(rounds, others) {
  const count = Math.min(rounds.length, others.length)
  const pairs = rounds.slice(0, count).map((times, i) => [percentiles(times), percentiles(others[i])])
  return {
    p50: spread(pairs.map(([a, b]) => a.p50 / b.p50)),
    p99: spread(pairs.map(([a, b]) => a.p99 / b.p99)),
    p50Difference: spread(pairs.map(([a, b]) => a.p50 - b.p50)),
  }
}
