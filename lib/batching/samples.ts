import type { ElementType, TypedArray } from '../model/element-types'
import { arrayLength, rawView, zeroed } from '../model/element-types'
import { randomNumbers } from '../model/random'
import { elementCount } from '../model/shape'
import { SMALL_FLOATS } from '../model/small-floats'
import type { Elements, EncodedRow, RowInput } from './rows'

/** Rows of the generated samples, of different magnitudes: a quantized model scales a batch by its largest element. */
const ROWS = 8
/** The size of an axis that varies. */
const RAGGED = 8

/** Rows that most models accept: floats of varied magnitude, integers 0 and 1, masks of ones. */
export function generatedSamples(inputs: readonly RowInput[]): EncodedRow[] {
  const random = randomNumbers(1)
  const dims = inputs.map(({ shape }) => shape.map((dim) => (dim === '?' ? RAGGED : dim)))
  const shared = inputs.map(({ name, type }, i) => sample(name, type, elementCount(dims[i]!), 0, random))
  return Array.from({ length: ROWS }, (_, row) => ({
    key: '',
    dims,
    data: inputs.map(({ name, type, axis }, i) =>
      axis === null ? shared[i]! : sample(name, type, elementCount(dims[i]!), row, random),
    ),
  }))
}

const isFloat = (type: ElementType) => type === 'float32' || type === 'float64' || type in SMALL_FLOATS

function sample(name: string, type: ElementType, size: number, row: number, random: () => number): Elements {
  if (type === 'string') return Array.from({ length: size }, () => (random() < 0.5 ? 'a' : 'b'))
  const isMask = /mask/i.test(name)
  const scale = 4 ** (row % ROWS) / 256
  const number = () => (isMask ? 1 : isFloat(type) ? (random() * 2 - 1) * scale : Math.floor(random() * 2))
  return filled(type, size, number)
}

/** Elements of a type, in the form of raw bits where its array has bits. */
export function filled(type: ElementType, size: number, number: () => number): TypedArray {
  const data = rawView(zeroed(type, size))
  const encode = SMALL_FLOATS[type]?.encode ?? ((value: number) => value)
  const isBig = type === 'int64' || type === 'uint64'
  for (let i = 0; i < arrayLength(type, size); ++i) {
    const element = encode(number())
    data[i] = isBig ? BigInt(element) : element
  }
  return data
}
