import type { Tensor } from 'onnxruntime-common'
import type { BindingHost } from '../binding/host'
import type { AnyViews, Views } from '../binding/views'
import { checkConstruction, INSPECT, type InspectArguments, refuseProxies, summarize } from '../classes'
import type { BatchModel } from './group'
import type { BatchOutput } from './memory'
import {
  type BatcherOptions,
  type BatcherRunOptions,
  type ResolvedOptions,
  resolveOptions,
  resolveRun,
} from './options'
import { resolvePadding } from './padding'
import { type EncodedRow, RowInputs, type RowShape } from './rows'
import { generatedSamples } from './samples'
import { disposed, Scheduler } from './scheduler'
import type { ShapedResult } from './sized'
import type { BatcherStats } from './stats'
import { verifyRows } from './verify'
import { checkQueue } from './wait'

/** The inputs of one row: typed arrays, strings, or Tensors. */
export type Row<I extends Views> = { readonly [K in keyof I]: I[K] | readonly string[] | Tensor }

/**
 * Puts the rows of many callers together, runs them in one run, and gives each caller its own. A result never depends on the
 * other rows: batches are compared with single rows when the batcher is created, a batch that fails is run again row by row, and
 * rows of different shapes do not go together.
 *
 * @example
 * await using batcher = await session.createBatcher({ x: [4] }, { maxBatchSize: 8 })
 * const rows = [1, 2, 3].map((value) => batcher.run({ x: new Float32Array(4).fill(value) }))
 * console.log((await Promise.all(rows)).map(({ y }) => y[0]), batcher.stats.batches)
 */
export class Batcher<I extends Views = AnyViews, O extends Views = AnyViews> implements AsyncDisposable {
  readonly #rows: RowInputs
  readonly #options: ResolvedOptions
  readonly #scheduler: Scheduler
  #closed: Promise<void> | undefined

