/**
 * An element that a number of the trace chooses, so that each number is valid in every world.
 * @template T
 * @param {readonly T[]} list
 * @param {number} n
 * @returns {T}
 */
export const pick = (list, n) => list[n % list.length]
