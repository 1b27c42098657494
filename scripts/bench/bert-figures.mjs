// What the rounds say: of each contender a median, and how it stands to others that ran moments before or after it.
import { EAGER, RIVALS } from './bert-contenders.mjs'
import { spread } from './statistics.mjs'

/** Rounds of each shape at least; and quiet ones that it takes to leave out those that were not. */
export const LEAST_ROUNDS = 3

/**
 * @typedef {{ median: number, q1: number, q3: number }} Spread
 * @typedef {Record<string, { p50: number, calls?: number, rejected?: number, quiet?: boolean }>} Round `p50` in microseconds
 * @typedef {import('./contenders.mjs').Contender} Contender
 *
 * @typedef {object} Measured
 * @property {string} [notMeasured] why there is nothing else
 * @property {string} [failed] why it was measured in a part of the rounds
 * @property {Spread} [ms] of those that count
 * @property {number} [samples]
 * @property {number} [counted] how many of them count
 * @property {true} [disturbed] of these some were not quiet
 * @property {number} [rejected] samples that the gate threw away
 * @property {number} [notQuiet] samples that it had to keep
 * @property {Record<string, Spread & { disturbed?: true }>} [against] how many times another's time
 */

/**
 * The rounds that count: those that were not disturbed, or all where these are too few, which is then said.
 * @param {Round[]} rounds
 * @param {string[]} ids of which a round must have samples
 */
function counting(rounds, ids) {
  const whole = rounds.filter((round) => ids.every((id) => round[id]))
  const quiet = whole.filter((round) => ids.every((id) => round[id].quiet !== false))
  return quiet.length >= Math.min(LEAST_ROUNDS, whole.length)
    ? { counted: quiet }
    : { counted: whole, disturbed: true }
}

/** How many times as long one takes as another: each round's ratio, then their median and quartiles. */
function ratio(rounds, id, other) {
  const { counted, ...verdict } = counting(rounds, [id, other])
  if (counted.length === 0 || id === other) return undefined
  return { ...spread(counted.map((round) => round[id].p50 / round[other].p50)), ...verdict }
}

/**
 * @param {Contender[]} contenders
 * @param {Round[]} rounds of one shape
 * @param {Record<string, string>} notMeasured reasons, by contender
 * @returns {(Contender & Measured)[]}
 */
export function figuresOf(contenders, rounds, notMeasured = {}) {
  return contenders.map((contender) => {
    const { id, family } = contender
    const samples = rounds.map((round) => round[id]).filter(Boolean)
    if (samples.length === 0) return { ...contender, notMeasured: notMeasured[id] ?? 'no round was done' }
    const { counted, ...verdict } = counting(rounds, [id])
    const against = [EAGER, ...(family === 'ours' ? RIVALS : [])].map((other) => [
      other,
      ratio(rounds, id, other),
    ])
    return {
      ...contender,
      // It was measured until it failed.
      ...(notMeasured[id] && { failed: notMeasured[id] }),
      ms: spread(counted.map((round) => round[id].p50 / 1000)),
      samples: samples.length,
      counted: counted.length,
      ...verdict,
      rejected: samples.reduce((sum, { rejected = 0 }) => sum + rejected, 0),
      notQuiet: samples.filter((sample) => sample.quiet === false).length,
      against: Object.fromEntries(against.filter(([, found]) => found)),
    }
  })
}

/** How the gate fared. @param {{ contenders: Measured[] }[]} shapes */
export function gateCounts(shapes) {
  const measured = shapes.flatMap(({ contenders }) => contenders).filter(({ ms }) => ms)
  const total = (count) => measured.reduce((sum, contender) => sum + count(contender), 0)
  return {
    samples: total(({ samples }) => samples),
    rejected: total(({ rejected }) => rejected),
    notQuiet: total(({ notQuiet }) => notQuiet),
  }
}
