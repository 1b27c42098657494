// Measuring: every contender does a round in turn, again and again (A B C A B C), for as long as there is time.
import { compare, percentiles, pooled, quantile } from '../bench/statistics.mjs'
import { BASELINES, LIMITS } from './contenders.mjs'

const MOST_ROUNDS = 40
const LEAST_ROUNDS = 3

/**
 * @param {import('./contender-pool.mjs').ContenderPool} pool
 * @param {import('./bench-cases.mjs').Case} bench
 * @param {object} options
 * @param {number} options.sliceMs
 * @param {(round: number, times: Record<string, { p50: number, p99: number }>) => void} options.onRound
 * @param {(contender: import('./contenders.mjs').Contender) => string | undefined} [options.except] why one is left out
 */
export async function race(pool, bench, { sliceMs, onRound, except }) {
  const begin = performance.now()
  const entries = await pool.openAll(bench, except)
  const racers = entries.filter(({ notMeasured }) => notMeasured === undefined)
  if (racers.length === 0) return { rounds: 0, calls: 0, contenders: entries.map(withoutProcess) }
  agree(racers)
  const calls = await callsOf(racers, sliceMs)
  const warmup = Math.max(5, Math.ceil(calls / 20))
  let rounds = 0
  for (; rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || performance.now() - begin < sliceMs); rounds++) {
    for (const racer of racers) await doRound(racer, warmup, calls)
    const last = racers.filter(({ times }) => times.length > rounds)
    onRound(rounds, Object.fromEntries(last.map(({ id, times }) => [id, percentiles(times[rounds])])))
  }
  await pool.closeAll()
  return { rounds, calls, warmup, contenders: evaluate(entries) }
}

async function doRound(racer, warmup, calls) {
  if (racer.notMeasured !== undefined) return
  try {
    const { times } = await racer.process.ask({ op: 'measure', warmup, calls })
    racer.times.push(Float64Array.from(times))
  } catch (error) {
    racer.notMeasured = error.message
  }
}

/** What they compute must be the same: kernels and precisions may differ, mistakes differ more. */
function agree(racers) {
  const [{ sum: first, magnitude }] = racers
  for (const racer of racers) {
    if (Math.abs(racer.sum - first) <= 1e-4 + 1e-2 * magnitude) continue
    racer.notMeasured = `it computes ${racer.sum} where ${racers[0].id} computes ${first}`
  }
}

/** As many calls for all that a round of the one in the middle takes its share of the time. */
async function callsOf(racers, sliceMs) {
  const typical = []
  for (const racer of racers) {
    const { times } = await racer.process
      .ask({ op: 'measure', warmup: 5, calls: 20 })
      .catch(() => ({ times: [] }))
    if (times.length > 0) typical.push(quantile(Float64Array.from(times).sort(), 0.5) / 1e6)
  }
  const ms = quantile(Float64Array.from(typical).sort(), 0.5) || 1
  const share = Math.min(200, (0.8 * sliceMs) / (racers.length * 20))
  return Math.max(10, Math.min(20_000, Math.round(share / ms)))
}

const withoutProcess = ({ process, times, ...entry }) => entry

function evaluate(entries) {
  const measured = (id) => entries.find((entry) => entry.id === id && entry.times?.length > 0)
  const against = (racer, ids) => {
    const other = measured(ids.find(measured))
    if (other === undefined || other === racer) return undefined
    const length = Math.min(racer.times.length, other.times.length)
    return { id: other.id, ...compare(racer.times.slice(0, length), other.times.slice(0, length)) }
  }
  return entries.map((entry) => {
    if (entry.times.length === 0) entry.notMeasured ??= 'no round came to its end'
    if (entry.notMeasured !== undefined) return withoutProcess(entry)
    return {
      ...withoutProcess(entry),
      ...percentiles(pooled(entry.times)),
      againstBaseline: against(entry, BASELINES),
      againstLimit: against(entry, LIMITS),
    }
  })
}
