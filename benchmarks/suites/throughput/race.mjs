// The measurement of one model: each target's capacity, then the loads. At each load the targets take turns, and the whole
// sequence repeats. Each target keeps its process.
import { join } from 'node:path'
import { race } from '../../core/race.mjs'
import { spread } from '../../core/statistics.mjs'
import { TargetPool } from '../../core/target-pool.mjs'
import { BASELINE, isClose } from '../../targets/services.mjs'
import { COMPARED_AT } from './models.mjs'

const TARGET = join(import.meta.dirname, '..', '..', 'targets', 'throughput.mjs')
/** The closed loop: twice as many callers as the largest pool has bindings. */
const CALLERS = 16
/** Milliseconds at most, shorter where a step is short: of the closed loop, and before each load. */
const [CLOSED_MS, WARM_UP_MS] = [500, 200]
/** A step is made longer for this many requests, but at most LONGER times. */
const ENOUGH_REQUESTS = 500
const LONGER = 4
/** A step is overloaded and ends when more requests than this are due and unanswered. */
export const MOST_WAITING = 2000
/** The event loop's other work at the load COMPARED_AT: half of it in handlers, half in a timer. */
export const WORK_SHARE = 0.2
export const WORK_EVERY_MS = 10
/** For a new process, which compiles its JavaScript on the core that a run needs. */
const FIRST_WORK = { handler: 10, background: 100, everyMs: WORK_EVERY_MS }

function requestCount(rate, seconds) {
  const enough = ENOUGH_REQUESTS / rate
  return Math.max(2, Math.round(rate * Math.min(Math.max(seconds, enough), seconds * LONGER)))
}

/** Other work beside a rate of requests. @returns {import('../../targets/throughput.mjs').Work} */
function workBeside(rate, unitsPerMs) {
  const half = (WORK_SHARE / 2) * unitsPerMs
  const handler = Math.max(1, Math.round((half * 1000) / rate))
  return { handler, background: Math.round(half * WORK_EVERY_MS), everyMs: WORK_EVERY_MS }
}

/** @returns {import('../../targets/throughput.mjs').OpenLoad} */
const openLoad = (rate, seconds, seed) => ({
  kind: 'open',
  warmUpMs: Math.min(1, 2 * seconds) * WARM_UP_MS,
  rate,
  requests: requestCount(rate, seconds),
  seed,
  mostWaiting: MOST_WAITING,
})

/**
 * @param {import('../../targets/services.mjs').Case} bench
 * @param {object} settings
 * @param {{ id: string, label: string, family: string }[]} settings.targets
 * @param {number[]} settings.loads in percent
 * @param {number} settings.repetitions
 * @param {number} settings.seconds of a step
 * @param {number} [settings.unitsPerMs] of other work, if any
 * @param {import('../../core/quiet.mjs').QuietGate} settings.gate
 * @param {(what: string) => void} settings.onStep
 */
export async function measure(bench, { targets, loads, repetitions, seconds, unitsPerMs, gate, onStep }) {
  const pool = new TargetPool((id) => [process.execPath, TARGET, id])
  const scale = Math.min(1, 2 * seconds)
  const closed = { kind: 'closed', callers: CALLERS, ms: scale * CLOSED_MS, warmUpMs: scale * WARM_UP_MS }
  const samples = { samples: 0, rejected: 0, notQuiet: 0 }

  async function put({ process }, load) {
    const { value, rejected, quiet, others } = await gate.sample([process.pid], () =>
      process.ask({ op: 'put', load }),
    )
    samples.samples++
    samples.rejected += rejected
    if (quiet === false) samples.notQuiet++
    return { ...value, rejected, quiet, others }
  }

  /** Opens the case in targets that must answer alike. */
  async function start(wanted) {
    const entries = wanted.map((target) => ({ ...target }))
    await pool.open(entries, bench)
    throwFailure(entries)
    const [first] = entries
    for (const { id, answers, process } of entries) {
      const odd = answers.findIndex((answer, request) => !isClose(answer, first.answers[request]))
      if (odd >= 0)
        throw new Error(`${id} answers ${answers[odd]} where ${first.id} answers ${first.answers[odd]}`)
      await process.ask({ op: 'put', load: { ...closed, ms: 2 * closed.ms, work: FIRST_WORK } })
    }
    return entries
  }

  /** A race in which no target may fail: the samples of each, in the order of the rounds. */
  async function rounds(entries, count, { order, sample }) {
    const found = Object.fromEntries(entries.map(({ id }) => [id, []]))
    await race(pool, entries, {
      least: count,
      open: async () => {},
      order,
      sample: async (entry, round) => found[entry.id].push(await sample(entry, round)),
      onRound: () => throwFailure(entries),
    })
    return found
  }

  /** How many requests each target answers in a second at most: the closed loop. */
  async function capacities(entries, work) {
    const sample = async (entry, round) => {
      onStep(`capacity ${work ? 'with' : 'without'} other work, round ${round + 1} of ${repetitions}`)
      return (await put(entry, { ...closed, work })).perSecond
    }
    const found = await rounds(entries, repetitions, { sample })
    return Object.fromEntries(Object.entries(found).map(([id, values]) => [id, spread(values)]))
  }

  /** The open loop: the steps of each target. */
  function climb(entries, reference, work) {
    const at = (round) => ({ repetition: Math.floor(round / loads.length), i: round % loads.length })
    return rounds(entries, repetitions * loads.length, {
      // Who follows whom differs from round to round.
      order: (all, round) => {
        const first = (at(round).repetition + at(round).i) % all.length
        return [...all.slice(first), ...all.slice(0, first)]
      },
      sample: async (entry, round) => {
        const { repetition, i } = at(round)
        const load = loads[i]
        onStep(`repetition ${repetition + 1} of ${repetitions}, load ${load} %`)
        // Due at the same times for all targets: they are compared in pairs.
        const open = openLoad((reference * load) / 100, seconds, 1 + repetition * loads.length + i)
        return { load, repetition, ...(await put(entry, { ...open, work })) }
      },
    })
  }

  /** How late the generator itself is: nothing is served, and there is no other work. */
  async function generatorAlone(reference) {
    const [nothing] = await start([{ id: 'nothing', label: 'nothing', family: 'theirs' }])
    const steps = []
    for (const load of [loads[0], loads[loads.length - 1]]) {
      const found = await put(nothing, openLoad((reference * load) / 100, seconds, 1))
      const { requests, lateness, rejected, quiet } = found
      steps.push({ load, requests, lateness, rejected, quiet })
    }
    return steps
  }

  try {
    const entries = await start(targets)
    const capacity = await capacities(entries, undefined)
    const reference = capacity[BASELINE].median
    const work = unitsPerMs && workBeside((reference * COMPARED_AT) / 100, unitsPerMs)
    const capacityWithWork = work && (await capacities(entries, work))
    const steps = await climb(entries, reference, work)
    const generator = await generatorAlone(reference)
    const measured = targets.map(({ id, label, family }) => {
      const both = { capacity: capacity[id], capacityWithWork: capacityWithWork?.[id] }
      return { id, label, family, ...both, steps: steps[id] }
    })
    return { reference, work, samples, generator, targets: measured }
  } finally {
    await pool.stop()
  }
}

function throwFailure(entries) {
  const failed = entries.find(({ notMeasured }) => notMeasured !== undefined)
  if (failed !== undefined) throw new Error(`${failed.id}: ${failed.notMeasured}`)
}
