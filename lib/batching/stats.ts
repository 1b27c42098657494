import type { EarlyEnd } from './wait'

/** A count, and the time that all of them took. */
export interface BatcherDuration {
  readonly count: number
  readonly ns: number
}

/** The runs of batches of one size. */
export interface BatchSizeStats {
  readonly count: number
  readonly computeInputNs: number
  readonly computeInferNs: number
  readonly computeOutputNs: number
}

/** Why a batch went when it did. */
export type Release = 'full' | 'preferred' | 'idle' | 'delay' | 'closing' | 'first'

/** What a batcher has done: counters since it was created, and the present queue. */
export interface BatcherStats {
  /** Rows that wait for a run. */
  readonly waiting: number
  /** Rows whose run is in flight. */
  readonly running: number
  /** How rows ended. */
  readonly rows: Readonly<Record<'succeeded' | 'failed' | 'refused' | EarlyEnd, number>>
  /** Triton's four times, in each of which a row has the time of its whole batch. */
  readonly queue: BatcherDuration
  readonly computeInput: BatcherDuration
  readonly computeInfer: BatcherDuration
  readonly computeOutput: BatcherDuration
  /** By the number of rows, without padding. */
  readonly batches: Readonly<Record<number, BatchSizeStats>>
  /**
   * Why batches went: `full`; `preferred`: one of `preferredSizes`; `idle`: no run was in flight; `delay`: the oldest row had
   * waited for `maxQueueDelayMs`; `closing`; `first`: the first row of its shape, which goes alone.
   */
  readonly releases: Readonly<Record<Release, number>>
  /** Batches that failed, or whose results had another shape, and were run again row by row. */
  readonly repeated: number
}

interface Times {
  count: number
  queue: number
  input: number
  infer: number
  output: number
}

const noTimes = (): Times => ({ count: 0, queue: 0, input: 0, infer: 0, output: 0 })
const ns = (ms: number) => Math.round(ms * 1e6)

/** When a batch reached each of its steps, by `performance.now()`. */
export interface BatchTimes {
  readonly begin: number
  readonly written: number
  readonly ran: number
  readonly taken: number
}

/** Counts what a batcher does. */
export class Counters {
  readonly rows = { succeeded: 0, failed: 0, refused: 0, aborted: 0, timedOut: 0 }
  readonly releases: Record<Release, number> = {
    full: 0,
    preferred: 0,
    idle: 0,
    delay: 0,
    closing: 0,
    first: 0,
  }
  repeated = 0
  running = 0
  readonly #all = noTimes()
  readonly #bySize = new Map<number, Times>()

  /** @param waited milliseconds that the rows waited, together */
  addBatch(size: number, waited: number, { begin, written, ran, taken }: BatchTimes): void {
    const times = { queue: waited, input: written - begin, infer: ran - written, output: taken - ran }
    const sizeTimes = this.#bySize.get(size) ?? noTimes()
    this.#bySize.set(size, sizeTimes)
    for (const [sums, weight] of [
      [this.#all, size],
      [sizeTimes, 1],
    ] as const) {
      sums.count += weight
      sums.input += times.input * weight
      sums.infer += times.infer * weight
      sums.output += times.output * weight
    }
    this.#all.queue += times.queue
  }

  snapshot(waiting: number): BatcherStats {
    const { count, queue, input, infer, output } = this.#all
    const duration = (ms: number): BatcherDuration => ({ count, ns: ns(ms) })
    return {
      waiting,
      running: this.running,
      rows: { ...this.rows },
      queue: duration(queue),
      computeInput: duration(input),
      computeInfer: duration(infer),
      computeOutput: duration(output),
      batches: Object.fromEntries(
        [...this.#bySize].map(([size, its]) => [
          size,
          {
            count: its.count,
            computeInputNs: ns(its.input),
            computeInferNs: ns(its.infer),
            computeOutputNs: ns(its.output),
          },
        ]),
      ),
      releases: { ...this.releases },
      repeated: this.repeated,
    }
  }
}
