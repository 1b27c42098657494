import type { Limit } from './plan'

/** The cheapest clock, in milliseconds: a number, where process.hrtime.bigint() makes a BigInt. */
const now = performance.now.bind(performance)

/** The most runs of a measurement: 160 MB of times. */
export const MAX_RUNS = 20_000_000
const PROGRESS_INTERVAL_MS = 200

/** Called now and then, between two runs. */
export type Progress = (runs: number, elapsedMs: number) => void

/** The time of every run in milliseconds: at least one, unless the limit is no runs. */
export async function measure(
  call: () => void | Promise<void>,
  limit: Limit,
  progress: Progress = () => {},
): Promise<Float64Array> {
  const times: number[] = []
  const most = 'runs' in limit ? Math.min(limit.runs, MAX_RUNS) : MAX_RUNS
  const begin = now()
  const deadline = 'seconds' in limit ? begin + limit.seconds * 1000 : Number.POSITIVE_INFINITY
  let shown = begin
  for (let end = begin; times.length < most && (end < deadline || times.length === 0); ) {
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
  return Float64Array.from(times)
}
