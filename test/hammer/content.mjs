// Contents of values: made from numbers of a trace, compared with what the package gives.
import { isDeepStrictEqual } from 'node:util'

/** @typedef {import('./models.mjs').Content} Content */
/** @typedef {import('./models.mjs').TensorContent} TensorContent */

/** One below the size at which results are copied, and one above. */
export const SIZES = [3, 1500]

/**
 * @param {string} type
 * @param {number} size
 * @param {number} seed
 * @returns {(number | bigint | string)[]}
 */
export function elements(type, size, seed) {
  return Array.from({ length: size }, (_, i) => {
    const n = (seed * 31 + i * (1 + (seed % 7))) % 11
    if (type === 'int64') return BigInt(n)
    // Some are too long for the object of a std::string.
    return type === 'string' ? (n < 5 ? `s${n}` : `a string of the heap ${n}`) : n
  })
}

/**
 * What `write` and typed arrays take.
 * @param {string} type
 * @param {readonly any[]} data
 */
export function typed(type, data) {
  if (type === 'string') return [...data]
  return type === 'int64' ? BigInt64Array.from(data) : Float32Array.from(data)
}

/** @param {TensorContent} content */
export const isLong = ({ type, data }) => type === 'string' && data.some((text) => String(text).length > 500)

/**
 * The content of a real value.
 * @param {any} value an OrtValue or a Tensor
 * @returns {Content}
 */
export function readContent(value) {
  if (value.kind === 'sequence') return { type: 'sequence', elements: value.elements().map(readContent) }
  const data = value.read ? value.read() : value.data
  return { type: value.type, dims: [...value.dims], data: [...data] }
}

/** @param {Content} content */
function text(content) {
  if (content.type === 'sequence') return `[${content.elements.map(text).join(', ')}]`
  const { type, dims, data } = content
  const [begin, more] = [data.slice(0, 8).join(', '), data.length > 8 ? ', …' : '']
  return `${type}[${dims}] {${begin}${more}}`
}

/**
 * Where they differ; undefined where they do not.
 * @param {Content} given
 * @param {Content} expected
 */
export function difference(given, expected) {
  if (isDeepStrictEqual(given, expected)) return undefined
  const at =
    'data' in given && 'data' in expected ? given.data.findIndex((n, i) => n !== expected.data[i]) : -1
  return `expected ${text(expected)}, got ${text(given)}${at < 0 ? '' : `, which differ at ${at}`}`
}
