import type { EngineValue } from '../engine/engine'
import { engine } from '../engine/select'
import {
  copyTypedArray,
  type ElementType,
  elementTypeCode,
  rawView,
  type TypedArray,
  zeroed,
} from '../model/element-types'
import { checkAttached } from './data'

interface Source {
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly size: number
}

/** Memory of V8's for a copy: the garbage collector frees it, also in a loop that never yields. */
export function copyTarget({ type, dims, size }: Source): { copy: TypedArray; target: EngineValue } {
  const copy = zeroed(type, size)
  return { copy, target: engine().Value.borrow(elementTypeCode(type), dims, rawView(copy), false) }
}

export function copyOut(source: Source, copyTo: (target: EngineValue) => void): TypedArray {
  const { copy, target } = copyTarget(source)
  try {
    copyTo(target)
  } finally {
    target.dispose()
  }
  return copy
}

export function copyIn({ type, dims }: Source, elements: TypedArray, target: EngineValue): void {
  const source = engine().Value.borrow(elementTypeCode(type), dims, rawView(elements), false)
  try {
    source.copyTo(target)
  } finally {
    source.dispose()
  }
}

/** @throws OrtError `ERR_DETACHED` */
export function copyView(data: TypedArray): TypedArray {
  checkAttached(data, 'data')
  return copyTypedArray(data)
}
