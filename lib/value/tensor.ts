import { Tensor } from 'onnxruntime-common'
import { isRecord } from '../check'
import { isHost } from '../device/device'
import { describe, OrtError, OrtTypeError } from '../errors'
import {
  arrayLength,
  checkArray,
  type ElementType,
  isCommonType,
  type TypedArray,
} from '../model/element-types'
import type { OrtValue } from './value'

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

/** onnxruntime-common's types of tensors on a GPU. */
const GPU_TYPES = ['bool', 'float16', 'float32', 'int32', 'int4', 'int64', 'uint32', 'uint4', 'uint8']

/** Whether a Tensor of onnxruntime-common can stand for a value of this type and place. */
export function hasTensor(value: OrtValue): boolean {
  if (value.kind !== 'tensor' || !isCommonType(value.type)) return false
  return isHost(value.location) || GPU_TYPES.includes(value.type)
}

/** See `OrtValue.toTensor`. */
export function tensorOf(value: OrtValue): Tensor {
  const type: ElementType = value.type
  if (value.disposed) throw new OrtError('ERR_DISPOSED', 'the OrtValue was disposed')
  if (!hasTensor(value)) {
    throw new OrtTypeError(
      'ERR_TYPE_MISMATCH',
      `onnxruntime-common has no tensor of this type in '${value.location}'`,
      {
        given: type,
        remedy: 'Use the OrtValue itself: data, read(), write() and copyTo()',
      },
    )
  }
  if (!isHost(value.location)) {
    return Tensor.fromGpuBuffer(value as unknown as Tensor.GpuBufferType, {
      dataType: type as Tensor.GpuBufferDataTypes,
      dims: value.dims,
      download: () => value.readAsync() as Promise<never>,
      dispose: () => value.dispose(),
    })
  }
  if (value.location === 'cuda-pinned' && value.hostVisible) {
    return Tensor.fromPinnedBuffer(type as Tensor.CpuPinnedDataTypes, value.data as never, value.dims)
  }
  const data = value.hostVisible ? value.data : value.read()
  return new Tensor(type as Tensor.Type, data as Tensor.DataType, value.dims)
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
