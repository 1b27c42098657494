import { randomNumbers } from '../../dist/tools/tensors/random.js'

/** Random choices, the same for the same seed. */
export class Random {
  #next

  /** @param {number} seed an integer; seeds that follow each other give unlike choices */
  constructor(seed) {
    this.#next = randomNumbers(Math.imul(seed, 0x9e3779b1))
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
