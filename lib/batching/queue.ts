/** The two levels of a request: high ones are released first. */
export type Priority = 'high' | 'normal'

/** What can wait in one queue at a time. */
export interface Queued {
  /** Written by the queue. */
  place: number
}

/**
 * What waits, in order. An array whose front moves: a Set replaces its table every few changes, and a dead table in V8's old
 * generation keeps its successors, and what was in them, alive.
 */
class Level<T extends Queued> {
  size = 0
  /** Undefined: taken or deleted. */
  #entries: (T | undefined)[] = []
  /** The index of the first that waits. */
  #front = 0
  /** The place of the first entry of the array. */
  #base = 0

  get first(): T | undefined {
    return this.#entries[this.#front]
  }

  add(entry: T): void {
    entry.place = this.#base + this.#entries.length
    this.#entries.push(entry)
    ++this.size
  }

  delete(entry: T): boolean {
    const at = entry.place - this.#base
    if (this.#entries[at] !== entry) return false
    this.#entries[at] = undefined
    --this.size
    while (this.#front < this.#entries.length && this.first === undefined) ++this.#front
    if (this.#front > MOST_GONE && this.#front * 2 > this.#entries.length) this.#shorten()
    return true
  }

  #shorten(): void {
    this.#entries = this.#entries.slice(this.#front)
    this.#base += this.#front
    this.#front = 0
  }
}

/** Entries that an array keeps room for after they are gone. */
const MOST_GONE = 1024

/** What waits, in order: all of high priority before the rest. Takes and deletes in constant time. */
export class PriorityQueue<T extends Queued> {
  readonly #high = new Level<T>()
  readonly #normal = new Level<T>()

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
    return this.#high.first ?? this.#normal.first
  }

  /** The first of each level: one of them has waited longest. */
  get oldest(): readonly T[] {
    return [this.#high.first, this.#normal.first].filter((entry) => entry !== undefined)
  }

  /** Removes as many as `count` of the first. */
  take(count: number): T[] {
    const taken: T[] = []
    for (let next = this.first; next !== undefined && taken.length < count; next = this.first) {
      this.delete(next)
      taken.push(next)
    }
    return taken
  }
}
