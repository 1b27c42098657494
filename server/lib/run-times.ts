/** A run that takes less has ended before the server knows that its client has left. */
const SHORT_MS = 5
/** How many shapes are kept. */
const MOST_SHAPES = 64

interface Shaped {
  readonly name: string
  readonly shape: readonly number[]
}

/** What the runs of a model take, by the shapes of their inputs. */
export class RunTimes {
  /** The longest of the last runs; it is forgotten by a tenth with each shorter one. */
  readonly #expectedMs = new Map<string, number>()

  /**
   * Does a run, and learns what it takes.
   * @param inFlight how many are in flight, this one included
   * @param work gets whether they all are expected to end soon
   */
  async measure<T>(
    inputs: readonly Shaped[],
    inFlight: number,
    work: (short: boolean) => Promise<T>,
  ): Promise<T> {
    const shapes = inputs.map(({ name, shape }) => `${name}:${shape}`).join(' ')
    const begin = performance.now()
    let kept = 1
    try {
      const results = await work(this.#expected(shapes) * inFlight <= SHORT_MS)
      kept = 0.9
      return results
    } finally {
      const expected = this.#expected(shapes)
      if (this.#expectedMs.size === MOST_SHAPES && !this.#expectedMs.has(shapes)) this.#expectedMs.clear()
      this.#expectedMs.set(shapes, Math.max((performance.now() - begin) / inFlight, kept * expected))
    }
  }

  #expected(shapes: string): number {
    return this.#expectedMs.get(shapes) ?? 2 * SHORT_MS
  }
}
