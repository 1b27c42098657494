/** Statistics of run times: milliseconds in, microseconds out. */

export interface Summary {
  readonly runs: number
  /** Of consecutive runs, without what is between them. */
  readonly runsPerSecond: number
  readonly microseconds: {
    readonly min: number
    readonly p50: number
    readonly p90: number
    /** A percentile is absent where no run lies beyond it. */
    readonly p99?: number
    readonly p999?: number
    readonly max: number
    readonly mean: number
  }
}

/** Runs that took from `from` microseconds, to below `to`; the last bucket has no end. */
export interface Bucket {
  readonly from: number
  readonly to?: number
  readonly runs: number
}

export interface Spread {
  readonly median: number
  readonly q1: number
  readonly q3: number
}

/** @param sorted in ascending order, and not empty */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
}

export function summarize(sorted: Float64Array): Summary {
  const total = sorted.reduce((sum, time) => sum + time, 0)
  const runs = sorted.length
  const us = (q: number) => quantile(sorted, q) * 1000
  return {
    runs,
    runsPerSecond: runs / (total / 1000),
    microseconds: {
      min: us(0),
      p50: us(0.5),
      p90: us(0.9),
      ...(runs >= 100 && { p99: us(0.99) }),
      ...(runs >= 1000 && { p999: us(0.999) }),
      max: sorted[runs - 1]! * 1000,
      mean: (total / runs) * 1000,
    },
  }
}

const MAX_BUCKETS = 16

/** Buckets that grow by a constant factor from the shortest run to the 99th percentile, and one for the rest. */
export function histogram(sorted: Float64Array): Bucket[] {
  // A time below the clock's resolution counts as a nanosecond.
  const least = Math.max(sorted[0]!, 1e-6)
  const octaves = Math.log2(Math.max(quantile(sorted, 0.99), least) / least)
  const perOctave = [16, 8, 4, 2, 1, 0.5, 0.25].find((steps) => octaves * steps < MAX_BUCKETS) ?? 0.125
  const counts = new Array<number>(Math.floor(octaves * perOctave) + 2).fill(0)
  for (const time of sorted) {
    const bucket = Math.floor(Math.log2(Math.max(time, least) / least) * perOctave)
    counts[Math.min(bucket, counts.length - 1)]! += 1
  }
  const edge = (i: number) => least * 1000 * 2 ** (i / perOctave)
  const buckets = counts.map((runs, i) => ({
    from: edge(i),
    ...(i < counts.length - 1 && { to: edge(i + 1) }),
    runs,
  }))
  return buckets.at(-1)!.runs === 0 ? buckets.slice(0, -1) : buckets
}

/** Median and quartiles of one number per round. */
export function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  return { median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75) }
}
