import type { BatcherStats } from 'onnxruntime-iobinding'

/** How often, and how long together. */
export interface Duration {
  readonly count: number
  readonly ns: number
}

/** Runs of a size, in Triton's form. */
export interface BatchStats {
  readonly batch_size: number
  readonly compute_input: Duration
  readonly compute_infer: Duration
  readonly compute_output: Duration
}

/** What the runs of a model took. */
export interface ExecutionStats {
  readonly inferences: number
  readonly executions: number
  readonly queue: Duration
  readonly compute_input: Duration
  readonly compute_infer: Duration
  readonly compute_output: Duration
  readonly batches: readonly BatchStats[]
}

interface Times {
  readonly queue: number
  readonly input: number
  readonly infer: number
  readonly output: number
}

const ns = (ms: number) => Math.round(ms * 1e6)
const NONE: Duration = { count: 0, ns: 0 }
const plus = (a: Duration, b: Duration): Duration => ({ count: a.count + b.count, ns: a.ns + b.ns })

/** Adds up runs that are one request each. */
export class Durations {
  readonly #bySize = new Map<
    number,
    { count: number; queue: number; input: number; infer: number; output: number }
  >()

  add(rows: number, times: Times): void {
    let sums = this.#bySize.get(rows)
    if (sums === undefined) {
      sums = { count: 0, queue: 0, input: 0, infer: 0, output: 0 }
      this.#bySize.set(rows, sums)
    }
    ++sums.count
    sums.queue += times.queue
    sums.input += times.input
    sums.infer += times.infer
    sums.output += times.output
  }

  snapshot(): ExecutionStats {
    const all = [...this.#bySize].map(([size, { count, queue, input, infer, output }]) => {
      const batch = {
        compute_input: { count, ns: ns(input) },
        compute_infer: { count, ns: ns(infer) },
        compute_output: { count, ns: ns(output) },
      }
      return {
        ...batch,
        inferences: size * count,
        executions: count,
        queue: { count, ns: ns(queue) },
        batches: [{ batch_size: size, ...batch }],
      }
    })
    return addUp(all)
  }
}

/** What a batcher has run, in Triton's form. */
export function fromBatcher(stats: BatcherStats): ExecutionStats {
  const batches = Object.entries(stats.batches).map(([size, its]): BatchStats => {
    const { count, computeInputNs, computeInferNs, computeOutputNs } = its
    return {
      batch_size: Number(size),
      compute_input: { count, ns: computeInputNs },
      compute_infer: { count, ns: computeInferNs },
      compute_output: { count, ns: computeOutputNs },
    }
  })
  return {
    inferences: stats.computeInfer.count,
    executions: batches.reduce((sum, { compute_infer }) => sum + compute_infer.count, 0),
    queue: stats.queue,
    compute_input: stats.computeInput,
    compute_infer: stats.computeInfer,
    compute_output: stats.computeOutput,
    batches,
  }
}

const NOTHING: ExecutionStats = {
  inferences: 0,
  executions: 0,
  queue: NONE,
  compute_input: NONE,
  compute_infer: NONE,
  compute_output: NONE,
  batches: [],
}

export const addUp = (all: readonly ExecutionStats[]): ExecutionStats =>
  all.reduce(
    (a, b) => ({
      inferences: a.inferences + b.inferences,
      executions: a.executions + b.executions,
      queue: plus(a.queue, b.queue),
      compute_input: plus(a.compute_input, b.compute_input),
      compute_infer: plus(a.compute_infer, b.compute_infer),
      compute_output: plus(a.compute_output, b.compute_output),
      batches: addBatches(a.batches, b.batches),
    }),
    NOTHING,
  )

function addBatches(a: readonly BatchStats[], b: readonly BatchStats[]): BatchStats[] {
  const bySize = new Map(a.map((batch) => [batch.batch_size, batch]))
  for (const batch of b) {
    const its = bySize.get(batch.batch_size)
    bySize.set(
      batch.batch_size,
      its === undefined
        ? batch
        : {
            batch_size: batch.batch_size,
            compute_input: plus(its.compute_input, batch.compute_input),
            compute_infer: plus(its.compute_infer, batch.compute_infer),
            compute_output: plus(its.compute_output, batch.compute_output),
          },
    )
  }
  return [...bySize.values()].sort((one, other) => one.batch_size - other.batch_size)
}

/** Triton's reasons for a failure. */
export const REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const
export type Reason = (typeof REASONS)[number]

/** How the requests of a model ended. */
export class RequestStats {
  readonly failures: Record<Reason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 }
  #success: Duration = NONE
  #fail: Duration = NONE
  #last = 0

  succeed(ms: number): void {
    this.#last = Date.now()
    this.#success = plus(this.#success, { count: 1, ns: ns(ms) })
  }

  /** @param status of HTTP */
  fail(ms: number, status: number): void {
    ++this.failures[failureReason(status)]
    this.#fail = plus(this.#fail, { count: 1, ns: ns(ms) })
  }

  get success(): Duration {
    return this.#success
  }

  /** Triton's statistics of a version of a model. */
  snapshot(name: string, version: string, execution: ExecutionStats): object {
    const { inferences, executions, queue, compute_input, compute_infer, compute_output, batches } = execution
    return {
      name,
      version,
      last_inference: this.#last,
      inference_count: inferences,
      execution_count: executions,
      inference_stats: {
        success: this.#success,
        fail: this.#fail,
        queue,
        compute_input,
        compute_infer,
        compute_output,
        // perf_analyzer reads both. The server caches no responses.
        cache_hit: NONE,
        cache_miss: NONE,
      },
      batch_stats: batches,
    }
  }
}

function failureReason(status: number): Reason {
  if (status === 503 || status === 504) return 'REJECTED'
  if (status === 499) return 'CANCELED'
  return status >= 500 ? 'BACKEND' : 'OTHER'
}
