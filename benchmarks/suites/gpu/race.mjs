// The race of all targets on one model.
import { openCase, race } from '../../core/race.mjs'
import { compare, percentiles, pooled, quantile } from '../../core/statistics.mjs'

/** The first of these with a measurement is the baseline. */
const BASELINES = ['python-binding', 'sync-spin']
const LIMITS = ['torch-replay']
const MOST_ROUNDS = 40
const LEAST_ROUNDS = 3
export const ANSWER_MS = 60_000

/** Kernels and precisions differ a little; wrong results differ more. */
const tolerance = ({ magnitude }) => 1e-4 + 1e-2 * magnitude

/**
 * @param {import('../../core/target-pool.mjs').TargetPool} pool
 * @param {import('../../core/target-pool.mjs').Target[]} targets
 * @param {import('../../core/case.mjs').Case} bench
 * @param {object} options
 * @param {number} options.sliceMs
 * @param {(times: Record<string, { p50: number, p99: number }>, round: number) => void} options.onRound
 * @param {(target: import('../../core/target-pool.mjs').Target) => string | undefined} options.excluded why a target is omitted
 */
export async function gpuRace(pool, targets, bench, { sliceMs, onRound, excluded }) {
  const until = performance.now() + sliceMs
  const entries = targets.map((target) => {
    const reason = excluded(target)
    return {
      ...target,
      times: [],
      ...(reason && { notMeasured: reason, excluded: /** @type {const} */ (true) }),
    }
  })
  let calls = 0
  let warmup = 0
  const rounds = await race(pool, entries, {
    least: LEAST_ROUNDS,
    most: MOST_ROUNDS,
    until,
    open: async () => {
      await openCase(pool, entries, bench, tolerance)
      calls = await callsPerRound(pool, entries, sliceMs)
      warmup = Math.max(5, Math.ceil(calls / 20))
    },
    sample: async (entry) => {
      const times = await entry.process.measure(warmup, calls, ANSWER_MS)
      entry.times.push(times)
      return percentiles(times)
    },
    onRound,
  })
  await pool.close()
  return { rounds, calls, warmup, targets: evaluate(entries) }
}

/** The same number for all: a round of the target in the middle takes its share of the time. */
async function callsPerRound(pool, entries, sliceMs) {
  const typical = []
  for (const entry of entries) {
    await pool.attempt(entry, async () => {
      const times = await entry.process.measure(5, 20, ANSWER_MS)
      typical.push(percentiles(times).p50 / 1000)
    })
  }
  const ms = quantile(Float64Array.from(typical).sort(), 0.5) || 1
  const share = Math.min(200, (0.8 * sliceMs) / (typical.length * 20))
  return Math.max(10, Math.min(20_000, Math.round(share / ms)))
}

function evaluate(entries) {
  const measured = (id) => entries.find((entry) => entry.id === id && entry.times.length > 0)
  const against = (id, times, ids) => {
    const other = measured(ids.find(measured))
    if (other === undefined || other.id === id) return undefined
    return { id: other.id, ...compare(times, other.times) }
  }
  return entries.map(({ process, times, ...entry }) => {
    if (times.length === 0) entry.notMeasured ??= 'no round was completed'
    if (entry.notMeasured !== undefined) return entry
    return {
      ...entry,
      ...percentiles(pooled(times)),
      againstBaseline: against(entry.id, times, BASELINES),
      againstLimit: against(entry.id, times, LIMITS),
    }
  })
}
