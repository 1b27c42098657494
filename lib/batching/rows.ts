import type { Tensor } from 'onnxruntime-common'
import { array, isRecord } from '../check'
import { ValueKind } from '../engine/engine'
import { argumentTypeError, describe, OrtError, OrtRangeError, OrtTypeError } from '../errors'
import {
  arrayLength,
  checkArray,
  copyTypedArray,
  type ElementType,
  elementTypeName,
  rawView,
  type TypedArray,
  typedArrayLength,
} from '../model/element-types'
import type { SessionIO } from '../model/io'
import { checkDims, elementCount, shapeText } from '../model/shape'
import { checkAttached } from '../value/data'
import { isTensor, tensorData } from '../value/tensor'

/** The shape of one row, without the batch axis; `'?'` for an axis whose size varies from row to row. */
export type RowShape = readonly (number | '?')[]

/** An input of one row: its elements, or a Tensor, which an input with several `'?'` needs. */
export type RowData = TypedArray | readonly string[] | Tensor

/** A typed array in the form whose `set` copies bits, or strings. */
export type Elements = TypedArray | string[]

/** An input of the model, and of a row. */
export interface RowInput {
  readonly name: string
  readonly type: ElementType
  /** Null: the same value for all rows of a batch. */
  readonly axis: number | null
  readonly shape: RowShape
  /** The elements of a row; undefined where their number varies. */
  readonly count: number | undefined
}

/** A row whose data were copied when it was given. */
export interface EncodedRow {
  /** Equal for rows that can go together. */
  readonly key: string
  /** By input, without the batch axis. */
  readonly dims: readonly (readonly number[])[]
  readonly data: readonly Elements[]
}

/** Takes the rows of a session's inputs. */
export class RowInputs {
  readonly inputs: readonly RowInput[]
  /** The dimensions of every row, if none varies. */
  readonly #fixedDims: readonly (readonly number[])[] | undefined
  /** Whether rows can be of different shapes, or have different values of an input that a batch has once. */
  readonly hasKeys: boolean
  readonly #io: SessionIO
  /** Memory of rows that have run: a typed array of its own for each row would keep the garbage collector busy. */
  readonly #spare: (readonly Elements[])[] = []

  /** @throws OrtError `ERR_NO_BATCH_AXIS`, `ERR_MISSING_INPUT`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError */
  constructor(io: SessionIO, shapes: unknown, batchAxes: Readonly<Record<string, number | null>>) {
    if (!isRecord(shapes)) throw argumentTypeError('row', 'an object of shapes by input name', shapes)
    for (const name of Object.keys(shapes)) io.indexOf(name, 'row')
    this.#io = io
    this.inputs = io.names.flatMap((name, index) => {
      const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined
      if (shape === undefined && io.isOptional(index)) return []
      const axis = Object.hasOwn(batchAxes, name) ? batchAxes[name]! : 0
      return [rowInput(io, index, shape, axis)]
    })
    if (this.inputs.every(({ axis }) => axis === null)) {
      throw new OrtError('ERR_NO_BATCH_AXIS', 'no input has a batch axis', {
        remedy: 'Name the axis of the rows in batchAxes, or use session.createBindingPool',
      })
    }
    const isRagged = this.inputs.some(({ shape }) => shape.includes('?'))
    this.hasKeys = isRagged || this.inputs.some(({ axis }) => axis === null)
    this.#fixedDims = isRagged ? undefined : this.inputs.map(({ shape }) => shape as readonly number[])
  }

