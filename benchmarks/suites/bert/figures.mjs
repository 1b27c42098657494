// From rounds to figures: a median per target, and its ratios to targets that ran moments before or after it.
import { spread } from '../../core/statistics.mjs'

/** The baseline of all other targets. */
export const EAGER = 'torch-eager'
/** The baselines of this package's targets. */
export const RIVALS = ['ort-node', 'python-binding']

/** The fewest rounds per shape. This many quiet rounds replace all rounds. */
export const LEAST_ROUNDS = 3

/**
 * @typedef {{ median: number, q1: number, q3: number }} Spread
 * @typedef {Record<string, { p50: number, calls?: number, rejected?: number, quiet?: boolean }>} Round `p50` in microseconds
 * @typedef {import('../../core/target-pool.mjs').Target} Target
 *
 * @typedef {object} Measured
 * @property {string} [notMeasured] why nothing else is present
 * @property {string} [failed] why only a part of the rounds was measured
 * @property {Spread} [ms] of the counted rounds
 * @property {true} [disturbed] some of the counted rounds were not quiet
 * @property {number} [samples] of which `counted`; `rejected` by the gate before; `notQuiet` kept although disturbed
 * @property {number} [counted]
 * @property {number} [rejected]
 * @property {number} [notQuiet]
 * @property {Record<string, Spread & { disturbed?: true }>} [against] ratios to other targets' times
 */

/**
 * The rounds that count: the quiet ones, or all where these are too few, which is then marked.
 * @param {Round[]} rounds
 * @param {string[]} ids that a round must have samples of
 */
function counting(rounds, ids) {
  const whole = rounds.filter((round) => ids.every((id) => round[id]))
  const quiet = whole.filter((round) => ids.every((id) => round[id].quiet !== false))
  return quiet.length >= Math.min(LEAST_ROUNDS, whole.length)
    ? { counted: quiet }
    : { counted: whole, disturbed: /** @type {const} */ (true) }
}

/** Median and quartiles of each round's ratio. */
function ratio(rounds, id, other) {
  const { counted, ...verdict } = counting(rounds, [id, other])
  if (counted.length === 0 || id === other) return undefined
  return { ...spread(counted.map((round) => round[id].p50 / round[other].p50)), ...verdict }
}

/**
 * @param {readonly Target[]} targets
 * @param {Round[]} rounds of one shape
 * @param {Record<string, string>} reasons why targets were not measured, by id
 * @returns {(Target & Measured)[]}
 */
export function figures(targets, rounds, reasons = {}) {
  return targets.map((target) => {
    const { id, family } = target
    const samples = rounds.map((round) => round[id]).filter(Boolean)
    if (samples.length === 0) return { ...target, notMeasured: reasons[id] ?? 'no round was completed' }
    const { counted, ...verdict } = counting(rounds, [id])
    const others = [EAGER, ...(family === 'ours' ? RIVALS : [])]
    const against = others.map((other) => [other, ratio(rounds, id, other)]).filter(([, found]) => found)
    return {
      ...target,
      ...(reasons[id] && { failed: reasons[id] }),
      ms: spread(counted.map((round) => round[id].p50 / 1000)),
      samples: samples.length,
      counted: counted.length,
      ...verdict,
      rejected: samples.reduce((sum, { rejected = 0 }) => sum + rejected, 0),
      notQuiet: samples.filter((sample) => sample.quiet === false).length,
      against: Object.fromEntries(against),
    }
  })
}

/** The gate's totals. @param {{ targets: Measured[] }[]} shapes */
export function gateCounts(shapes) {
  const measured = shapes.flatMap(({ targets }) => targets).filter(({ ms }) => ms)
  const total = (key) => measured.reduce((sum, target) => sum + target[key], 0)
  return { samples: total('samples'), rejected: total('rejected'), notQuiet: total('notQuiet') }
}
