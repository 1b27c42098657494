// The measurement of one model: what each contender can do at most, then the loads, one above the other. At each load the
// contenders take turns (A B C), and all of that is repeated. Each contender keeps its process.

import { spread } from './statistics.mjs'
import { COMPARED_AT } from './throughput-models.mjs'
import { ThroughputProcess } from './throughput-process.mjs'
import { BASELINE, isClose, nothing } from './throughput-services.mjs'

/** The closed loop: twice as many callers as the contender with most bindings has of them. */
const CLOSED = { kind: 'closed', callers: 16, ms: 500 }
/** Requests that a step is to have; it is made longer for them, but not by more than LONGER. */
const ENOUGH_REQUESTS = 500
const LONGER = 4
/** Requests that are due and not answered: with more of them a step is overloaded, and ends. */
export const MOST_WAITING = 2000
/** The event loop's other work at the load COMPARED_AT: half of it handlers', half a timer's. */
export const WORK_SHARE = 0.2
export const WORK_EVERY_MS = 10
/** A new process compiles its JavaScript, on the core that a run needs: that is to be over when the first sample begins. */
const WARM_UP = {
  kind: 'closed',
  callers: 16,
  ms: 1000,
  work: { handler: 10, background: 100, everyMs: WORK_EVERY_MS },
}

/**
 * @typedef {object} Settings
 * @property {import('./throughput-services.mjs').Contender[]} contenders
 * @property {number[]} loads in percent
 * @property {number} repetitions
 * @property {number} seconds of a step
 * @property {number | undefined} unitsPerMs of other work; undefined for none
 * @property {import('./quiet.mjs').QuietGate} gate
 * @property {(what: string) => void} onStep
 */

/** How many requests a step has. */
export function requestsOf(rate, seconds) {
  const enough = ENOUGH_REQUESTS / rate
  return Math.max(2, Math.round(rate * Math.min(Math.max(seconds, enough), seconds * LONGER)))
}

/**
 * The other work beside so many requests a second.
 * @param {number} rate at the load COMPARED_AT
 * @param {number} unitsPerMs
 * @returns {import('./throughput-contender.mjs').Work}
 */
function workAt(rate, unitsPerMs) {
  const half = (WORK_SHARE / 2) * unitsPerMs
  const handler = Math.max(1, Math.round((half * 1000) / rate))
  return { handler, background: Math.round(half * WORK_EVERY_MS), everyMs: WORK_EVERY_MS }
}

/**
 * @param {import('./throughput-services.mjs').Case} bench
 * @param {Settings} settings
 */
export async function measure(bench, settings) {
  const { contenders, unitsPerMs } = settings
  const samples = { samples: 0, rejected: 0, notQuiet: 0 }
  const put = async (process, load) => {
    const { value, rejected, quiet, others } = await settings.gate.sample([process.pid], () =>
      process.put(load),
    )
    samples.samples++
    samples.rejected += rejected
    if (quiet === false) samples.notQuiet++
    return { ...value, rejected, quiet, others }
  }
  const processes = await start(bench, contenders)
  const capacity = await capacities(processes, put, settings, undefined)
  const reference = capacity[contenders.findIndex(({ id }) => id === BASELINE)].median
  const work = unitsPerMs && workAt((reference * COMPARED_AT) / 100, unitsPerMs)
  const capacityWithWork = work && (await capacities(processes, put, settings, work))
  const steps = await climb(processes, put, settings, { reference, work })
  stop(processes)
  const generator = await alone(bench, put, settings, reference)
  const measured = contenders.map(({ id, label, family }, i) => {
    const capacities = { capacity: capacity[i], capacityWithWork: capacityWithWork?.[i] }
    return { id, label, family, ...capacities, steps: steps[i] }
  })
  return { reference, work, samples, generator, contenders: measured }
}

/** What each contender answers in a second at most: the closed loop. */
async function capacities(processes, put, { repetitions, onStep }, work) {
  const rounds = processes.map(() => [])
  for (let repetition = 0; repetition < repetitions; repetition++) {
    onStep(`capacity ${work ? 'with' : 'without'} other work, round ${repetition + 1} of ${repetitions}`)
    for (const [i, process] of processes.entries()) {
      rounds[i].push((await put(process, { ...CLOSED, work })).perSecond)
    }
  }
  return rounds.map(spread)
}

/** The open loop: a list of steps for each contender. */
async function climb(processes, put, { loads, repetitions, seconds, onStep }, { reference, work }) {
  const steps = processes.map(() => [])
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [i, load] of loads.entries()) {
      onStep(`repetition ${repetition + 1} of ${repetitions}, load ${load} %`)
      // Due at the same times for all contenders: they are compared by pairs.
      const open = { ...openLoad((reference * load) / 100, seconds, 1 + repetition * loads.length + i), work }
      // Each begins in turn: who comes after whom is not the same each time.
      for (let turn = 0; turn < processes.length; turn++) {
        const k = (turn + repetition + i) % processes.length
        steps[k].push({ load, repetition, ...(await put(processes[k], open)) })
      }
    }
  }
  return steps
}

/** How late the generator is by itself: nothing is served, and there is no other work. */
async function alone(bench, put, { loads, seconds }, reference) {
  const processes = await start(bench, [nothing])
  const steps = []
  for (const load of [loads[0], loads[loads.length - 1]]) {
    const open = openLoad((reference * load) / 100, seconds, 1)
    const { requests, lateness, rejected, quiet } = await put(processes[0], open)
    steps.push({ load, requests, lateness, rejected, quiet })
  }
  stop(processes)
  return steps
}

/** @returns {import('./throughput-contender.mjs').OpenLoad} */
function openLoad(rate, seconds, seed) {
  return { kind: 'open', rate, requests: requestsOf(rate, seconds), seed, mostWaiting: MOST_WAITING }
}

/** @param {import('./throughput-services.mjs').Contender[]} contenders */
async function start(bench, contenders) {
  const processes = contenders.map(({ id }) => new ThroughputProcess(id, bench))
  const answers = await Promise.all(processes.map((process) => process.ready()))
  for (const [i, { id }] of contenders.entries()) {
    const odd = answers[i].findIndex((answer, request) => !isClose(answer, answers[0][request]))
    if (odd < 0) continue
    const [given, expected] = [answers[i][odd], answers[0][odd]]
    throw new Error(`${id} answers ${given} where ${contenders[0].id} answers ${expected}: they must agree`)
  }
  for (const process of processes) await process.put(WARM_UP)
  return processes
}

/** @param {ThroughputProcess[]} processes */
function stop(processes) {
  for (const process of processes) process.stop()
}
