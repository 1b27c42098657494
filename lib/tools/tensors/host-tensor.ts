import { OrtTypeError } from '../../errors'
import type { OrtValue, OrtValueData } from '../../index'
import { copyTypedArray, type ElementType, rawView, type TypedArray } from '../../model/element-types'
import { elementCount } from '../../model/shape'

/** A tensor in host memory; float16 and bfloat16 are bits. */
export interface HostTensor {
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: OrtValueData
}

/** @throws OrtTypeError `ERR_TYPE_MISMATCH` unless the value is a tensor of a named type */
export function readTensor(value: OrtValue, place: string): HostTensor {
  if (value.kind !== 'tensor') {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `'${place}' is not a tensor`, { given: value.kind })
  }
  return hostTensor(value.type, value.dims, value.read() as OrtValueData)
}

export function hostTensor(type: ElementType, dims: readonly number[], data: OrtValueData): HostTensor {
  return { type, dims, data: Array.isArray(data) ? data : rawView(data) }
}

/** Type and shape, as messages show them. */
export const tensorText = ({ type, dims }: Pick<HostTensor, 'type' | 'dims'>): string =>
  `${type} [${dims.join(', ')}]`

const INEXACT = new Set<ElementType>(['float16', 'float32', 'float64', 'bfloat16'])

export const isInexact = (type: ElementType): boolean => INEXACT.has(type)

/** Whether an element takes whole bytes, so that the array has one for each. */
export const isWhole = (type: ElementType): boolean => !/(int|float)[24](e\d+m\d+)?$/.test(type)

/** An array of the same class, of another length. */
export function emptyLike(data: OrtValueData, length: number): OrtValueData {
  if (Array.isArray(data)) return new Array<string>(length).fill('')
  return new (data.constructor as new (length: number) => TypedArray)(length)
}

/**
 * The tensor with another size along an axis: cut off, or its content repeated.
 *
 * @param tensor not empty, of elements that take whole bytes
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
