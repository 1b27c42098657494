// Node.js has no Float16Array before version 24, and no array of bfloat16 at all.

const word = new Uint32Array(1)
const float = new Float32Array(word.buffer)

/** @param {number} value */
function roundHalfToEven(value) {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/**
 * @param {number} bits
 * @returns {number}
 */
export function fromFloat16(bits) {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity
  return sign * (exponent ? (0x400 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24)
}

/**
 * @param {number} value
 * @returns {number} the bits
 */
export function toFloat16(value) {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14)
  // The leading one of a normal number, and a carry out of rounding, both add into the exponent.
  return sign | (roundHalfToEven(magnitude / 2 ** (exponent - 10)) + ((exponent + 14) << 10))
}

/**
 * @param {number} bits
 * @returns {number}
 */
export function fromBfloat16(bits) {
  word[0] = bits << 16
  return float[0]
}

/**
 * @param {number} value
 * @returns {number} the bits
 */
export function toBfloat16(value) {
  if (Number.isNaN(value)) return 0x7fc0
  float[0] = value
  return roundHalfToEven(word[0] / 0x10000)
}