  static {
    refuseProxies(Batcher, 'a Batcher', (value) => #scheduler in value)
  }

  private constructor(rows: RowInputs, options: ResolvedOptions, scheduler: Scheduler) {
    checkConstruction(rows, 'Batcher', 'await session.createBatcher()')
    this.#rows = rows
    this.#options = options
    this.#scheduler = scheduler
  }

  /** @internal use `session.createBatcher()` */
  static async create(
    host: BindingHost,
    row: Readonly<Record<string, RowShape>>,
    options: BatcherOptions,
  ): Promise<Batcher> {
    const resolved = resolveOptions(options)
    const { batchAxes, sizes, maxBatchSize: most, tolerance, warmup: all } = resolved
    const rows = new RowInputs(host.inputs, row, batchAxes)
    const padding = resolvePadding(host.inputs, rows.inputs, resolved.pad)
    const axes = outputAxes(host, resolved)
    const model = { host, inputs: rows.inputs, sizes, most, padding }
    const samples = resolved.samples?.map((sample, i) => rows.encode(sample, `samples[${i}]`))
    let outputs: readonly BatchOutput[] = []
    const verified: [EncodedRow, readonly (readonly number[])[]][] = []
    for (const sameShape of byShape(samples ?? generatedSamples(rows.inputs))) {
      const found = await verifyRows(model, axes, sameShape, { tolerance, all })
      outputs = found.outputs
      verified.push([sameShape[0]!, found.rowDims])
    }
    const scheduler = new Scheduler({ ...model, outputs } satisfies BatchModel, resolved, (row) =>
      rows.recycle(row),
    )
    // Generated samples have none of the shapes that vary, nor of the values.
    if (samples !== undefined || !rows.hasKeys)
      for (const [row, rowDims] of verified) scheduler.group(row).learn(rowDims)
    return new Batcher(rows, resolved, scheduler)
  }

  /**
   * Runs one row, together with those of other callers. The row is copied before the call returns; the result belongs to the
   * caller. An abort or a deadline ends the wait at once; a row that waits is then not run, and one whose run is in flight does
   * not end the run of the others.
   *
   * @throws OrtError `ERR_QUEUE_FULL`, `ERR_TIMEOUT`, `ERR_DISPOSED`, `ERR_MISSING_INPUT`, `ERR_ORT_*` of this row alone;
   *   OrtTypeError, OrtRangeError naming the input; the signal's reason
   * @example
   * const batcher = await session.createBatcher({ x: [4] })
   * const { y } = await batcher.run({ x: Float32Array.of(1, 2, 3, 4) }, { timeoutMs: 1000, priority: 'high' })
   */
  run(row: Row<I>, options?: BatcherRunOptions): Promise<O> {
    return this.#run(row, options, false) as Promise<O>
  }

  /**
   * As `run`, with the shape of each result: for outputs whose shapes the model does not declare.
   *
   * @throws as `run`
   * @example
   * const batcher = await session.createBatcher({ x: [4] })
   * const { y } = await batcher.runWithShapes({ x: Float32Array.of(1, 2, 3, 4) })
   * console.log(y.data, y.dims)
   */
  runWithShapes(
    row: Row<I>,
    options?: BatcherRunOptions,
  ): Promise<{ readonly [K in keyof O]: ShapedResult<O[K]> }> {
    return this.#run(row, options, true) as Promise<never>
  }

  #run(row: Row<I>, options: BatcherRunOptions | undefined, withShapes: boolean): Promise<unknown> {
    try {
      const resolved = resolveRun(options)
      const encoded = this.#rows.encode(row, 'row')
      if (this.#closed !== undefined) throw disposed()
      this.#checkQueue()
      return this.#scheduler.add(encoded, resolved, withShapes)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #checkQueue(): void {
    try {
      checkQueue(this.#scheduler.waiting, this.#options.maxQueueSize)
    } catch (error) {
      ++this.#scheduler.counters.rows.refused
      throw error
    }
  }

  /** What it has done so far. */
  get stats(): BatcherStats {
    return this.#scheduler.counters.snapshot(this.#scheduler.waiting)
  }

  /**
   * Refuses further rows, runs those that wait, and frees the memory. Idempotent.
   * @example
   * const batcher = await session.createBatcher({ x: [4] })
   * await batcher.close()
   */
  close(): Promise<void> {
    this.#closed ??= this.#scheduler.drain().then(() => this.#scheduler.dispose())
    return this.#closed
  }

  /**
   * Refuses further rows and those that wait (`ERR_DISPOSED`), and frees the memory when the runs in flight have ended, whose
   * callers get their results. Idempotent.
   * @example
   * const batcher = await session.createBatcher({ x: [4] })
   * batcher.dispose()
   */
  dispose(): void {
    this.#scheduler.cancel()
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    const inputs = Object.fromEntries(this.#rows.inputs.map(({ name, shape }) => [name, shape]))
    const { waiting, running } = this.stats
    return summarize('Batcher', { inputs, maxBatchSize: this.#options.maxBatchSize, waiting, running }, args)
  }
}

/** The outputs, with the axes that are given for them. @throws OrtRangeError `ERR_UNKNOWN_OUTPUT` */
function outputAxes(
  { inputs, outputs }: BindingHost,
  { batchAxes, fetches = outputs.names }: ResolvedOptions,
) {
  for (const name of Object.keys(batchAxes)) if (!inputs.has(name)) outputs.indexOf(name, 'batchAxes')
  for (const name of fetches) outputs.indexOf(name, 'fetches')
  return [...new Set(fetches)].map(
    (name) => [name, Object.hasOwn(batchAxes, name) ? batchAxes[name] : undefined] as const,
  )
}

function byShape(rows: readonly EncodedRow[]): EncodedRow[][] {
  const groups = new Map<string, EncodedRow[]>()
  for (const row of rows) groups.set(row.key, [...(groups.get(row.key) ?? []), row])
  return [...groups.values()]
}
