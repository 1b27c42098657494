// The one seeded generator of the tests and the benchmarks: a linear congruential generator of 32 bits.

/**
 * Uniform numbers in [0, 1), the same for the same seed.
 * @param {number} seed
 */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Fills an array with numbers between -1 and 1.
 * @template {Float32Array | number[]} T
 * @param {T} array
 * @param {number} seed
 */
export function randomize(array, seed) {
  const random = seededRandom(seed)
  for (let i = 0; i < array.length; i++) array[i] = 2 * random() - 1
  return array
}

/**
 * Numbers between -1 and 1, the same on each call.
 * @param {number} length
 * @param {number} seed
 */
export function pseudoRandom(length, seed = 1) {
  return randomize(new Float32Array(length), seed)
}
