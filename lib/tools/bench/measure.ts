import type { Limit } from './plan'

/** The cheapest clock, in milliseconds: a number, where process.hrtime.bigint() makes a BigInt. */
const now = performance.now.bind(performance)

/** A measurement ends there in any case: 160 MB of times. */
export const MOST_RUNS = 20_000_000
const PROGRESS_EVERY_MS = 200

/** Told now and then, between two runs. */
export type Progress = (runs: number, elapsedMs: number) => void

/** The time of every single run in milliseconds; at least one. */
export async function measure(
  call: () => void | Promise<void>,
  limit: Limit,
  progress: Progress = () => {},
): Promise<Float64Array> {
  const times = new Times()
  const goesOn = until(limit, progress)
  // What an await costs, and the turns that it takes, is no part of a synchronous run.
  const first = now()
  const pending = call()
  if (pending === undefined) {
    times.add(now() - first)
    for (let end = now(); goesOn(times.length, end); ) {
      const begin = now()
      call()
      end = now()
      times.add(end - begin)
    }
  } else {
    await pending
    times.add(now() - first)
    for (let end = now(); goesOn(times.length, end); ) {
      const begin = now()
      await call()
      end = now()
      times.add(end - begin)
    }
  }
  return times.all()
}

function until(limit: Limit, progress: Progress): (runs: number, end: number) => boolean {
  const begin = now()
  const most = Math.min(MOST_RUNS, 'runs' in limit ? limit.runs : Number.POSITIVE_INFINITY)
  const deadline = 'seconds' in limit ? begin + limit.seconds * 1000 : Number.POSITIVE_INFINITY
  let shown = begin
  return (runs, end) => {
    if (end - shown > PROGRESS_EVERY_MS) {
      progress(runs, end - begin)
      shown = end
    }
    return runs < most && end < deadline
  }
}

/** Grows by doubling, which happens between two runs. */
class Times {
  #times = new Float64Array(4096)
  length = 0

  add(time: number): void {
    if (this.length === this.#times.length) {
      const grown = new Float64Array(this.length * 2)
      grown.set(this.#times)
      this.#times = grown
    }
    this.#times[this.length++] = time
  }

  all(): Float64Array {
    return this.#times.slice(0, this.length)
  }
}
