// From the steps of a run to figures. Latencies are in milliseconds, rates in requests per second.
import { spread } from '../../core/statistics.mjs'

/** A target keeps up with a load when it answers at least this share of it in time. */
export const KEEPS_UP = 0.98
/** The knee: p99 is at most this multiple of the target's own p50 at the lowest load. */
export const KNEE = 5

/** Requests beyond a percentile that it needs: with one, it would be the maximum. */
const BEYOND = 3

/** Whether a number of requests determines a percentile. */
export const determines = (requests, q) => requests * (1 - q) >= BEYOND

/** @typedef {{ load: number, repetition: number, offered: number, achieved: number, overloaded: boolean, p50: number, p99: number, answered: number, tail: number[] }} Step */

/** @param {Step} step */
const keepsUp = ({ overloaded, achieved, offered }) => !overloaded && achieved >= KEEPS_UP * offered

/** A high percentile over all repetitions, from the longest latencies of each; null where they do not determine it. */
function pooledTail(steps, q) {
  const requests = steps.reduce((sum, { answered }) => sum + answered, 0)
  if (!determines(requests, q)) return null
  const longest = steps.flatMap(({ tail }) => tail).sort((a, b) => b - a)
  return longest[requests - 1 - Math.floor(q * requests)]
}

/** All repetitions of one target at one load. @param {Step[]} steps */
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

/** Whether most repetitions kept up and none was overloaded. */
export const sustained = ({ repetitions, overloaded, keptUp }) => overloaded === 0 && keptUp > repetitions / 2

/**
 * The highest sustained load with a p99 of at most KNEE times the p50 at the lowest load, if any.
 * @param {ReturnType<typeof summary>[]} summaries of one target, by ascending load
 */
export function knee(summaries) {
  const idle = summaries[0].p50?.median ?? 0
  return summaries.findLast((at) => sustained(at) && at.p99.median <= KNEE * idle)?.load
}

/**
 * A target's p99 as a multiple of another's, by pairs of repetitions, which ran moments apart with requests due at the
 * same times. Undefined where one of them was overloaded in every repetition.
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

/** Replaces the steps of a model's targets by their figures. */
export function evaluate(measured, { baseline, comparedAt }) {
  const at = (steps, load) => steps.filter((step) => step.load === load)
  const reference = at(measured.targets.find(({ id }) => id === baseline).steps, comparedAt)
  const targets = measured.targets.map(({ steps, ...target }) => {
    const summaries = [...new Set(steps.map(({ load }) => load))].map((load) => summary(at(steps, load)))
    const ratio = p99Ratio(at(steps, comparedAt), reference)
    const kept = steps.map(({ tail, ...step }) => step)
    return { ...target, knee: knee(summaries), p99Ratio: ratio, summaries, steps: kept }
  })
  return { ...measured, targets }
}
