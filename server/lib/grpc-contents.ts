import type { TypedArray } from 'onnxruntime-iobinding'
import type { Reader } from 'protobufjs'
import { type DataType, utf8 } from './datatypes.js'
import { invalid } from './errors.js'
import { BYTES, FIXED32, FIXED64, type ReadField, readFields, repeated, single, VARINT } from './wire.js'

/** Messages InferTensorContents of one tensor, which the protocol has as one. */
export type Contents = Uint8Array[]

type Element = number | bigint | string

interface Field {
  readonly number: number
  /** How an element is encoded that is not packed. */
  readonly wireType: number
  readonly read: (reader: Reader) => Element
}

interface Long {
  readonly high: number
  readonly low: number
}

const bits = ({ high, low }: Long) => (BigInt(high) << 32n) | BigInt(low >>> 0)

const BOOL: Field = { number: 1, wireType: VARINT, read: (reader) => Number(reader.bool()) }
const INT: Field = { number: 2, wireType: VARINT, read: (reader) => reader.int32() }
const INT64: Field = {
  number: 3,
  wireType: VARINT,
  read: (reader) => BigInt.asIntN(64, bits(reader.int64())),
}
const UINT: Field = { number: 4, wireType: VARINT, read: (reader) => reader.uint32() }
const UINT64: Field = {
  number: 5,
  wireType: VARINT,
  read: (reader) => BigInt.asUintN(64, bits(reader.uint64())),
}
const FP32: Field = { number: 6, wireType: FIXED32, read: (reader) => reader.float() }
const FP64: Field = { number: 7, wireType: FIXED64, read: (reader) => reader.double() }
const TEXT: Field = { number: 8, wireType: BYTES, read: (reader) => utf8.decode(reader.bytes()) }

/** The field that has a type's elements. FP16 and BF16 have none. */
const FIELDS = new Map<string, Field>([
  ['BOOL', BOOL],
  ['INT8', INT],
  ['INT16', INT],
  ['INT32', INT],
  ['INT64', INT64],
  ['UINT8', UINT],
  ['UINT16', UINT],
  ['UINT32', UINT],
  ['UINT64', UINT64],
  ['FP32', FP32],
  ['FP64', FP64],
  ['BYTES', TEXT],
])

/** Elements of typed contents. @throws RequestError 400; Error for bytes that are not a message */
export function fromContents(
  type: DataType,
  count: number,
  contents: Contents,
  name: string,
): TypedArray | string[] {
  const field = FIELDS.get(type.name)
  if (field === undefined)
    throw invalid(
      `input '${name}' is ${type.name}, which contents cannot hold: send it in raw_input_contents`,
    )
  const most = contents.reduce((sum, { length }) => sum + length, 0)
  const wrong = () =>
    invalid(`input '${name}' does not have ${count} elements of ${type.name} in its contents`)
  // Each element takes a byte at least: memory is allocated for what was sent.
  if (count > most) throw wrong()
  const elements: TypedArray | string[] = type.array === undefined ? [] : new type.array(count)
  let at = 0
  for (const bytes of contents)
    readElements(bytes, field, (element) => {
      if (at === count) throw wrong()
      if (outOfRange(type, element)) throw invalid(`input '${name}' has an element beyond ${type.name}`)
      elements[at++] = element
    })
  if (at !== count) throw wrong()
  return elements
}

function outOfRange({ range }: DataType, element: Element): boolean {
  return range !== undefined && typeof element === 'number' && (element < range[0] || element > range[1])
}

const otherType = () => {
  throw invalid('a tensor has contents of another type than its own')
}
const OTHERS: Readonly<Record<number, ReadField>> = Object.fromEntries(
  Array.from({ length: 8 }, (_, i) => [i + 1, otherType]),
)

function readElements(
  bytes: Uint8Array,
  { number, wireType, read }: Field,
  take: (element: Element) => void,
): void {
  const field = wireType === BYTES ? single : repeated
  readFields(bytes, { ...OTHERS, [number]: field(wireType, (reader) => take(read(reader))) })
}
