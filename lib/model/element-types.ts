import { types } from 'node:util'
import { bufferBytes } from '../check'
import { describe, OrtError, OrtTypeError } from '../errors'

type Float16Data = typeof globalThis extends { Float16Array: new (...args: never) => infer A }
  ? A
  : Uint16Array

/** The typed array of each element type; strings have none. */
export interface ElementArrays {
  float32: Float32Array
  float64: Float64Array
  float16: Float16Data
  int8: Int8Array
  uint8: Uint8Array
  int16: Int16Array
  uint16: Uint16Array
  int32: Int32Array
  uint32: Uint32Array
  int64: BigInt64Array
  uint64: BigUint64Array
  bool: Uint8Array
  string: never
  bfloat16: Uint16Array
  float8e4m3fn: Uint8Array
  float8e4m3fnuz: Uint8Array
  float8e5m2: Uint8Array
  float8e5m2fnuz: Uint8Array
  float8e8m0: Uint8Array
  uint4: Uint8Array
  int4: Uint8Array
  float4e2m1: Uint8Array
  uint2: Uint8Array
  int2: Uint8Array
}

/** A typed array of any element type. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

interface TypedArrayConstructor {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (length: number): TypedArray
  new (elements: TypedArray): TypedArray
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray
}

const float16Array = (globalThis as { Float16Array?: TypedArrayConstructor }).Float16Array

interface Row {
  /** `ONNXTensorElementDataType`. */
  readonly code: number
  readonly bits: number
  /** Undefined for strings. */
  readonly array: TypedArrayConstructor | undefined
  /** Whether onnxruntime-common has the type. */
  readonly common: boolean
}

const table = {
  float32: { code: 1, bits: 32, array: Float32Array, common: true },
  uint8: { code: 2, bits: 8, array: Uint8Array, common: true },
  int8: { code: 3, bits: 8, array: Int8Array, common: true },
  uint16: { code: 4, bits: 16, array: Uint16Array, common: true },
  int16: { code: 5, bits: 16, array: Int16Array, common: true },
  int32: { code: 6, bits: 32, array: Int32Array, common: true },
  int64: { code: 7, bits: 64, array: BigInt64Array, common: true },
  string: { code: 8, bits: 0, array: undefined, common: true },
  bool: { code: 9, bits: 8, array: Uint8Array, common: true },
  float16: { code: 10, bits: 16, array: float16Array ?? Uint16Array, common: true },
  float64: { code: 11, bits: 64, array: Float64Array, common: true },
  uint32: { code: 12, bits: 32, array: Uint32Array, common: true },
  uint64: { code: 13, bits: 64, array: BigUint64Array, common: true },
  bfloat16: { code: 16, bits: 16, array: Uint16Array, common: false },
  float8e4m3fn: { code: 17, bits: 8, array: Uint8Array, common: false },
  float8e4m3fnuz: { code: 18, bits: 8, array: Uint8Array, common: false },
  float8e5m2: { code: 19, bits: 8, array: Uint8Array, common: false },
  float8e5m2fnuz: { code: 20, bits: 8, array: Uint8Array, common: false },
  uint4: { code: 21, bits: 4, array: Uint8Array, common: true },
  int4: { code: 22, bits: 4, array: Uint8Array, common: true },
  float4e2m1: { code: 23, bits: 4, array: Uint8Array, common: false },
  uint2: { code: 24, bits: 2, array: Uint8Array, common: false },
  int2: { code: 25, bits: 2, array: Uint8Array, common: false },
  float8e8m0: { code: 26, bits: 8, array: Uint8Array, common: false },
} as const satisfies Record<string, Row>

/**
 * Element type of a tensor: onnxruntime-common's, and those that it does not have (`bfloat16`, the float8 types, and types
 * smaller than a byte), whose data are raw bits. Elements smaller than a byte are packed, the first in the low bits. `float16`
 * data are a `Float16Array` where V8 has one, else a `Uint16Array` of raw bits.
 */
export type ElementType = keyof typeof table

const names = new Map<number, ElementType>(
  Object.entries(table).map(([name, row]) => [row.code, name as ElementType]),
)

function row(type: ElementType): Row {
  return table[type]
}

/** @throws OrtTypeError `ERR_INVALID_ARG_VALUE` naming `argument` unless `type` is an element type */
export function checkElementType(type: unknown, argument = 'type'): ElementType {
  if (typeof type === 'string' && Object.hasOwn(table, type)) return type as ElementType
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${argument}' is not an element type`, {
    expected: Object.keys(table).join(', '),
    given: describe(type),
  })
}

export const elementTypeCode = (type: ElementType): number => row(type).code
export const isCommonType = (type: ElementType): boolean => row(type).common

/** Name of an `ONNXTensorElementDataType`; undefined for complex numbers. */
export function elementTypeName(code: number): ElementType | undefined {
  return names.get(code)
}

/** Length of the typed array with `size` elements of `type`. */
export function arrayLength(type: ElementType, size: number): number {
  const { bits } = row(type)
  return bits < 8 ? Math.ceil((size * bits) / 8) : size
}

/** Bytes of `size` elements; a fraction where elements share a byte. */
export const arrayBytes = (type: ElementType, size: number): number => (row(type).bits * size) / 8

/** The type's typed array over the whole buffer. */
export function typedArrayView(type: ElementType, buffer: ArrayBuffer): TypedArray {
  const { array } = row(type)
  if (array === undefined) throw new OrtTypeError('ERR_TYPE_MISMATCH', 'a string tensor has no typed array')
  return new array(buffer)
}

