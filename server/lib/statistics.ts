interface Duration {
  count: number
  ns: number
}

const duration = (): Duration => ({ count: 0, ns: 0 })

/** When a request reached each of its steps, by `performance.now()`. */
export interface RequestTimes {
  readonly begin: number
  readonly prepared: number
  readonly ran: number
  readonly end: number
}

/** Triton's statistics of a version of a model. */
export class Statistics {
  #inferences = 0
  #executions = 0
  #last = 0
  readonly #stats = {
    success: duration(),
    fail: duration(),
    queue: duration(),
    compute_input: duration(),
    compute_infer: duration(),
    compute_output: duration(),
  }

  succeed({ begin, prepared, ran, end }: RequestTimes, rows: number): void {
    this.#inferences += rows
    ++this.#executions
    this.#last = Date.now()
    const { success, queue, compute_input, compute_infer, compute_output } = this.#stats
    for (const [one, ms] of [
      [success, end - begin],
      [queue, 0],
      [compute_input, prepared - begin],
      [compute_infer, ran - prepared],
      [compute_output, end - ran],
    ] as const)
      add(one, ms)
  }

  fail(ms: number): void {
    add(this.#stats.fail, ms)
  }

  snapshot(name: string, version: string): object {
    return {
      name,
      version,
      last_inference: this.#last,
      inference_count: this.#inferences,
      execution_count: this.#executions,
      inference_stats: structuredClone(this.#stats),
      batch_stats: [],
    }
  }
}

function add(one: Duration, ms: number): void {
  ++one.count
  one.ns += Math.round(ms * 1e6)
}
