import { Tensor } from 'onnxruntime-common'
import { arrayLength, checkArray, type ElementType, type TypedArray } from './element-types'
import { describe, OrtError } from './errors'
import { isRecord } from './options'

/** A Tensor of any copy of onnxruntime-common: a process may hold two, an ESM one and a CommonJS one. */
export function isTensor(value: unknown): value is Tensor {
  return (
    value instanceof Tensor ||
    (isRecord(value) && 'dims' in value && 'type' in value && 'location' in value && 'getData' in value)
  )
}

/** A Tensor's data on the CPU, there in full. */
export function dataOf(tensor: Tensor, type: ElementType, argument: string): TypedArray | string[] {
  if (tensor.location !== 'cpu' && tensor.location !== 'cpu-pinned') {
    throw new OrtError('ERR_NOT_SUPPORTED', `'${argument}' is not in host memory`, {
      expected: "location 'cpu' or 'cpu-pinned'",
      given: describe(tensor.location),
    })
  }
  const data: unknown = tensor.data
  if (type === 'string') return data as string[]
  const array = checkArray(type, data, argument)
  if (array.length < arrayLength(type, tensor.size) && isDetached(array)) {
    throw new OrtError('ERR_DETACHED', `the ArrayBuffer of '${argument}' was detached (transferred)`)
  }
  return array
}

/** Before Node 21 an ArrayBuffer does not say so itself; a detached one can no longer be viewed. */
export function isDetached(data: unknown): boolean {
  if (!ArrayBuffer.isView(data) || data.byteLength > 0) return false
  try {
    new Uint8Array(data.buffer)
    return false
  } catch {
    return true
  }
}
