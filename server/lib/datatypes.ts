import type { ElementType, TypedArray } from 'onnxruntime-iobinding'
import { invalid } from './errors.js'

interface ArrayClass {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): TypedArray
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray
}

export interface DataType {
  /** Name in the Open Inference Protocol. */
  readonly name: string
  readonly type: ElementType
  /** Undefined for BYTES. */
  readonly array: ArrayClass | undefined
  /** Whether JSON has its elements: no bits of floats. */
  readonly json: boolean
  readonly range?: readonly [least: bigint, most: bigint]
}

const integer = (
  name: string,
  type: ElementType,
  array: ArrayClass,
  bits: bigint,
  signed: boolean,
): DataType => ({
  name,
  type,
  array,
  json: true,
  range: signed ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n],
})

const TYPES: readonly DataType[] = [
  { name: 'BOOL', type: 'bool', array: Uint8Array, json: true },
  integer('UINT8', 'uint8', Uint8Array, 8n, false),
  integer('UINT16', 'uint16', Uint16Array, 16n, false),
  integer('UINT32', 'uint32', Uint32Array, 32n, false),
  integer('UINT64', 'uint64', BigUint64Array, 64n, false),
  integer('INT8', 'int8', Int8Array, 8n, true),
  integer('INT16', 'int16', Int16Array, 16n, true),
  integer('INT32', 'int32', Int32Array, 32n, true),
  integer('INT64', 'int64', BigInt64Array, 64n, true),
  { name: 'FP16', type: 'float16', array: Uint16Array, json: false },
  { name: 'BF16', type: 'bfloat16', array: Uint16Array, json: false },
  { name: 'FP32', type: 'float32', array: Float32Array, json: true },
  { name: 'FP64', type: 'float64', array: Float64Array, json: true },
  { name: 'BYTES', type: 'string', array: undefined, json: true },
]

const byName = new Map(TYPES.map((type) => [type.name, type]))
const byElementType = new Map(TYPES.map((type) => [type.type as string, type]))

/** Elements of a tensor. */
export type Elements = TypedArray | readonly string[]

/** @throws RequestError 400 */
export function dataType(name: unknown): DataType {
  const type = typeof name === 'string' ? byName.get(name) : undefined
  if (type !== undefined) return type
  throw invalid(`unknown datatype: expected one of ${[...byName.keys()].join(', ')}`)
}

/** The protocol's type of a model's element type; undefined where it has none (int4, float8). */
export const findDataType = (type: string): DataType | undefined => byElementType.get(type)

export const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Elements of the binary tensor extension, over the bytes where these are aligned. @throws RequestError 400 */
export function fromBytes(type: DataType, count: number, bytes: Buffer, name: string): TypedArray | string[] {
  const { array } = type
  if (array === undefined) return textsFromBytes(count, bytes, name)
  const size = array.BYTES_PER_ELEMENT
  if (bytes.length !== count * size)
    throw invalid(`input '${name}' has ${bytes.length} bytes of data, expected ${count * size}`)
  const aligned = bytes.byteOffset % size === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
  const elements = new array(aligned.buffer, aligned.byteOffset, count)
  if (type.type === 'bool' && bytes.some((byte) => byte > 1))
    throw invalid(`input '${name}' has a BOOL that is neither 0 nor 1`)
  return elements
}

function textsFromBytes(count: number, bytes: Buffer, name: string): string[] {
  const texts: string[] = []
  let at = 0
  while (at < bytes.length && texts.length < count) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Infinity
    if (at + 4 + length > bytes.length)
      throw invalid(`input '${name}' has an element that ends beyond its data`)
    try {
      texts.push(utf8.decode(bytes.subarray(at + 4, at + 4 + length)))
    } catch {
      throw invalid(`input '${name}' has an element that is not UTF-8`)
    }
    at += 4 + length
  }
  if (texts.length === count && at === bytes.length) return texts
  throw invalid(`input '${name}' does not have ${count} elements of BYTES`)
}

export function toBytes(data: TypedArray | readonly string[]): Buffer {
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const parts = data.flatMap((text) => {
    const bytes = Buffer.from(text, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return [length, bytes]
  })
  return Buffer.concat(parts)
}

const BINARY = 'send it as binary data (binary_data_size)'
const NOT_FINITE = 'send NaN and infinities as binary data (binary_data_size)'

/** Elements of JSON numbers, booleans and strings. @throws RequestError 400 */
export function fromJson(
  type: DataType,
  count: number,
  values: readonly unknown[],
  name: string,
): TypedArray | string[] {
  if (!type.json) throw invalid(`input '${name}' is ${type.name}, which JSON cannot hold: ${BINARY}`)
  if (values.length !== count)
    throw invalid(`input '${name}' has ${values.length} elements, expected ${count}`)
  if (type.array === undefined) {
    for (const value of values) {
      if (typeof value !== 'string') throw invalid(`input '${name}' has an element that is not a string`)
      if (/\p{Surrogate}/u.test(value))
        throw invalid(`input '${name}' has an element with half of a surrogate pair, which UTF-8 cannot hold`)
    }
    return values as string[]
  }
  const array = new type.array(count)
  for (let i = 0; i < count; ++i) array[i] = fromJsonElement(type, values[i], name)
  return array
}

function fromJsonElement(
  { name: typeName, type, range }: DataType,
  value: unknown,
  name: string,
): number | bigint {
  if (type === 'bool') {
    if (typeof value === 'boolean') return Number(value)
    if (value === 0 || value === 1) return value
    throw invalid(`input '${name}' has an element that is not a boolean`)
  }
  // JavaScript's JSON has null for NaN and infinities.
  if (typeof value !== 'number')
    throw invalid(
      `input '${name}' has an element that is not a number${range === undefined ? `: ${NOT_FINITE}` : ''}`,
    )
  if (range === undefined) {
    if (Number.isFinite(type === 'float32' ? Math.fround(value) : value)) return value
    throw invalid(`input '${name}' has an element beyond the range of ${typeName}: ${NOT_FINITE}`)
  }
  if (!Number.isSafeInteger(value))
    throw invalid(`input '${name}' has an element that is not an integer below 2^53: ${BINARY}`)
  if (BigInt(value) < range[0] || BigInt(value) > range[1])
    throw invalid(`input '${name}' has an element beyond the range of ${typeName}`)
  return type.endsWith('64') ? BigInt(value) : value
}

/** The JSON of a tensor's elements. @throws RequestError 400 for what JSON cannot hold */
export function toJson(type: DataType, data: TypedArray | readonly string[], name: string): string {
  const ask = 'request it as binary data (binary_data: true)'
  if (!type.json) throw invalid(`output '${name}' is ${type.name}, which JSON cannot hold: ${ask}`)
  const elements = Array.from(data as ArrayLike<number | bigint | string>, (value) => {
    if (type.type === 'bool') return value !== 0
    if (typeof value === 'string') return value
    const number = Number(value)
    if (!Number.isFinite(number)) throw invalid(`output '${name}' has an element that is not finite: ${ask}`)
    if (typeof value === 'bigint' && !Number.isSafeInteger(number))
      throw invalid(`output '${name}' has an integer beyond 2^53: ${ask}`)
    return number
  })
  if (!elements.some(isNegativeZero)) return JSON.stringify(elements)
  // JSON.stringify writes 0 for it, and Python reads -0 as the integer 0.
  return `[${elements.map((element) => (isNegativeZero(element) ? '-0.0' : element))}]`
}

const isNegativeZero = (value: unknown) => Object.is(value, -0)
