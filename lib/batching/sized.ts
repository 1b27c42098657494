import type { IoBinding } from '../binding/binding'
import { setOwn } from '../check'
import { OrtError } from '../errors'
import { rawView, type TypedArray } from '../model/element-types'
import { elementCount, shapeText } from '../model/shape'
import type { OrtValue } from '../value/value'
import type { BatchShape, LaneMemory } from './memory'
import type { Elements, EncodedRow } from './rows'

/** The result of a row: typed arrays, or strings. */
export type RowResult = Record<string, TypedArray | string[]>

/** A result with its shape. */
export interface ShapedResult<T = TypedArray | string[]> {
  readonly data: T
  readonly dims: readonly number[]
}

/** An input's memory in a batch: `outer` slices, in each of which a row has `inner` elements. */
interface Column {
  readonly data: Elements
  readonly outer: number
  readonly inner: number
  /** Writes strings, and what JavaScript cannot view. */
  readonly commit: (() => void) | undefined
}

/** A result of a batch, of which rows are taken. */
interface ResultColumn {
  readonly name: string
  readonly data: TypedArray | string[]
  readonly outer: number
  readonly inner: number
  readonly shared: boolean
}

/** The results of a batch. They are views: take the rows before the next run. */
export interface BatchResults {
  readonly columns: readonly ResultColumn[]
  /** Shapes of a row's results, by output. */
  readonly dims: readonly (readonly number[])[]
}

/** A binding for as many rows as it has slots, and the rows in it. */
export class SizedBinding {
  readonly size: number
  readonly #shape: BatchShape
  readonly #io: IoBinding
  readonly #columns: readonly Column[]
  /** Of outputs with memory of their own, in which nothing changes but the elements. */
  #results: BatchResults | undefined

  constructor(memory: LaneMemory, size: number) {
    const { shape } = memory
    this.#shape = shape
    this.size = size
    this.#io = memory.bind(size)
    this.#columns = shape.inputs.map(({ name, axis }, i) =>
      column(this.#io.inputValue(name)!, axis, shape.inputDims[i]!),
    )
  }

  /** Fills the first slots with the rows, and the others with padding. */
  write(rows: readonly Pick<EncodedRow, 'data'>[], padding: readonly Elements[]): void {
    this.#shape.inputs.forEach(({ axis }, i) => {
      const column = this.#columns[i]!
      if (axis === null) place(column, 1, 0, rows[0]!.data[i]!)
      else
        for (let slot = 0; slot < this.size; ++slot)
          place(column, this.size, slot, rows[slot]?.data[i] ?? padding[i]!)
      column.commit?.()
    })
  }

  run(): Promise<void> {
    return this.#io.run()
  }

  /** @throws OrtError `ERR_NO_BATCH_AXIS` if an output does not have as many rows */
  results(): BatchResults {
    if (this.#results !== undefined) return this.#results
    const columns: ResultColumn[] = []
    const dims = this.#shape.outputs.map(({ name, axis }) => {
      const value = this.#io.outputValue(name)!
      if (axis !== null && value.dims[axis] !== this.size) throw noRows(name, axis, this.size, value.dims)
      const data = value.hostVisible ? value.data : value.read()
      const [outer, inner] = slices(value.dims, axis)
      columns.push({ name, data: data as ResultColumn['data'], outer, inner, shared: axis === null })
      return axis === null ? value.dims : value.dims.toSpliced(axis, 1)
    })
    const results = { columns, dims }
    const stays = this.#shape.outputDims !== undefined
    if (stays && this.#shape.outputs.every(({ name }) => this.#io.outputValue(name)!.hostVisible))
      this.#results = results
    return results
  }

  dispose(): void {
    this.#io.dispose()
  }
}

function column(value: OrtValue, axis: number | null, dims: readonly number[]): Column {
  const [outer, inner] = slices(axis === null ? dims : dims.toSpliced(axis, 0, 1), axis)
  if (value.hostVisible) return { data: rawView(value.data), outer, inner, commit: undefined }
  const data = value.read() as TypedArray | string[]
  // A copy, whose elements the value takes before each run.
  return {
    data: Array.isArray(data) ? data : rawView(data),
    outer,
    inner,
    commit: () => value.write(data),
  }
}

/** How many slices there are outside of the batch axis, and a row's elements in each. */
function slices(dims: readonly number[], axis: number | null): [outer: number, inner: number] {
  return axis === null
    ? [1, elementCount(dims)]
    : [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))]
}

function place({ data, outer, inner }: Column, size: number, slot: number, row: Elements): void {
  for (let o = 0; o < outer; ++o) {
    const to = (o * size + slot) * inner
    if (Array.isArray(row)) for (let i = 0; i < inner; ++i) data[to + i] = row[o * inner + i]!
    else if (outer === 1) (data as TypedArray).set(row as never, to)
    else (data as TypedArray).set(row.subarray(o * inner, (o + 1) * inner) as never, to)
  }
}

/** A copy of a row's results. */
export function takeRow({ columns }: BatchResults, size: number, slot: number): RowResult {
  const result: RowResult = {}
  for (const { name, data, outer, inner, shared } of columns) {
    const at = shared ? 0 : slot * inner
    if (outer === 1) {
      setOwn<RowResult[string]>(result, name, data.slice(at, at + inner))
      continue
    }
    const row = Array.isArray(data)
      ? new Array<string>(outer * inner)
      : new (data.constructor as new (length: number) => TypedArray)(outer * inner)
    for (let o = 0; o < outer; ++o)
      for (let i = 0, from = (o * size + slot) * inner; i < inner; ++i) row[o * inner + i] = data[from + i]!
    setOwn<RowResult[string]>(result, name, row)
  }
  return result
}

/** A copy of a row's results, with their shapes. */
export function takeShapedRow(
  results: BatchResults,
  size: number,
  slot: number,
): Record<string, ShapedResult> {
  const row = takeRow(results, size, slot)
  const shaped: Record<string, ShapedResult> = {}
  results.columns.forEach(({ name }, i) => {
    setOwn<ShapedResult>(shaped, name, { data: row[name]!, dims: results.dims[i]! })
  })
  return shaped
}

function noRows(name: string, axis: number, size: number, dims: readonly number[]): OrtError {
  return new OrtError(
    'ERR_NO_BATCH_AXIS',
    `output '${name}' does not have a row for each row of the inputs`,
    {
      expected: `${size} at axis ${axis}`,
      given: shapeText(dims),
      remedy: 'Name its axis in batchAxes, or null if the whole output belongs to every row',
    },
  )
}
