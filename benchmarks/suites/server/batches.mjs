// The batcher beside single runs, in processes of their own that have nothing else to do.
import { join } from 'node:path'
import { spread } from '../../core/statistics.mjs'
import { TargetPool } from '../../core/target-pool.mjs'
import { BASELINE, batchTargets } from '../../targets/services.mjs'
import { COMPARED_AT } from '../throughput/models.mjs'
import { measure } from '../throughput/race.mjs'
import { evaluate } from '../throughput/statistics.mjs'

const TARGET = join(import.meta.dirname, '..', '..', 'targets', 'throughput.mjs')
/** Two batches of 32: one runs, the other waits. */
const CALLERS = 64
/** The callers alone, which are in each target's process and in its figure. */
const NOTHING = { id: 'nothing', label: 'the callers alone', family: 'theirs' }

/** CPU by request of each target at saturation; without the callers' own, as a multiple of onnxruntime-node's. */
export async function compareBatches({ id, bench }, { seconds, rounds, onStep }) {
  const pool = new TargetPool((target) => [process.execPath, TARGET, target])
  const load = { kind: 'closed', callers: CALLERS, ms: seconds * 1000, warmUpMs: seconds * 300 }
  try {
    const entries = [NOTHING, ...batchTargets].map((target) => ({ ...target, us: [], perSecond: [] }))
    await pool.open(entries, bench)
    const failed = entries.find(({ notMeasured }) => notMeasured !== undefined)
    if (failed !== undefined) throw new Error(`${failed.id}: ${failed.notMeasured}`)
    for (let round = 0; round < rounds; round++)
      for (const entry of entries) {
        onStep(`${id}: batches, round ${round + 1} of ${rounds}, ${entry.id}`)
        const { cpuUs, perSecond } = await entry.process.ask({ op: 'put', load })
        entry.us.push(cpuUs)
        entry.perSecond.push(perSecond)
      }
    const [nothing] = entries
    const base = entries.find((entry) => entry.id === BASELINE)
    const own = ({ us }, round) => us[round] - nothing.us[round]
    const targets = entries.map((entry) => ({
      id: entry.id,
      label: entry.label,
      us: spread(entry.us),
      perSecond: spread(entry.perSecond),
      ratio: spread(entry.us.map((_, round) => own(entry, round) / own(base, round))),
    }))
    return { callers: CALLERS, targets }
  } finally {
    await pool.stop()
  }
}

const shown = ({ load, repetitions, overloaded, keptUp, p50, p99 }) => ({
  load,
  repetitions,
  overloaded,
  keptUp,
  p50,
  p99,
})

/** Latencies at loads, in percent of onnxruntime-node's capacity. */
export async function measureLatencies({ id, bench }, loads, { seconds, rounds, gate, onStep }) {
  const measured = await measure(bench, {
    targets: batchTargets,
    loads,
    repetitions: rounds,
    seconds,
    gate,
    onStep: (what) => onStep(`${id}: ${what}`),
  })
  const { reference, samples, targets } = evaluate(measured, { baseline: BASELINE, comparedAt: COMPARED_AT })
  return {
    loads,
    reference,
    samples,
    targets: targets.map(({ id, label, summaries }) => ({ id, label, summaries: summaries.map(shown) })),
  }
}
