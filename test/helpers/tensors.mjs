import { SMALL_FLOATS } from './library.mjs'

/**
 * @typedef {Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array
 *   | Uint32Array | BigInt64Array | BigUint64Array | string[]} TensorData
 * @typedef {{ name: string, kind: 'tensor', type: string, dims: number[], data: TensorData }} TensorValue
 */

/**
 * By the names of onnxruntime-common: the code of the element type in ONNX, the array that holds its elements
 * and the field of TensorProto that holds them where raw_data does not.
 * @type {Record<string, { code: number, array: any, field: string }>}
 */
export const elementTypes = {
  float32: { code: 1, array: Float32Array, field: 'floatData' },
  uint8: { code: 2, array: Uint8Array, field: 'int32Data' },
  int8: { code: 3, array: Int8Array, field: 'int32Data' },
  uint16: { code: 4, array: Uint16Array, field: 'int32Data' },
  int16: { code: 5, array: Int16Array, field: 'int32Data' },
  int32: { code: 6, array: Int32Array, field: 'int32Data' },
  int64: { code: 7, array: BigInt64Array, field: 'int64Data' },
  string: { code: 8, array: Array, field: 'stringData' },
  bool: { code: 9, array: Uint8Array, field: 'int32Data' },
  float16: { code: 10, array: Uint16Array, field: 'int32Data' },
  float64: { code: 11, array: Float64Array, field: 'doubleData' },
  uint32: { code: 12, array: Uint32Array, field: 'uint64Data' },
  uint64: { code: 13, array: BigUint64Array, field: 'uint64Data' },
  bfloat16: { code: 16, array: Uint16Array, field: 'int32Data' },
  float8e4m3fn: { code: 17, array: Uint8Array, field: 'int32Data' },
  float8e4m3fnuz: { code: 18, array: Uint8Array, field: 'int32Data' },
  float8e5m2: { code: 19, array: Uint8Array, field: 'int32Data' },
  float8e5m2fnuz: { code: 20, array: Uint8Array, field: 'int32Data' },
  uint4: { code: 21, array: Uint8Array, field: 'int32Data' },
  int4: { code: 22, array: Uint8Array, field: 'int32Data' },
  float8e8m0: { code: 24, array: Uint8Array, field: 'int32Data' },
  uint2: { code: 25, array: Uint8Array, field: 'int32Data' },
  int2: { code: 26, array: Uint8Array, field: 'int32Data' },
}

const names = new Map(Object.entries(elementTypes).map(([name, { code }]) => [code, name]))

/**
 * @param {number} code
 * @returns {string}
 */
export function typeName(code) {
  const name = names.get(code)
  if (name) return name
  const kind = code === 14 || code === 15 ? 'complex tensors are' : `element type ${code} is`
  throw new Error(`${kind} not supported`)
}

/** @type {Record<string, number>} */
const ELEMENTS_IN_A_BYTE = { int4: 2, uint4: 2, int2: 4, uint2: 4 }

/**
 * How long an array the elements of a tensor take; elements smaller than a byte share one.
 * @param {string} type
 * @param {readonly number[]} dims
 */
export function dataLength(type, dims) {
  const count = dims.reduce((product, dim) => product * dim, 1)
  return Math.ceil(count / (ELEMENTS_IN_A_BYTE[type] ?? 1))
}

/**
 * @param {any} proto a decoded TensorProto
 * @param {string} [name]
 * @returns {TensorValue}
 */
export function readTensor(proto, name = proto.name ?? '') {
  const type = typeName(proto.dataType)
  const dims = proto.dims.map(Number)
  const data = readData(proto, type)
  if (data.length !== dataLength(type, dims)) {
    throw new Error(`tensor ${name} has ${data.length} elements, its dims [${dims}] another number`)
  }
  return { name, kind: 'tensor', type, dims, data }
}

/**
 * @param {any} proto
 * @param {string} type
 * @returns {TensorData}
 */
function readData(proto, type) {
  const { array, field } = elementTypes[type]
  /** @type {any[]} */
  const elements = proto[field]
  if (type === 'string') return elements.map((bytes) => Buffer.from(bytes).toString())
  // A copy, because the bytes lie unaligned within the file.
  if (proto.rawData?.length) return new array(new Uint8Array(proto.rawData).buffer)
  return array.from(type === 'uint32' ? elements.map(Number) : elements)
}

/**
 * @param {string} name
 * @param {string} type
 * @param {readonly number[]} dims
 * @param {TensorData | readonly (number | bigint)[]} data a plain array holds numbers, for float16 as well
 * @returns a TensorProto to encode
 */
export function tensor(name, type, dims, data) {
  const length = dataLength(type, dims)
  if (data.length !== length) throw new Error(`tensor ${name} needs ${length} elements, not ${data.length}`)
  const proto = { name, dims: [...dims], dataType: elementTypes[type].code }
  if (type === 'string') return { ...proto, stringData: /** @type {string[]} */ (data).map(utf8) }
  const { buffer, byteOffset, byteLength } = toTyped(type, data)
  return { ...proto, rawData: new Uint8Array(buffer, byteOffset, byteLength) }
}

/** @param {string} text */
export function utf8(text) {
  return Buffer.from(text)
}

/**
 * @param {string} type
 * @param {any} data
 */
function toTyped(type, data) {
  if (!Array.isArray(data)) return data
  const codec = SMALL_FLOATS[/** @type {'float16'} */ (type)]
  return codec ? Uint16Array.from(data, codec.encode) : elementTypes[type].array.from(data)
}

/**
 * The elements as numbers where they are inexact, as they are otherwise.
 * @param {string} type
 * @param {ArrayLike<any>} data
 * @returns {ArrayLike<any>}
 */
export function toComparable(type, data) {
  const codec = SMALL_FLOATS[/** @type {'float16'} */ (type)]
  return codec && data instanceof Uint16Array ? Float32Array.from(data, codec.decode) : data
}
