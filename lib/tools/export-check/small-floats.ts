/** Numbers as the bits of a float16 or a bfloat16 and back: Node before 24 has no Float16Array, and none has the other. */

const word = new Uint32Array(1)
const float = new Float32Array(word.buffer)

export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

export function fromBfloat16(bits: number): number {
  word[0] = bits << 16
  return float[0]!
}

/** The nearest bfloat16; of two that are as near, the even one. */
export function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  float[0] = value
  const bits = word[0]!
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** The nearest float16; of two that are as near, the even one. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14)
  const steps = magnitude / 2 ** (exponent - 10)
  const below = Math.floor(steps)
  const rest = steps - below
  const rounded = below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0)
  // The leading one of a normal number, and a carry out of the rounding, add to the exponent's bits.
  return sign | (rounded + ((exponent + 14) << 10))
}
