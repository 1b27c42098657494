import { strings } from '../check'
import { OrtError, OrtRangeError, OrtTypeError } from '../errors'
import { checkArray, checkElementType, type ElementType, type TypedArray } from '../model/element-types'
import type { OrtValueData } from './data'
import { readParts, type SparseParts } from './sparse'

/** What a map's values are given as. */
export type MapValues = Float32Array | Float64Array | BigInt64Array | readonly string[]

/** What `OrtValue.toJS` returns. */
export type OrtValueAsJs =
  | OrtValueData
  | ReadonlyMap<string | bigint, string | number | bigint>
  | readonly OrtValueAsJs[]
  | SparseParts<OrtValueData>
  | null

interface MapPart {
  readonly type: ElementType
  readonly data: TypedArray | string[]
}

const VALUES: Readonly<Record<string, ElementType>> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  BigInt64Array: 'int64',
}

/** The keys and the values of a map. @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH` */
export function mapParts(keys: unknown, values: unknown): readonly [MapPart, MapPart] {
  const part = (data: unknown, name: string, type: ElementType): MapPart =>
    Array.isArray(data)
      ? { type: 'string', data: [...strings(data, name)] }
      : { type, data: checkArray(type, data, name) }
  const tag = Object.prototype.toString.call(values).slice('[object '.length, -1)
  const both = [part(keys, 'keys', 'int64'), part(values, 'values', VALUES[tag] ?? 'float32')] as const
  const [{ length }, { length: given }] = [both[0].data, both[1].data]
  if (length === given) return both
  throw new OrtRangeError('ERR_INVALID_LENGTH', 'a map has as many values as keys', {
    expected: `${length} values`,
    given: String(given),
  })
}

interface Nested {
  readonly kind: string
  readonly type: ElementType
}

/** @throws OrtTypeError `ERR_INVALID_ARG_VALUE`, `ERR_TYPE_MISMATCH` */
export function checkSequence(values: readonly Nested[], type: unknown): void {
  if (type === undefined && values.length > 0) return
  const expected = checkElementType(type)
  const other = values.find((value) => value.kind !== 'tensor' || value.type !== expected)
  if (other === undefined) return
  throw new OrtTypeError('ERR_TYPE_MISMATCH', "'values' has an element of another type", {
    expected,
    given: other.kind === 'tensor' ? other.type : other.kind,
  })
}

interface Value extends Disposable {
  readonly kind: string
  read(): OrtValueData
  elements(): readonly Value[]
  sparse(): SparseParts<Value>
}

/** See `OrtValue.toJS`. @throws OrtError `ERR_NOT_SUPPORTED` for an opaque value */
export function toJS(value: Value): OrtValueAsJs {
  switch (value.kind) {
    case 'tensor':
      return value.read()
    case 'optional':
      return null
    case 'map': {
      const [keys, values] = value.elements().map((part) => takeJS(part) as ArrayLike<string | bigint>)
      return new Map(Array.from(keys!, (key, i) => [key, values![i]!]))
    }
    case 'sequence':
      return value.elements().map(takeJS)
    case 'sparseTensor':
      return readParts(value.sparse())
    default: {
      const remedy = 'Have the model give a tensor'
      throw new OrtError('ERR_NOT_SUPPORTED', 'the value cannot be read', { given: value.kind, remedy })
    }
  }
}

/** Of a copy that nobody else has. */
function takeJS(value: Value): OrtValueAsJs {
  try {
    return toJS(value)
  } finally {
    value[Symbol.dispose]()
  }
}