/** Zeroed memory of V8. @throws OrtError `ERR_OUT_OF_MEMORY` */
export function zeroed(type: ElementType, size: number): TypedArray {
  const bytes = arrayLength(type, size) * typedArrayView(type, new ArrayBuffer(0)).BYTES_PER_ELEMENT
  return typedArrayView(
    type,
    allocating(bytes, () => new ArrayBuffer(bytes)),
  )
}

/** A getter of all typed arrays. An array can have a property of its own by the name. */
function getter(name: string | symbol): () => unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!
}

const getName = getter(Symbol.toStringTag) as () => string | undefined
const getBuffer = getter('buffer') as () => ArrayBufferLike
const getLength = getter('length') as () => number
const getOffset = getter('byteOffset') as () => number
const getBytes = getter('byteLength') as () => number

export const typedArrayBuffer = (array: TypedArray): ArrayBufferLike => getBuffer.call(array)
export const typedArrayLength = (array: TypedArray): number => getLength.call(array)

/** Name of a typed array's class, or of the one that it extends. A vm context such as Jest's has classes of its own. */
function typedArrayName(value: unknown): string | undefined {
  return getName.call(value)
}

const arrays = new Map(Object.values<Row>(table).map(({ array }) => [array?.name, array!]))

/** A copy of an array; `slice()` of a Buffer is a view. @throws OrtError `ERR_OUT_OF_MEMORY`, `ERR_DETACHED` */
export function copyTypedArray<T extends TypedArray>(array: T): T {
  if (typedArrayLength(array) === 0) bufferBytes(typedArrayBuffer(array), 'data')
  const copy = () => new (arrays.get(typedArrayName(array))!)(array)
  return allocating(array.byteLength, copy) as T
}

/** A view of the same memory, of this realm's class, which onnxruntime-common wants. */
export function localView(array: TypedArray): TypedArray {
  const local = arrays.get(typedArrayName(array))!
  return array instanceof local
    ? array
    : new local(typedArrayBuffer(array), getOffset.call(array), typedArrayLength(array))
}

/** A view of `size` elements of the array's, from the element `first` on. */
export function subarray(type: ElementType, array: TypedArray, first: number, size: number): TypedArray {
  const local = arrays.get(typedArrayName(array))!
  return new local(
    typedArrayBuffer(array),
    getOffset.call(array) + arrayBytes(type, first),
    arrayLength(type, size),
  )
}

/** V8 throws a bare RangeError where it cannot allocate. */
function allocating<T>(bytes: number, allocate: () => T): T {
  try {
    return allocate()
  } catch (cause) {
    if (!types.isNativeError(cause) || cause.name !== 'RangeError') throw cause
    const remedy = "Free memory, or raise the process's limit"
    throw new OrtError('ERR_OUT_OF_MEMORY', `cannot allocate ${bytes} bytes of host memory`, {
      remedy,
      cause,
    })
  }
}

/** The array in a form that Node-API knows: a `Uint16Array` of bits for a `Float16Array`. */
export function rawView(array: TypedArray): TypedArray {
  if (typedArrayName(array) !== 'Float16Array') return array
  return new Uint16Array(typedArrayBuffer(array), getOffset.call(array), typedArrayLength(array))
}

/** @throws OrtTypeError `ERR_TYPE_MISMATCH` unless `data` is the type's typed array, or a `Uint16Array` of float16 bits */
export function checkArray(type: ElementType, data: unknown, argument: string): TypedArray {
  const { array } = row(type)
  const name = typedArrayName(data)
  if (array !== undefined && name === array.name) return data as TypedArray
  if (type === 'float16' && name === 'Uint16Array') return data as Uint16Array
  throw new OrtTypeError('ERR_TYPE_MISMATCH', `'${argument}' does not fit a tensor of ${type}`, {
    expected: array?.name ?? 'string[]',
    given: describe(data),
    ...conversion(type, data),
  })
}

/** How numbers become elements of the type, where its array has numbers and no bits. */
function conversion(type: ElementType, data: unknown): { remedy?: string } {
  const { array, bits, code } = row(type)
  const numbers = Array.isArray(data) || (typedArrayName(data) !== undefined && bits === 64)
  if (!numbers || array === undefined || array === Uint16Array || code > table.uint64.code) return {}
  const isBig = type === 'int64' || type === 'uint64'
  return { remedy: `Convert numbers: ${array.name}.from(data${isBig ? ', BigInt' : ''})` }
}

function memory(array: TypedArray) {
  return { buffer: typedArrayBuffer(array), offset: getOffset.call(array), bytes: getBytes.call(array) }
}

/** How the memory of two tensors' data, typed arrays or arrays of strings, overlaps. A detached array has none. */
export function overlap(one: TypedArray | string[], other: TypedArray | string[]): 'none' | 'part' | 'same' {
  if (Array.isArray(one) || Array.isArray(other)) return one === other ? 'same' : 'none'
  const [a, b] = [memory(one), memory(other)]
  if (a.buffer !== b.buffer || a.bytes === 0 || b.bytes === 0) return 'none'
  if (a.offset === b.offset && a.bytes === b.bytes) return 'same'
  const [first, second] = a.offset <= b.offset ? [a, b] : [b, a]
  return first.offset + first.bytes > second.offset ? 'part' : 'none'
}
