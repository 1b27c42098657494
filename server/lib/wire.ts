import protobuf, { type Reader } from 'protobufjs'

/** Kinds of a field in protobuf's encoding. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

export type ReadField = (reader: Reader, wireType: number) => void

/** Reads the fields of a message that are known; each of `readers` has its field's number. */
export function readFields(bytes: Uint8Array, readers: Readonly<Record<number, ReadField>>): void {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.tag()
    const [field, wireType] = [tag >>> 3, tag & 7]
    if (field === 0) throw new Error('a field without a number')
    const read = readers[field]
    if (read === undefined) reader.skipType(wireType, 0, field)
    else read(reader, wireType)
  }
}

const wrongType = () => new Error('another wire type than the field has')

/** A reader of a field with one value. */
export const single =
  (expected: number, read: (reader: Reader) => void): ReadField =>
  (reader, wireType) => {
    if (wireType !== expected) throw wrongType()
    read(reader)
  }

/** A reader of a field of bytes, a string or a message. */
export const delimited = (take: (bytes: Uint8Array) => void): ReadField =>
  single(BYTES, (reader) => take(reader.bytes()))

/** A reader of a repeated field of numbers: one by one, or packed. */
export const repeated =
  (expected: number, read: (reader: Reader) => void): ReadField =>
  (reader, wireType) => {
    if (wireType === expected) return read(reader)
    if (wireType !== BYTES) throw wrongType()
    const end = reader.uint32() + reader.pos
    if (end > reader.len) throw new Error('packed elements beyond their message')
    while (reader.pos < end) read(reader)
    if (reader.pos !== end) throw new Error('a packed element beyond its field')
  }
