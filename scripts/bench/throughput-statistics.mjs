// What the steps of a run come to. Latencies are in milliseconds, rates in requests a second.
import { quantile, spread } from './statistics.mjs'

/** A load is kept up with when at least as much of it is answered in its time. */
export const KEEPS_UP = 0.98
/** The knee: p99 is not more than as many times the contender's own p50 at the lowest load. */
export const KNEE = 5

/** The share of a step's latencies, the longest, that it keeps: enough for p99.9 over a few repetitions. */
const TAIL = 0.02

/** Requests beyond a percentile without which it says nothing: with one of them alone it would be the maximum. */
const BEYOND = 3

/** Whether so many requests tell a percentile. */
export const tells = (requests, q) => requests * (1 - q) >= BEYOND

/** @typedef {{ load: number, repetition: number, offered: number, achieved: number, overloaded: boolean, p50: number, p99: number, answered: number, tail: number[] }} Step */

/** @param {Float64Array} times */
export function percentiles(times) {
  if (times.length === 0) return { p50: null, p99: null, p999: null, max: null }
  const sorted = times.slice().sort()
  const at = (q) => quantile(sorted, q)
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: sorted[sorted.length - 1] }
}

/**
 * Both rates are from the first to the last: of the requests that were due, and of their answers.
 * @param {Float64Array} due
 * @param {import('./open-loop.mjs').OpenLoopResult} result
 */
export function stepResult(due, result) {
  const { requests, answered, overloaded, latencies, lateness, firstAnswer, lastAnswer } = result
  const rate = (count, ms) => (count > 1 && ms > 0 ? ((count - 1) / ms) * 1000 : 0)
  return {
    requests,
    due: result.due,
    answered,
    overloaded,
    offered: rate(requests, due[requests - 1] - due[0]),
    achieved: rate(answered, lastAnswer - firstAnswer),
    ...percentiles(latencies),
    tail: [...latencies].sort((a, b) => b - a).slice(0, Math.ceil(TAIL * latencies.length)),
    lateness: percentiles(lateness),
  }
}

/** @param {Step} step */
export const keepsUp = ({ overloaded, achieved, offered }) => !overloaded && achieved >= KEEPS_UP * offered

/**
 * A high percentile over all repetitions together, from the longest latencies of each; null where they do not tell it.
 * @param {Step[]} steps
 */
function pooledTail(steps, q) {
  const requests = steps.reduce((sum, { answered }) => sum + answered, 0)
  if (!tells(requests, q)) return null
  const longest = steps.flatMap(({ tail }) => tail).sort((a, b) => b - a)
  return longest[requests - 1 - Math.floor(q * requests)]
}

/**
 * All repetitions of one contender at one load.
 * @param {Step[]} steps
 */
export function summary(steps) {
  const measured = steps.filter(({ overloaded }) => !overloaded)
  const of = (key) => (measured.length ? spread(measured.map((step) => step[key])) : null)
  return {
    load: steps[0].load,
    repetitions: steps.length,
    overloaded: steps.length - measured.length,
    keptUp: steps.filter(keepsUp).length,
    achieved: spread(steps.map((step) => step.achieved / step.offered)),
    p50: of('p50'),
    p99: of('p99'),
    p999: pooledTail(measured, 0.999),
    requests: Math.min(...steps.map(({ answered }) => answered)),
  }
}

/** Whether most repetitions kept up, and none was overloaded. */
export const sustained = ({ repetitions, overloaded, keptUp }) => overloaded === 0 && keptUp > repetitions / 2

/**
 * The highest load that is sustained with a p99 of at most KNEE times the p50 at the lowest load; undefined where there is none.
 * @param {ReturnType<typeof summary>[]} summaries of one contender, by ascending load
 */
export function knee(summaries) {
  const idle = summaries[0].p50?.median ?? 0
  return summaries.findLast((at) => sustained(at) && at.p99.median <= KNEE * idle)?.load
}

/**
 * How many times another's p99 a contender's is, by pairs: the repetitions of both, which ran moments apart with requests
 * due at the same times. Undefined where one of them was overloaded in every repetition.
 * @param {Step[]} steps of one load
 * @param {Step[]} others
 */
export function p99Ratio(steps, others) {
  const ratios = steps.flatMap((step) => {
    const other = others.find(({ repetition }) => repetition === step.repetition)
    return other && !other.overloaded && !step.overloaded ? [step.p99 / other.p99] : []
  })
  return ratios.length ? { ...spread(ratios), pairs: ratios.length } : undefined
}

/**
 * Adds to a model's contenders what their steps come to.
 * @param {{ contenders: { id: string, steps: Step[] }[] }} measured
 * @param {{ baseline: string, comparedAt: number }} options
 */
export function evaluate(measured, { baseline, comparedAt }) {
  const at = (steps, load) => steps.filter((step) => step.load === load)
  const reference = at(measured.contenders.find(({ id }) => id === baseline).steps, comparedAt)
  const contenders = measured.contenders.map(({ steps, ...contender }) => {
    const summaries = [...new Set(steps.map(({ load }) => load))].map((load) => summary(at(steps, load)))
    const ratio = p99Ratio(at(steps, comparedAt), reference)
    const kept = steps.map(({ tail, ...step }) => step)
    return { ...contender, knee: knee(summaries), p99Ratio: ratio, summaries, steps: kept }
  })
  return { ...measured, contenders }
}
