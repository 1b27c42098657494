import { copyTypedArray, type ElementType, rawView, type TypedArray } from '../../model/element-types'
import { elementCount } from '../../model/shape'
import type { OrtValueData } from '../../value/data'
import { fromBfloat16, fromFloat16 } from './small-floats'

/** A tensor in host memory as the check works with it. */
export interface HostTensor {
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: OrtValueData
}

/** How far floating-point results may be from what is expected: `atol + rtol * |expected|`. All others must be equal. */
export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

export interface Comparison {
  /** The largest difference of two numbers; absent where the type has none to speak of, or it is no number. */
  readonly largest?: number
  /** The first element that is off. */
  readonly first?: { readonly index: number; readonly actual: string; readonly expected: string }
}

const INEXACT = new Set<ElementType>(['float16', 'float32', 'float64', 'bfloat16'])

export const isInexact = (type: ElementType): boolean => INEXACT.has(type)

/** Whether an element takes whole bytes, so that the array has one for each. */
export const isWhole = (type: ElementType): boolean => !/(int|float)[24](e\d+m\d+)?$/.test(type)

/** The elements as numbers that can be reckoned with; of other types as they are. */
function comparable({ type, data }: HostTensor): ArrayLike<number | bigint | string> {
  if (Array.isArray(data)) return data
  const raw = rawView(data)
  if (type === 'float16') return Array.from(raw as Uint16Array, fromFloat16)
  return type === 'bfloat16' ? Array.from(raw as Uint16Array, fromBfloat16) : raw
}

/** Two tensors of one type and shape. */
export function compare(actual: HostTensor, expected: HostTensor, { rtol, atol }: Tolerance): Comparison {
  const [left, right] = [comparable(actual), comparable(expected)]
  const inexact = isInexact(expected.type)
  let largest = 0
  let first: Comparison['first']
  for (let i = 0; i < right.length; ++i) {
    const [a, b] = [left[i]!, right[i]!]
    if (Object.is(a, b) || a === b) continue
    const off = inexact ? Math.abs((a as number) - (b as number)) : Number.NaN
    // Not `off > largest`: once it is no number, it stays none.
    if (!(off <= largest)) largest = Number.isNaN(largest) ? largest : off
    // Written so that what is not a number is off; every number is near an infinite one, which is no agreement.
    if (inexact && Number.isFinite(b) && off <= atol + rtol * Math.abs(b as number)) continue
    first ??= { index: i, actual: textOf(a, b), expected: textOf(b, a) }
  }
  return { ...(inexact && Number.isFinite(largest) && { largest }), ...(first && { first }) }
}

/** Six digits of a fraction: the rest says nothing, unless it is all that tells it from the other. */
function textOf(value: number | bigint | string, other: number | bigint | string): string {
  if (typeof value !== 'number' || typeof other !== 'number' || Number.isInteger(value)) return String(value)
  const short = (number: number) => String(Number(number.toPrecision(6)))
  return short(value) === short(other) ? String(value) : short(value)
}

/** Whether two tensors are the same: bit for bit, but that 0 and -0 are one, and NaN is NaN. */
export function same(a: HostTensor, b: HostTensor): boolean {
  if (a.type !== b.type || `${a.dims}` !== `${b.dims}`) return false
  if (Array.isArray(a.data) || Array.isArray(b.data)) {
    const other = b.data as readonly string[]
    return (a.data as readonly string[]).every((text, i) => text === other[i])
  }
  const bytes = ({ buffer, byteOffset, byteLength }: TypedArray) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
  if (bytes(a.data).equals(bytes(b.data))) return true
  if (!isInexact(a.type)) return false
  const [left, right] = [comparable(a), comparable(b)] as [ArrayLike<number>, ArrayLike<number>]
  for (let i = 0; i < left.length; ++i) {
    if (left[i] !== right[i] && !(Number.isNaN(left[i]) && Number.isNaN(right[i]))) return false
  }
  return true
}

/** An array of the same class, of another length. */
export function emptyLike(data: OrtValueData, length: number): OrtValueData {
  if (Array.isArray(data)) return new Array<string>(length).fill('')
  return new (data.constructor as new (length: number) => TypedArray)(length)
}

/**
 * The tensor with its size along an axis changed: cut off, or grown by what it begins with, again and again.
 *
 * @param tensor whose elements are no smaller than a byte, and which is not empty
 */
export function resized(tensor: HostTensor, axis: number, size: number): HostTensor {
  const { dims, data } = tensor
  const inner = elementCount(dims.slice(axis + 1))
  const outer = elementCount(dims.slice(0, axis))
  const old = dims[axis]!
  const grown = emptyLike(data, outer * size * inner)
  for (let o = 0; o < outer; ++o) {
    for (let i = 0; i < size; ++i) {
      const [to, from] = [(o * size + i) * inner, (o * old + (i % old)) * inner]
      for (let k = 0; k < inner; ++k) grown[to + k] = data[from + k]!
    }
  }
  return { ...tensor, dims: dims.map((dim, i) => (i === axis ? size : dim)), data: grown }
}

/** The tensor with the slices of an axis from `begin` on taken from another of the same shape. */
export function spliced(tensor: HostTensor, axis: number, begin: number, other: HostTensor): HostTensor {
  const { dims, data } = tensor
  const inner = elementCount(dims.slice(axis + 1))
  const result = Array.isArray(data) ? data.slice() : copyTypedArray(data)
  for (let i = 0; i < result.length; ++i) {
    if (Math.floor(i / inner) % dims[axis]! >= begin) result[i] = other.data[i]!
  }
  return { ...tensor, data: result }
}
