/** The two levels of a request: high ones are released first. */
export type Priority = 'high' | 'normal'

/** What waits, in order: all of high priority before the rest. A Set deletes from its middle at once. */
export class PriorityQueue<T> {
  readonly #high = new Set<T>()
  readonly #normal = new Set<T>()

  get size(): number {
    return this.#high.size + this.#normal.size
  }

  get hasHigh(): boolean {
    return this.#high.size > 0
  }

  add(entry: T, priority: Priority): void {
    ;(priority === 'high' ? this.#high : this.#normal).add(entry)
  }

  /** Whether it was waiting. */
  delete(entry: T): boolean {
    return this.#normal.delete(entry) || this.#high.delete(entry)
  }

  /** The one to be released first. */
  get first(): T | undefined {
    const [first] = this.hasHigh ? this.#high : this.#normal
    return first
  }

  /** The first of each level: one of them has waited longest. */
  get oldest(): readonly T[] {
    const [high] = this.#high
    const [normal] = this.#normal
    return [high, normal].filter((entry) => entry !== undefined)
  }

  /** Removes as many as `count` of the first. */
  take(count: number): T[] {
    const taken: T[] = []
    for (const level of [this.#high, this.#normal]) {
      for (const entry of level) {
        if (taken.length === count) return taken
        level.delete(entry)
        taken.push(entry)
      }
    }
    return taken
  }
}
