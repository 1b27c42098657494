import { quantile } from '../bench/statistics'
import { UsageError } from '../cli/command'

/** What is made smaller: milliseconds of a round, from the sorted times of its runs. */
export type Cost = (times: Float64Array, callers: number) => number

export const OBJECTIVES: Readonly<Record<string, Cost>> = {
  p50: (times) => quantile(times, 0.5),
  p99: (times) => quantile(times, 0.99),
  throughput: (times, callers) => times.reduce((sum, time) => sum + time, 0) / times.length / callers,
}

export function readObjective(name: unknown): string {
  if (typeof name === 'string' && Object.hasOwn(OBJECTIVES, name)) return name
  throw new UsageError(`--objective: expected ${Object.keys(OBJECTIVES).join(', ')}, got '${name}'`)
}
