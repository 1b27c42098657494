import { randomNumbers } from '../../dist/tools/tensors/random.js'

/**
 * Fills an array with numbers between -1 and 1.
 * @template {Float32Array | number[]} T
 * @param {T} array
 * @param {number} seed
 */
export function randomize(array, seed) {
  const random = randomNumbers(seed)
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
