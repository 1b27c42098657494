import { randomNumbers } from './library.mjs'

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

/** Random choices, the same for the same seed. */
export class Random {
  #next

  /** @param {number} seed an integer; seeds that follow each other give unlike choices */
  constructor(seed) {
    // The generator is linear: from seeds that follow each other it would give numbers that do.
    let mixed = seed
    for (let i = 0; i < 2; i++) mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
    this.#next = randomNumbers(mixed ^ (mixed >>> 16))
    this.#next()
  }

  /** An integer from 0 to below the bound. @param {number} bound */
  below(bound) {
    return Math.floor(this.#next() * bound)
  }

  /** @param {number} probability */
  chance(probability) {
    return this.#next() < probability
  }

  /**
   * @template T
   * @param {ArrayLike<T>} list
   * @returns {T}
   */
  pick(list) {
    return list[this.below(list.length)]
  }
}
