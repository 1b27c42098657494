// Reads the data sets of test/models, each file a TensorProto of ONNX, without a protobuf library.
import { elementTypes, readTensor } from '../helpers/tensors.mjs'

const FIELDS = { 1: 'dims', 2: 'dataType', 6: 'stringData', 8: 'name', 9: 'rawData' }
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 }

/**
 * @param {Uint8Array} bytes
 * @param {string} [name] in place of the file's
 * @returns {import('../helpers/tensors.mjs').TensorValue}
 */
export function readTensorFile(bytes, name) {
  const proto = { dims: [], dataType: 0, stringData: [], rawData: undefined, name: '' }
  for (const [number, content] of fields(bytes)) {
    const field = FIELDS[number]
    if (field === undefined) throw new Error(`unsupported field ${number} of a TensorProto`)
    if (field === 'dims') proto.dims.push(...(typeof content === 'bigint' ? [content] : packed(content)))
    else if (field === 'stringData') proto.stringData.push(content)
    else if (field === 'dataType') proto.dataType = Number(content)
    else proto[field] = field === 'name' ? Buffer.from(content).toString() : content
  }
  // A tensor without elements has no raw data, and readTensor reads the field of its type.
  const empty = Object.fromEntries(Object.values(elementTypes).map(({ field }) => [field, []]))
  return readTensor({ ...empty, ...proto }, name)
}

function* packed(bytes) {
  let at = 0
  while (at < bytes.length) {
    const [value, next] = varint(bytes, at)
    yield value
    at = next
  }
}

/** The fields of a message, each its number and its content: a BigInt or bytes. */
function* fields(bytes) {
  let at = 0
  while (at < bytes.length) {
    const [key, start] = varint(bytes, at)
    const wire = Number(key & 7n)
    if (wire === WIRE.varint) {
      const [value, next] = varint(bytes, start)
      yield [Number(key >> 3n), value]
      at = next
    } else if (wire === WIRE.bytes) {
      const [length, from] = varint(bytes, start)
      at = from + Number(length)
      yield [Number(key >> 3n), bytes.subarray(from, at)]
    } else throw new Error(`unsupported wire type ${wire} in a TensorProto`)
  }
}

function varint(bytes, start) {
  let value = 0n
  for (let at = start, shift = 0n; ; at++, shift += 7n) {
    value |= BigInt(bytes[at] & 0x7f) << shift
    if (bytes[at] < 0x80) return [value, at + 1]
  }
}
