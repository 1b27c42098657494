import type { SessionOptions } from '../../index'

/** A session option with one value to try. */
export interface Setting {
  readonly option: keyof SessionOptions
  readonly value: unknown
}

type Values = { readonly [K in keyof SessionOptions]?: readonly NonNullable<SessionOptions[K]>[] }

/** What is tried, the options of most effect first: each value on top of the best ones before it. */
export function settings(callers: number, cpus: number): Setting[] {
  const values: Values = {
    intraOpNumThreads: [...new Set([1, Math.ceil(cpus / 2), cpus])],
    allowSpinning: [false],
    graphOptimizationLevel: ['layout', 'extended', 'basic'],
    enableMemPattern: [false],
    enableCpuMemArena: [false],
    executionMode: ['parallel'],
    extra: [{ session: { set_denormal_as_zero: '1' } }],
    inlineRunBelowUs: [0, 5000],
    pollEventLoopUs: [0, 1000],
    runThreadSpinUs: [0, 500],
    ...(callers > 1 && { concurrentRuns: ['auto', callers] }),
  }
  return (Object.keys(values) as (keyof SessionOptions)[]).flatMap((option) =>
    (values[option] ?? []).map((value) => ({ option, value })),
  )
}
