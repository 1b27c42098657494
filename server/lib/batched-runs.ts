import {
  type Batcher,
  type InferenceSession,
  isOrtError,
  type ShapedResult,
  Tensor,
  type TypedArray,
} from 'onnxruntime-iobinding'
import type { DeclaredTensor, ModelConfig } from './config.js'
import { type Elements, findDataType } from './datatypes.js'
import { invalid } from './errors.js'
import type { InferOptions, NamedTensor, Runs } from './runs.js'
import { addUp, type ExecutionStats, fromBatcher } from './statistics.js'
import { differ, type Warmup, warmupRequest } from './warmup.js'

type Outputs = Readonly<Record<string, ShapedResult>>

/** The batcher's own queue is not the bound: a request of many rows waits whole, or not at all. */
const UNBOUNDED = 2 ** 24

/** The rows of all requests go together. */
export class BatchedRuns implements Runs {
  readonly #batchers: readonly Batcher[]
  /** Rows in each of them. */
  readonly #loads: number[]
  readonly #outputs: readonly DeclaredTensor[]
  readonly #high: number

  private constructor(batchers: readonly Batcher[], outputs: readonly DeclaredTensor[], high: number) {
    this.#batchers = batchers
    this.#loads = batchers.map(() => 0)
    this.#outputs = outputs
    this.#high = high
  }

  /**
   * @param warmup rows that the batches are compared with, if two of them differ
   * @throws Error if a row's result depends on the other rows of its batch
   */
  static async create(
    session: InferenceSession,
    config: ModelConfig,
    outputs: readonly DeclaredTensor[],
    warmup: readonly Warmup[],
  ): Promise<BatchedRuns> {
    const { max_batch_size, dynamic_batching, parameters, instance_group } = config
    const rows = config.input.map(({ name, dims }) => [name, dims.map((dim) => (dim === -1 ? '?' : dim))])
    const tolerance = parameters.verify_tolerance?.string_value
    const options = {
      maxBatchSize: max_batch_size,
      maxQueueDelayMs: dynamic_batching!.max_queue_delay_microseconds / 1000,
      preferredSizes: dynamic_batching!.preferred_batch_size,
      maxQueueSize: UNBOUNDED,
      batchAxes: Object.fromEntries(outputs.map(({ name }) => [name, 0])),
      ...(differ(warmup) && {
        samples: warmup.map((one) => rowFeeds(warmupRequest({ ...one, rows: 1 }, true), 0, 1)),
      }),
      ...(tolerance !== undefined && { verify: { tolerance: Number(tolerance) } }),
    }
    const batchers: Batcher[] = []
    try {
      for (let i = 0; i < Math.max(1, instance_group[0]?.count ?? 1); ++i)
        batchers.push(await session.createBatcher(Object.fromEntries(rows), { ...options, warmup: i === 0 }))
    } catch (error) {
      for (const batcher of batchers) batcher.dispose()
      throw withRemedy(error)
    }
    return new BatchedRuns(batchers, outputs, dynamic_batching!.priority_levels === 0 ? 0 : 1)
  }

  async run(
    inputs: readonly NamedTensor[],
    outputs: readonly string[] | undefined,
    options: InferOptions,
  ): Promise<NamedTensor[]> {
    const count = inputs[0]!.shape[0]!
    const at = this.#loads.indexOf(Math.min(...this.#loads))
    const batcher = this.#batchers[at]!
    const { signal, timeoutMs, priority } = options
    const runOptions = {
      ...(signal !== undefined && { signal: signal as AbortSignal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(priority !== undefined && priority <= this.#high && { priority: 'high' as const }),
    }
    this.#loads[at]! += count
    try {
      const rows = await Promise.all(
        Array.from({ length: count }, (_, i) =>
          batcher.runWithShapes(rowFeeds(inputs, i, count), runOptions),
        ),
      )
      const wanted = this.#outputs.filter(({ name }) => outputs === undefined || outputs.includes(name))
      return wanted.map((output) => joined(output, rows as Outputs[]))
    } finally {
      this.#loads[at]! -= count
    }
  }

  get stats(): ExecutionStats {
    return addUp(this.#batchers.map(({ stats }) => fromBatcher(stats)))
  }

  get waiting(): number {
    return this.#batchers.reduce((sum, { stats }) => sum + stats.waiting, 0)
  }

  async close(): Promise<void> {
    await Promise.all(this.#batchers.map((batcher) => batcher.close()))
  }
}

/** A row, as a view of the request's bytes. The batcher copies it at once. */
function rowFeeds(inputs: readonly NamedTensor[], row: number, count: number): Record<string, never> {
  return Object.fromEntries(
    inputs.map(({ name, type, shape, data }) => {
      const length = data.length / count
      const elements = Array.isArray(data)
        ? data.slice(row * length, (row + 1) * length)
        : (data as Exclude<Elements, readonly string[]>).subarray(row * length, (row + 1) * length)
      if (shape.length <= 2 || type.type === 'bfloat16') return [name, elements]
      return [name, new Tensor(type.type as 'string', elements as string[], shape.slice(1))]
    }),
  ) as Record<string, never>
}

/** The results of a request's rows, one behind the other. @throws RequestError 400 */
function joined({ name, type }: DeclaredTensor, rows: readonly Outputs[]): NamedTensor {
  const all = rows.map((row) => row[name]!)
  const { dims, data } = all[0]!
  const tensor = { name, type: findDataType(type)!, shape: [all.length, ...dims] }
  if (all.length === 1) return { ...tensor, data }
  if (all.some((one) => String(one.dims) !== String(dims)))
    throw invalid(`output '${name}' has another shape for each row of the request: send the rows one by one`)
  if (!ArrayBuffer.isView(data)) return { ...tensor, data: all.flatMap((one) => one.data as string[]) }
  const whole = new (data.constructor as new (length: number) => TypedArray)(data.length * all.length)
  all.forEach((one, i) => {
    whole.set(one.data as never, i * data.length)
  })
  return { ...tensor, data: whole }
}

function withRemedy(error: unknown): unknown {
  if (!isOrtError(error)) return error
  const tolerance =
    error.code === 'ERR_BATCH_MISMATCH'
      ? ", or accept the difference: parameters { key: 'verify_tolerance' value { string_value: '1e-3' } }"
      : error.message.includes('sample rows')
        ? ', or give two samples that the model accepts, and that differ: model_warmup'
        : ''
  return new Error(
    `dynamic_batching: ${error.message}. In config.pbtxt, omit dynamic_batching, so that each request is a run of its own${tolerance}`,
    { cause: error },
  )
}
