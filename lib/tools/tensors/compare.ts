import { rawView } from '../../model/element-types'
import { SMALL_FLOATS } from '../../model/small-floats'
import { type HostTensor, isInexact, tensorText } from './host-tensor'

/** How far floating-point results may be from the expected ones: `atol + rtol * |expected|`. Other types must be equal. */
export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

/** One library may use other kernels than another. */
export const TOLERANCE: Tolerance = { rtol: 1e-3, atol: 1e-4 }

export interface Comparison {
  /** The largest difference; absent for exact types, and where it is not a number. */
  readonly largest?: number
  /** The first element outside the tolerance. */
  readonly first?: { readonly index: number; readonly actual: string; readonly expected: string }
}

/** The elements as numbers where the array holds bits of floats. */
function comparable({ type, data }: HostTensor): ArrayLike<number | bigint | string> {
  if (Array.isArray(data)) return data
  const raw = rawView(data)
  const codec = SMALL_FLOATS[type]
  return codec === undefined ? raw : Array.from(raw as Uint16Array, codec.decode)
}

/** Compares two tensors of one type and shape. */
export function compare(actual: HostTensor, expected: HostTensor, { rtol, atol }: Tolerance): Comparison {
  const [left, right] = [comparable(actual), comparable(expected)]
  const inexact = isInexact(expected.type)
  let largest = 0
  let first: Comparison['first']
  for (let i = 0; i < right.length; ++i) {
    const [a, b] = [left[i]!, right[i]!]
    if (Object.is(a, b) || a === b) continue
    const difference = inexact ? Math.abs((a as number) - (b as number)) : Number.NaN
    // Not `difference > largest`: a NaN stays.
    if (!(difference <= largest)) largest = Number.isNaN(largest) ? largest : difference
    // A NaN fails the comparison. Every number is within the tolerance of an infinite one, which is not agreement.
    if (inexact && Number.isFinite(b) && difference <= atol + rtol * Math.abs(b as number)) continue
    first ??= { index: i, actual: elementText(a, b), expected: elementText(b, a) }
  }
  return { ...(inexact && Number.isFinite(largest) && { largest }), ...(first && { first }) }
}

/** Six digits of a fraction, or all where six do not tell it from the other. */
function elementText(value: number | bigint | string, other: number | bigint | string): string {
  if (typeof value !== 'number' || typeof other !== 'number' || Number.isInteger(value)) return String(value)
  const short = (number: number) => String(Number(number.toPrecision(6)))
  return short(value) === short(other) ? String(value) : short(value)
}

/** Whether two tensors are equal; 0 equals -0, and NaN equals NaN. */
export function same(a: HostTensor, b: HostTensor): boolean {
  return tensorText(a) === tensorText(b) && compare(a, b, { rtol: 0, atol: 0 }).first === undefined
}
