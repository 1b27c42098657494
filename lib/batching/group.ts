import type { BindingHost } from '../binding/host'
import { isOrtError } from '../errors'
import { Lane } from './lane'
import type { BatchOutput, BatchShape } from './memory'
import { PriorityQueue, type Queued } from './queue'
import type { Elements, EncodedRow, RowInput } from './rows'
import type { BatchResults } from './sized'

/** What all rows of a batcher have in common. */
export interface BatchModel {
  readonly host: BindingHost
  readonly inputs: readonly RowInput[]
  readonly outputs: readonly BatchOutput[]
  /** The most rows of a run. */
  readonly most: number
  /** Ascending sizes of runs; undefined: every size. */
  readonly sizes: readonly number[] | undefined
  readonly padding: (input: RowInput, length: number) => Elements
}

/** Two batches: one runs while the rows of the next are gathered, or the results of the last are handed out. */
export const LANES = 2

/** A result of another shape than a row of this shape has alone. */
export class ShapeVaries extends Error {}

/** The rows of one shape: those that wait, and the bindings that run them. */
export class Group<R extends Queued> {
  readonly key: string
  readonly waiting = new PriorityQueue<R>()
  /** Batches in flight. */
  running = 0
  readonly #model: BatchModel
  readonly #padding: readonly Elements[]
  readonly #lanes: readonly Lane[]
  #shape: BatchShape
  /** The shapes of a row's results: those of a row that ran alone. */
  #rowDims: readonly (readonly number[])[] | undefined
  /** Whether a run contradicted them. */
  #varies = false

  constructor(model: BatchModel, { key, dims }: Pick<EncodedRow, 'key' | 'dims'>) {
    this.key = key
    this.#model = model
    const { host, inputs, outputs, most } = model
    this.#lanes = Array.from({ length: LANES }, () => new Lane(host, most))
    this.#shape = { inputs, outputs, inputDims: dims, outputDims: undefined }
    this.#padding = inputs.map((input, i) =>
      model.padding(
        input,
        dims[i]!.reduce((a, b) => a * b, 1),
      ),
    )
  }

  /** Whether a row of this shape ran alone, which the results of a batch are checked by. */
  get isKnown(): boolean {
    return this.#rowDims !== undefined
  }

  /** The size of a run of as many rows. */
  sizeFor(rows: number): number {
    const { sizes } = this.#model
    return sizes === undefined ? rows : sizes.find((size) => size >= rows)!
  }

  /** Runs rows together. The results are views, until the lane's next run. @throws the errors of a run */
  async run(lane: number, rows: readonly EncodedRow[], onWritten?: () => void): Promise<BatchResults> {
    try {
      return await this.#attempt(lane, rows, onWritten)
    } catch (error) {
      if (!isOrtError(error) || error.code !== 'ERR_OUTPUT_SHAPE' || this.#shape.outputDims === undefined)
        throw error
      // The shape depends on the data: from now on ONNX Runtime allocates the outputs.
      this.#shape = { ...this.#shape, outputDims: undefined }
      this.#varies = true
      return this.#attempt(lane, rows, onWritten)
    }
  }

  async #attempt(lane: number, rows: readonly EncodedRow[], onWritten?: () => void): Promise<BatchResults> {
    const allocated = this.#shape.outputDims === undefined
    const results = await this.runUnchecked(lane, rows, onWritten)
    if (rows.length > 1 && allocated && JSON.stringify(results.dims) !== JSON.stringify(this.#rowDims))
      throw new ShapeVaries()
    if (rows.length === 1 && !this.isKnown) this.learn(results.dims)
    return results
  }

  /** Without a comparison of the results' shapes with those of a row. */
  async runUnchecked(
    lane: number,
    rows: readonly EncodedRow[],
    onWritten?: () => void,
  ): Promise<BatchResults> {
    const binding = this.#lanes[lane]!.bound(this.#shape, this.sizeFor(rows.length))
    binding.write(rows, this.#padding)
    onWritten?.()
    await binding.run()
    return binding.results()
  }

  /** Has results of these shapes, which a row had alone, in memory that stays. */
  learn(rowDims: readonly (readonly number[])[]): void {
    this.#rowDims = rowDims
    if (!this.#varies) this.#shape = { ...this.#shape, outputDims: rowDims }
  }

  dispose(): void {
    for (const lane of this.#lanes) lane.dispose()
  }
}
