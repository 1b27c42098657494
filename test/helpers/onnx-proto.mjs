import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const root = protobuf.loadSync(fileURLToPath(new URL('onnx.proto', import.meta.url)))

/**
 * @typedef {'ModelProto' | 'TensorProto' | 'SequenceProto' | 'OptionalProto'} MessageName
 */

/**
 * The fields of a message.
 * @param {MessageName} message
 */
export function messageType(message) {
  return root.lookupType(`onnx.${message}`)
}

/**
 * Reads one message: fields in camel case, repeated fields always arrays, 64-bit integers as BigInt.
 * @param {MessageName} message
 * @param {Uint8Array} bytes
 * @returns {any}
 */
export function decode(message, bytes) {
  const type = messageType(message)
  return type.toObject(type.decode(bytes), { longs: BigInt, arrays: true })
}

/**
 * Writes one message; 64-bit integers may be BigInt or safe integers.
 * @param {MessageName} message
 * @param {object} fields
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encode(message, fields) {
  const type = messageType(message)
  return new Uint8Array(type.encode(type.fromObject(fields)).finish())
}
