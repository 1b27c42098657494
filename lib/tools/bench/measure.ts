import type { Limit } from './plan'
import type { Call } from './target'

/** The cheapest clock, in milliseconds: a number, where process.hrtime.bigint() makes a BigInt. */
const now = performance.now.bind(performance)

/** The most runs of a measurement: 160 MB of times. */
export const MAX_RUNS = 20_000_000
const PROGRESS_INTERVAL_MS = 200

/** Called now and then, between two runs. */
export type Progress = (runs: number, elapsedMs: number) => void

/**
 * The time of every run in milliseconds: at least one, unless the limit is 0 runs.
 *
 * @param calls of callers that run at the same time, each one run after another
 */
export async function measure(
  calls: readonly Call[],
  limit: Limit,
  progress: Progress = () => {},
): Promise<Float64Array> {
  const times: number[] = []
  const most = 'runs' in limit ? Math.min(limit.runs, MAX_RUNS) : MAX_RUNS
  const begin = now()
  const deadline = 'seconds' in limit ? begin + limit.seconds * 1000 : Number.POSITIVE_INFINITY
  let shown = begin
  let started = 0
  const caller = async (call: Call) => {
    for (let end = begin; started < most && (end < deadline || started === 0); ) {
      started++
      const start = now()
      const pending = call()
      // A synchronous run does not include the cost of an await.
      if (pending !== undefined) await pending
      end = now()
      times.push(end - start)
      if (end - shown > PROGRESS_INTERVAL_MS) {
        progress(times.length, end - begin)
        shown = end
      }
    }
  }
  await Promise.all(calls.map(caller))
  return Float64Array.from(times)
}