  /** A copy of the row, which the caller may change at once. @throws OrtError `ERR_MISSING_INPUT`, `ERR_DETACHED`; OrtTypeError, OrtRangeError */
  encode(row: unknown, argument: string): EncodedRow {
    if (!isRecord(row))
      throw argumentTypeError(argument, 'an object of typed arrays or Tensors by input name', row)
    const given: Readonly<Record<string, unknown>> = row
    const dims: (readonly number[])[] = []
    const data: Elements[] = []
    const spare = this.#spare.pop()
    for (const input of this.inputs) {
      const { name } = input
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (value === undefined)
        throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in '${argument}'`)
      data.push(takeInput(input, value, `${argument}.${name}`, spare?.[data.length], dims))
    }
    if (Object.keys(given).length > data.length)
      for (const name of Object.keys(given)) this.#checkKnown(name, argument)
    const key = this.hasKeys ? rowKey(this.inputs, dims, data) : ''
    return { key, dims: this.#fixedDims ?? dims, data }
  }

  /** Takes back the memory of a row that nobody reads anymore. */
  recycle({ data }: EncodedRow): void {
    if (this.#fixedDims !== undefined && this.#spare.length < MOST_SPARE) this.#spare.push(data)
  }

  #checkKnown(name: string, argument: string): void {
    if (this.inputs.some((input) => input.name === name)) return
    this.#io.indexOf(name, argument)
    throw new OrtTypeError('ERR_NOT_SUPPORTED', `'${argument}.${name}' is an optional input`, {
      remedy: 'Give its shape to createBatcher',
    })
  }
}

const MOST_SPARE = 64

function rowInput(io: SessionIO, index: number, given: unknown, axis: number | null): RowInput {
  const { name, kind, type: code, shape: declared } = io.info(index)
  const type = elementTypeName(code)
  if (kind !== ValueKind.tensor || type === undefined || isPacked(type)) {
    throw new OrtError('ERR_NOT_SUPPORTED', `input '${name}' cannot be batched`, {
      expected: 'a tensor of elements that take whole bytes',
      given: kind === ValueKind.tensor ? `a tensor of ${type}` : 'another kind of value',
    })
  }
  const of = (shape: RowShape): RowInput => {
    const count = shape.includes('?') ? undefined : elementCount(shape as readonly number[])
    return { name, type, axis, shape, count }
  }
  const shape = given === undefined ? undefined : checkRowShape(given, `row.${name}`)
  if (declared === undefined || (declared.length === 0 && axis === null)) {
    if (shape === undefined && declared !== undefined) return of([])
    if (shape !== undefined) return of(shape)
    throw missing(name)
  }
  if (axis !== null && (declared.length <= axis || typeof declared[axis] === 'number')) {
    throw new OrtError('ERR_NO_BATCH_AXIS', `input '${name}' has no batch axis ${axis}`, {
      expected: `a dynamic dimension at index ${axis}`,
      given: shapeText(declared),
      remedy:
        'Name the axis in batchAxes, or null for an input that is the same for all rows; else export the model with a dynamic axis',
    })
  }
  const rowDims = axis === null ? declared : declared.toSpliced(axis, 1)
  if (shape === undefined) {
    if (rowDims.every((dim) => typeof dim === 'number')) return of(rowDims as number[])
    throw missing(name)
  }
  if (
    rowDims.length === shape.length &&
    rowDims.every((dim, i) => typeof dim === 'string' || dim === shape[i])
  )
    return of(shape)
  throw new OrtRangeError('ERR_SHAPE_MISMATCH', `'row.${name}' is not the shape of one row`, {
    expected: shapeText(rowDims),
    given: shapeText(shape),
    remedy: 'Give the shape without the batch axis',
  })
}

const isPacked = (type: ElementType) => type !== 'string' && arrayLength(type, 8) < 8

function missing(name: string): OrtError {
  return new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in 'row'`, {
    remedy: 'The model does not declare its shape: give the shape of one row',
  })
}

function checkRowShape(given: unknown, argument: string): RowShape {
  const dims = array("an array of numbers and '?'")(given, argument)
  checkDims(
    dims.map((dim) => (dim === '?' ? 1 : dim)),
    argument,
  )
  return dims as RowShape
}

/** Adds its dimensions to `allDims`. */
function takeInput(
  input: RowInput,
  value: unknown,
  argument: string,
  spare: Elements | undefined,
  allDims: (readonly number[])[],
): Elements {
  const { type, axis } = input
  if (!isTensor(value)) {
    const elements = copied(type, value, argument, spare)
    const length = Array.isArray(elements) ? elements.length : typedArrayLength(elements)
    allDims.push(inferDims(input, length, value, argument))
    return elements
  }
  if (value.type !== type) {
    const details = { expected: type, given: describe(value.type) }
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `'${argument}' has the wrong type`, details)
  }
  const given = checkDims(value.dims, argument)
  const hasBatchAxis = axis !== null && given.length === input.shape.length + 1 && given[axis] === 1
  const dims = hasBatchAxis ? given.toSpliced(axis, 1) : given
  if (dims.length !== input.shape.length || input.shape.some((dim, i) => dim !== '?' && dim !== dims[i])) {
    throw new OrtRangeError('ERR_SHAPE_MISMATCH', `'${argument}' is not one row`, {
      expected: shapeText(input.shape),
      given: shapeText(given),
    })
  }
  const elements = copied(type, tensorData(value, type, argument), argument, spare)
  checkLength(elements, elementCount(dims), value, argument)
  allDims.push(dims)
  return elements
}

function copied(type: ElementType, value: unknown, argument: string, spare: Elements | undefined): Elements {
  if (type !== 'string') {
    const given = checkArray(type, value, argument)
    checkAttached(given, argument)
    const array = rawView(given)
    if (spare === undefined || spare.length !== typedArrayLength(array)) return copyTypedArray(array)
    ;(spare as TypedArray).set(array as never)
    return spare
  }
  const texts = array('an array of strings')(value, argument)
  for (const text of texts)
    if (typeof text !== 'string') throw argumentTypeError(argument, 'an array of strings', value)
  return texts as string[]
}

function inferDims(
  { shape, count }: RowInput,
  length: number,
  value: unknown,
  argument: string,
): readonly number[] {
  if (count !== undefined) {
    checkLength(length, count, value, argument)
    return shape as readonly number[]
  }
  const varies = shape.filter((dim) => dim === '?').length
  const known = elementCount(shape.map((dim) => (dim === '?' ? 1 : dim)))
  const size = length / known
  if (varies === 1 && known > 0 && Number.isInteger(size))
    return shape.map((dim) => (dim === '?' ? size : dim))
  throw new OrtRangeError('ERR_INVALID_LENGTH', `the shape of '${argument}' is not known`, {
    expected: varies === 1 ? `a multiple of ${known} elements` : `a Tensor of shape ${shapeText(shape)}`,
    given: String(length),
  })
}

function checkLength(given: Elements | number, expected: number, value: unknown, argument: string): void {
  const length = typeof given === 'number' ? given : given.length
  if (length === expected) return
  checkAttached(value, argument)
  throw new OrtRangeError('ERR_INVALID_LENGTH', `'${argument}' is not one row`, {
    expected: `${expected} elements`,
    given: String(length),
  })
}

/** The sizes that vary, and the bits of what is the same for all rows of a batch. */
function rowKey(
  inputs: readonly RowInput[],
  dims: readonly (readonly number[])[],
  data: readonly Elements[],
): string {
  return inputs
    .map(({ axis }, i) => {
      const elements = data[i]!
      if (axis !== null) return dims[i]!.join()
      if (Array.isArray(elements)) return `${dims[i]!.join()}:${JSON.stringify(elements)}`
      const { buffer, byteOffset, byteLength } = elements
      return `${dims[i]!.join()}:${Buffer.from(buffer, byteOffset, byteLength).toString('latin1')}`
    })
    .join(';')
}
