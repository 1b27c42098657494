import { Tensor } from 'onnxruntime-common'
import { isRecord } from '../check'
import { isHost } from '../device/device'
import type { DeviceName } from '../engine/engine'
import { describe, OrtError, OrtTypeError } from '../errors'
import { arrayLength, checkArray, type ElementType, isCommonType, localView } from '../model/element-types'
import { checkAttached, type OrtValueData } from './data'

/** Whether a value is a Tensor of any copy of onnxruntime-common: a process can have an ESM and a CommonJS one. */
export function isTensor(value: unknown): value is Tensor {
  return (
    value instanceof Tensor ||
    (isRecord(value) && 'dims' in value && 'type' in value && 'location' in value && 'getData' in value)
  )
}

/** The data of a Tensor in host memory. @throws OrtError `ERR_NOT_SUPPORTED`, `ERR_DETACHED`; OrtTypeError */
export function tensorData(tensor: Tensor, type: ElementType, argument: string): OrtValueData {
  if ((tensor.location as string) === 'none') {
    throw new OrtError('ERR_DISPOSED', `'${argument}' is a Tensor that was disposed`, {
      remedy: 'Dispose of it after the last call that takes it',
    })
  }
  if (tensor.location !== 'cpu' && tensor.location !== 'cpu-pinned') {
    throw new OrtError('ERR_NOT_SUPPORTED', `'${argument}' is not in host memory`, {
      expected: "location 'cpu' or 'cpu-pinned'",
      given: describe(tensor.location),
    })
  }
  const data: unknown = tensor.data
  if (type === 'string') return data as string[]
  const array = checkArray(type, data, argument)
  if (array.length < arrayLength(type, tensor.size)) checkAttached(array, argument)
  return array
}

/** What of an OrtValue its Tensor is made of. */
interface TensorSource {
  readonly kind: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly location: DeviceName
  readonly disposed: boolean
  readonly hostVisible: boolean
  readonly data: OrtValueData
  read(): OrtValueData
  readAsync(): Promise<OrtValueData>
  dispose(): void
}

/** onnxruntime-common's element types of Tensors in GPU memory. */
const GPU_TYPES = ['bool', 'float16', 'float32', 'int32', 'int4', 'int64', 'uint32', 'uint4', 'uint8']

/** Whether onnxruntime-common has a Tensor of this type and location. */
export function hasTensor({
  kind,
  type,
  location,
}: {
  kind: string
  type: ElementType
  location: DeviceName
}) {
  return kind === 'tensor' && isCommonType(type) && (isHost(location) || GPU_TYPES.includes(type))
}

/** See `OrtValue.toTensor`. */
export function toTensor(value: TensorSource): Tensor {
  const { type, dims, location, disposed } = value
  if (disposed) throw new OrtError('ERR_DISPOSED', 'the OrtValue was disposed')
  if (!hasTensor(value)) {
    throw new OrtTypeError(
      'ERR_TYPE_MISMATCH',
      `onnxruntime-common has no tensor of this type in '${location}'`,
      {
        given: type,
        remedy: 'Use the OrtValue itself: data, read(), write() and copyTo()',
      },
    )
  }
  if (!isHost(location)) {
    return Tensor.fromGpuBuffer(value as unknown as Tensor.GpuBufferType, {
      dataType: type as Tensor.GpuBufferDataTypes,
      dims,
      download: () => value.readAsync() as Promise<never>,
      dispose: () => value.dispose(),
    })
  }
  const elements = value.hostVisible ? value.data : value.read()
  checkAttached(elements, 'data')
  const data = Array.isArray(elements) ? elements : localView(elements)
  if (location === 'cuda-pinned' && value.hostVisible)
    return Tensor.fromPinnedBuffer(type as Tensor.CpuPinnedDataTypes, data as never, dims)
  return new Tensor(type as Tensor.Type, data as Tensor.DataType, dims)
}
