import type { ElementType } from './element-types'

const word = new Uint32Array(1)
const float = new Float32Array(word.buffer)

function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14)
  // The leading one of a normal number, and a carry out of the rounding, add to the exponent's bits.
  return sign | (roundHalfToEven(magnitude / 2 ** (exponent - 10)) + ((exponent + 14) << 10))
}

function fromBfloat16(bits: number): number {
  word[0] = bits << 16
  return float[0]!
}

function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  float[0] = value
  return roundHalfToEven(word[0]! / 0x10000)
}

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

export interface Codec {
  readonly decode: (bits: number) => number
  /** The nearest value; of two that are equally near, the even one. */
  readonly encode: (value: number) => number
}

/** The types whose arrays hold bits: Node.js before 24 has no Float16Array, and no version has one of bfloat16. */
export const SMALL_FLOATS: Readonly<Partial<Record<ElementType, Codec>>> = {
  float16: { decode: fromFloat16, encode: toFloat16 },
  bfloat16: { decode: fromBfloat16, encode: toBfloat16 },
}
