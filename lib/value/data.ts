import { markAsUntransferable } from 'node:worker_threads'
import { OrtError, OrtRangeError, OrtTypeError } from '../errors'
import { arrayLength, type ElementType, rawView, type TypedArray } from '../model/element-types'
import { isDetached } from './tensor'
import type { OrtValue } from './value'

/** What may be written to a value, copied to it, or wrapped by it. */

/** @throws OrtRangeError `ERR_INVALID_LENGTH`; OrtError `ERR_DETACHED` */
export function checkLength(type: ElementType, size: number, length: number, data: unknown): void {
  const expected = type === 'string' ? size : arrayLength(type, size)
  if (length === expected) return
  if (isDetached(data)) {
    throw new OrtError('ERR_DETACHED', "the ArrayBuffer of 'data' was detached (transferred)")
  }
  throw new OrtRangeError('ERR_INVALID_LENGTH', `'data' has another length than the tensor`, {
    expected: `${expected} elements`,
    given: String(length),
  })
}

/** @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_SHAPE_MISMATCH` */
export function checkCopy(from: OrtValue, target: OrtValue): void {
  const { type } = from
  if (target.type !== type) {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', "'target' has another element type", {
      expected: type,
      given: target.type,
    })
  }
  const [expected, given] = [from, target].map(({ dims }) => `[${dims.join(', ')}]`) as [string, string]
  if (expected !== given) {
    throw new OrtRangeError('ERR_SHAPE_MISMATCH', "'target' has another shape", { expected, given })
  }
}

export function setElements(type: ElementType, target: TypedArray, source: TypedArray): void {
  if (type === 'float16' && source.constructor !== target.constructor) {
    // One side is a Float16Array, the other the bits of one: set() would convert numbers.
    rawView(target).set(rawView(source) as never)
  } else {
    target.set(source as never)
  }
}

const WASM_PAGE = 64 * 1024

/** Marks a buffer that stays its owner's, so that it stays where it is. @throws OrtError `ERR_NOT_SUPPORTED` */
export function holdBuffer(buffer: ArrayBufferLike & { resizable?: boolean; growable?: boolean }): void {
  if (buffer.resizable === true || buffer.growable === true) {
    throw new OrtError('ERR_NOT_SUPPORTED', 'a resizable ArrayBuffer cannot be bound', {
      remedy: 'Wrap a typed array over a buffer of fixed length',
    })
  }
  // WebAssembly's memory detaches its buffer when it grows, and that of a marked buffer ends the process (Node 24). It
  // comes in pages of 64 KiB: what may be such memory is left unmarked.
  if (buffer.byteLength % WASM_PAGE !== 0) markAsUntransferable(buffer)
}
