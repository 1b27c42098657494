/** Statistics of run times: milliseconds in, microseconds out. */

export interface Summary {
  readonly runs: number
  /** Of consecutive runs of all callers, without what is between them. */
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

export function summarize(sorted: Float64Array, callers = 1): Summary {
  const total = sorted.reduce((sum, time) => sum + time, 0)
  const runs = sorted.length
  const us = (q: number) => quantile(sorted, q) * 1000
  return {
    runs,
    runsPerSecond: (callers * runs) / (total / 1000),
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
/** A time below the clock's resolution counts as a nanosecond. */
const LEAST_MS = 1e-6

/** The buckets of histograms that are compared with each other. */
export interface Axis {
  readonly least: number
  readonly perOctave: number
  readonly buckets: number
}

/**
 * Buckets that grow by a constant factor from the shortest run to the highest 99th percentile, and one for the rest.
 *
 * @param all the times of each histogram, sorted in ascending order
 */
export function commonAxis(all: readonly Float64Array[]): Axis {
  const least = Math.max(Math.min(...all.map((sorted) => sorted[0]!)), LEAST_MS)
  const most = Math.max(...all.map((sorted) => quantile(sorted, 0.99)), least)
  const octaves = Math.log2(most / least)
  const perOctave = [16, 8, 4, 2, 1, 0.5, 0.25].find((steps) => octaves * steps < MAX_BUCKETS) ?? 0.125
  return { least, perOctave, buckets: Math.floor(octaves * perOctave) + 2 }
}

/** The runs of each bucket of the axis. */
export function histogram(sorted: Float64Array, { least, perOctave, buckets }: Axis): Bucket[] {
  const counts = new Array<number>(buckets).fill(0)
  for (const time of sorted) {
    const bucket = Math.floor(Math.log2(Math.max(time, least) / least) * perOctave)
    counts[Math.min(bucket, buckets - 1)]! += 1
  }
  const edge = (i: number) => least * 1000 * 2 ** (i / perOctave)
  return counts.map((runs, i) => ({ from: edge(i), ...(i < buckets - 1 && { to: edge(i + 1) }), runs }))
}

/** Median and quartiles of one number per round. */
export function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  return { median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75) }
}
