import { isHost } from '../device/device'
import type { DeviceName } from '../engine/engine'
import { OrtError, OrtRangeError, OrtTypeError } from '../errors'
import {
  arrayLength,
  checkArray,
  type ElementArrays,
  type ElementType,
  rawView,
  type TypedArray,
  typedArrayBuffer,
  typedArrayLength,
} from '../model/element-types'
import { shapeText } from '../model/shape'

/** Elements of a tensor: a typed array, or strings. */
export type OrtValueData = TypedArray | string[]

/** What `read()` of a tensor returns. */
export type Elements<T extends ElementType> = T extends 'string' ? string[] : ElementArrays[T]

/** An ArrayBuffer has no `detached` before Node 21; a detached one cannot be viewed. */
export function isDetached(data: unknown): boolean {
  if (!ArrayBuffer.isView(data) || data.byteLength > 0) return false
  try {
    new Uint8Array(data.buffer)
    return false
  } catch {
    return true
  }
}

/** @throws OrtError `ERR_DETACHED` */
export function checkAttached(data: unknown, argument: string): void {
  if (isDetached(data))
    throw new OrtError('ERR_DETACHED', `the ArrayBuffer of '${argument}' was detached (transferred)`)
}

/**
 * The data, if it has exactly the elements of a tensor.
 *
 * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH`; OrtError `ERR_DETACHED`
 */
export function checkElements(type: ElementType, size: number, data: OrtValueData): OrtValueData {
  const isStrings = type === 'string' && Array.isArray(data)
  // A copy of strings, whose getters have run: nothing changes below, nor in the addon.
  const elements = isStrings ? [...data] : checkArray(type, data, 'data')
  const expected = isStrings ? size : arrayLength(type, size)
  const length = Array.isArray(elements) ? elements.length : typedArrayLength(elements)
  if (length === expected) return elements
  checkAttached(data, 'data')
  throw new OrtRangeError('ERR_INVALID_LENGTH', "'data' has another length than the tensor", {
    expected: `${expected} elements`,
    given: String(length),
  })
}

/** @throws OrtTypeError `ERR_TYPE_MISMATCH`, OrtError `ERR_NOT_SUPPORTED` unless a typed array can be a view of the memory */
export function checkViewable(type: ElementType, location: DeviceName): void {
  if (type === 'string') {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'a string tensor has no typed array', {
      remedy: 'Use read() and write()',
    })
  }
  if (isHost(location)) return
  throw new OrtError('ERR_NOT_SUPPORTED', `JavaScript cannot view memory of '${location}'`, {
    remedy: 'Use read() and write(), or copyTo() a value in host memory',
  })
}

interface TypeAndShape {
  readonly type: ElementType
  readonly dims: readonly number[]
}

/** @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_SHAPE_MISMATCH` */
export function checkCopy({ type, dims }: TypeAndShape, target: TypeAndShape): void {
  if (target.type !== type) {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', "'target' has another element type", {
      expected: type,
      given: target.type,
    })
  }
  const [expected, given] = [shapeText(dims), shapeText(target.dims)]
  if (expected !== given)
    throw new OrtRangeError('ERR_SHAPE_MISMATCH', "'target' has another shape", { expected, given })
}

/** Of a Float16Array and a Uint16Array of bits, set() would convert the numbers. @throws OrtError `ERR_DETACHED` */
export function setElements(target: TypedArray, source: TypedArray): void {
  checkAttached(target, 'data')
  rawView(target).set(rawView(source) as never)
}

/**
 * The caller's array, if a tensor can be over its memory.
 *
 * @throws what {@link checkElements} throws; OrtError `ERR_NOT_SUPPORTED` for a resizable buffer
 */
export function checkWrapped(type: ElementType, size: number, data: TypedArray): TypedArray {
  const array = checkArray(type, data, 'data') // refuses strings, which have no typed array
  checkElements(type, size, array)
  const buffer: ArrayBufferLike & { resizable?: boolean; growable?: boolean } = typedArrayBuffer(array)
  if (buffer.resizable !== true && buffer.growable !== true) return array
  throw new OrtError('ERR_NOT_SUPPORTED', 'a resizable ArrayBuffer cannot be bound', {
    remedy: 'Wrap a typed array over a buffer of fixed length',
  })
}
