import type { Tensor } from 'onnxruntime-common'
import { array } from '../check'
import { checkConstruction } from '../classes'
import { checkDevice } from '../device/device'
import type { DeviceName, EngineValue } from '../engine/engine'
import { engine } from '../engine/select'
import { argumentTypeError, describe, OrtError, OrtTypeError } from '../errors'
import {
  checkElementType,
  type ElementArrays,
  type ElementType,
  elementTypeCode,
  rawView,
  subarray,
  type TypedArray,
  zeroed,
} from '../model/element-types'
import { checkDims, elementCount } from '../model/shape'
import { OrtValueCopies } from './copies'
import { checkAttached, checkWrapped } from './data'
import { detachableBuffer } from './detachable'
import { checkIpc, type IpcOptions } from './ipc'
import { OrtValueMemory } from './memory'
import { checkSequence, type MapValues, mapParts, type OrtValueAsJs, toJS } from './nested'
import { checkPointer, type PointerOptions } from './pointer'
import { type SparseParts, sparseParts } from './sparse'
import { isTensor, tensorData, toTensor } from './tensor'
import { checkView, type ViewOptions } from './view'

/**
 * A value of ONNX Runtime, and its memory. A tensor made by {@link OrtValue.allocate} owns its memory, whose address does not
 * change. It is freed after the value is disposed (or collected) and the last run that uses it has ended. {@link OrtValue.data}
 * views host memory (aligned to 64 bytes) and pinned memory; `read` and `write` copy device memory. Python's `onnxruntime.OrtValue`.
 * @see https://onnxruntime.ai/docs/api/python/api_summary.html#onnxruntime.OrtValue
 * @example
 * using value = OrtValue.allocate('float32', [1, 4])
 * value.data.set([1, 2, 3, 4])
 * console.log(value) // OrtValue { type: 'float32', dims: [ 1, 4 ], location: 'cpu' }
 */
export class OrtValue<T extends ElementType = ElementType> extends OrtValueCopies<T> {
  private constructor(value: EngineValue, data?: TypedArray) {
    checkConstruction(value, 'OrtValue', 'OrtValue.allocate(), wrap() or fromTensor()')
    super(value, data)
  }

  /** @internal */
  static fromEngine(value: EngineValue): OrtValue {
    return new OrtValue(value)
  }

  /**
   * A tensor that owns its memory, zeroed (empty strings for `string`).
   * @param dims shape; `[]` is a scalar
   * @param device `'cpu'`; `'cuda'` for a GPU's memory; `'cuda-pinned'` for host memory that a GPU copies fastest;
   *   `'webgpu'`; `id` is the index of the GPU
   * @throws OrtError `ERR_OUT_OF_MEMORY`, `ERR_CUDA_OUT_OF_MEMORY`, `ERR_NOT_SUPPORTED`, and the codes of
   *   `InferenceSession.create` if the device is unavailable; OrtTypeError, OrtRangeError for invalid arguments
   * @example
   * const image = OrtValue.allocate('uint8', [1, 224, 224, 3])
   */
  static allocate<T extends ElementType>(
    type: T,
    dims: readonly number[],
    device: DeviceName = 'cpu',
    id = 0,
  ): OrtValue<T> {
    checkElementType(type)
    const shape = checkDims(dims, 'dims')
    const location = checkDevice(device, id)
    if (type === 'string' && location !== 'cpu')
      throw new OrtTypeError('ERR_TYPE_MISMATCH', `strings cannot be in '${location}'`)
    if (location === 'cpu' && type !== 'string' && !engine().supports.externalBuffers) {
      // V8's memory instead: it is aligned to fewer bytes, and views of it stay valid when the value is disposed.
      return OrtValue.wrap(type, zeroed(type, elementCount(shape)) as ElementArrays[T], shape)
    }
    return new OrtValue<T>(engine().Value.allocate(elementTypeCode(type), shape, location, id))
  }

  /**
   * A tensor that owns its memory, with a copy of another tensor's data.
   * @example
   * const value = OrtValue.fromTensor(new Tensor('float32', [1, 2], [2]))
   */
  static fromTensor(tensor: Tensor, device: DeviceName = 'cpu', id = 0): OrtValue {
    if (!isTensor(tensor)) throw argumentTypeError('tensor', 'a Tensor', tensor)
    const type = checkElementType(tensor.type)
    const data = gpuValue(tensor, 'tensor') ?? tensorData(tensor, type, 'tensor')
    const value = OrtValue.allocate(type, tensor.dims, device, id)
    try {
      if (data instanceof OrtValue) data.copyTo(value)
      else value.write(data)
    } catch (error) {
      value.dispose()
      throw error
    }
    return value
  }

  /**
   * A tensor over the caller's typed array, without a copy; it keeps the array alive. A run on another thread works on a copy of
   * memory that JavaScript can detach (transfer), which {@link OrtValue.allocate} avoids; a detached array is refused.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH` unless the array has exactly the elements of
   *   `dims`; OrtError `ERR_DETACHED`, `ERR_NOT_SUPPORTED` for a resizable buffer
   * @example
   * const samples = new Float32Array(512)
   * const value = OrtValue.wrap('float32', samples, [1, 512])
   */
  static wrap<T extends ElementType>(type: T, data: ElementArrays[T], dims: readonly number[]): OrtValue<T> {
    const shape = checkDims(dims, 'dims')
    const array = checkWrapped(checkElementType(type), elementCount(shape), data)
    const detachable = detachableBuffer(array) !== undefined
    return new OrtValue<T>(
      engine().Value.borrow(elementTypeCode(type), shape, rawView(array), detachable),
      array,
    )
  }

  /**
   * A tensor over memory by its address, which the value does not free: of a native library, or of a GPU. A wrong address or
   * size crashes the process.
   * @param options `keep` is what owns the memory: kept until neither the value, its views nor a run use the memory
   * @throws OrtTypeError, OrtRangeError for an address that cannot be of such elements; OrtError `ERR_NOT_SUPPORTED` for WebGPU,
   *   whose memory has no addresses, and for strings
   * @example
   * const owner = OrtValue.allocate('float32', [4])
   * const value = OrtValue.fromPointer('cpu', owner.dataPointer, 'float32', [4], { keep: owner })
   */
  static fromPointer<T extends ElementType>(
    device: DeviceName,
    pointer: bigint,
    type: T,
    dims: readonly number[],
    options: PointerOptions = {},
  ): OrtValue<T> {
    const shape = checkDims(dims, 'dims')
    const { id, keep } = checkPointer(device, pointer, checkElementType(type), elementCount(shape), options)
    return new OrtValue<T>(engine().Value.at(elementTypeCode(type), shape, device, id, pointer, keep))
  }

  /**
   * A tensor over memory of a GPU that another process shares by {@link OrtValue.ipcHandle}. That process keeps the memory until this
   * value is disposed of, and both take turns: nothing orders their work.
   * @throws OrtRangeError `ERR_INVALID_LENGTH` for a tensor that is larger than the memory; OrtError `ERR_CUDA_*` for a handle of this
   *   process itself, and where the driver has no such memory (`ERR_NOT_SUPPORTED` on other devices)
   * @example
   * const open = (handle: Uint8Array) => OrtValue.fromIpcHandle(handle, 'float32', [1, 128])
   */
  static fromIpcHandle<T extends ElementType>(
    handle: Uint8Array,
    type: T,
    dims: readonly number[],
    options: IpcOptions = {},
  ): OrtValue<T> {
    const shape = checkDims(dims, 'dims')
    const { id, bytes } = checkIpc(handle, checkElementType(type), options)
    return new OrtValue<T>(engine().openSharedMemory(elementTypeCode(type), shape, id, bytes))
  }

  /**
   * A handle of the tensor's memory on a GPU (`cuIpcGetMemHandle`), with which another process opens it: bytes to send there.
   * @throws OrtError `ERR_NOT_SUPPORTED` for other memory and an empty tensor, `ERR_CUDA_*` where the driver does not share it
   *   (Windows), `ERR_DISPOSED`
   * @example
   * const share = (value: OrtValue) => process.send?.(value.ipcHandle)
   */
  get ipcHandle(): Uint8Array {
    return new Uint8Array(engine().shareMemory(this.engineValue))
  }

  /**
   * A sequence of values, which it shares and keeps alive.
   * @param type element type of the tensors; an empty sequence needs it
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for a value of another type
   * @example
   * const sequence = OrtValue.sequence([OrtValue.allocate('float32', [2]), OrtValue.allocate('float32', [3])])
   * const empty = OrtValue.sequence([], 'float32')
   */
  static sequence(values: readonly OrtValue[], type?: ElementType): OrtValue {
    const all = array('an array')(values, 'values').map((one) => checkOrtValue(one, 'values'))
    checkSequence(all, type)
    const { Value } = engine()
    if (all.length === 0) return new OrtValue(Value.emptySequence(elementTypeCode(type!)))
    return new OrtValue(Value.sequence(all.map(({ engineValue }) => engineValue)))
  }

  /**
   * A map, with copies of its keys and values: Python's dict. Keys are int64 or strings, values int64, float32, float64 or strings.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH` unless there are as many values as keys
   * @example
   * const map = OrtValue.map(['a', 'b'], Float32Array.of(1, 2))
   * console.log(map.toJS()) // Map(2) { 'a' => 1, 'b' => 2 }
   */
  static map(keys: BigInt64Array | readonly string[], values: MapValues): OrtValue {
    const parts = mapParts(keys, values).map(({ type, data }) => {
      const part = OrtValue.allocate(type, [data.length])
      part.write(data)
      return part
    })
    try {
      return new OrtValue(engine().Value.map(parts[0]!.engineValue, parts[1]!.engineValue))
    } finally {
      for (const part of parts) part.dispose()
    }
  }

  /** @internal false for a proxy of a value */
  static is(value: unknown): value is OrtValue {
    return OrtValueMemory.has(value)
  }

  /**
   * A tensor over a part of this one's memory, which it shares and keeps: a batch of another size in one buffer, a slice of a
   * cache. The view begins at the element `offset` (0) and can be bound beside other views, where they do not overlap.
   * @throws OrtRangeError `ERR_INVALID_DIMS`, `ERR_INVALID_LENGTH` unless the view lies within the tensor, `ERR_INVALID_ARG_VALUE`
   *   unless packed elements (int4) begin and end at bytes; OrtTypeError `ERR_TYPE_MISMATCH` for strings; OrtError
   *   `ERR_DISPOSED`, `ERR_NOT_SUPPORTED` for a view within a buffer of WebGPU's, which must begin where the buffer begins
   * @example
   * const batch = OrtValue.allocate('float32', [8, 128])
   * const last = batch.view([2, 128], { offset: 6 * 128 })
   */
  view(dims: readonly number[], options: ViewOptions = {}): OrtValue<T> {
    const { type, engineValue } = this
    const shape = checkDims(dims, 'dims')
    const offset = checkView(type, this.size, elementCount(shape), options)
    if (!this.wrapped && engineValue.view !== undefined) return new OrtValue(engineValue.view(shape, offset))
    const array = this.array ?? this.data
    checkAttached(array, 'this')
    const part = subarray(type, array, offset, elementCount(shape))
    return OrtValue.wrap(type, part as ElementArrays[T], shape)
  }

  /**
   * A Tensor of onnxruntime-common over the same memory (strings are copied), in `'cpu'`, `'cpu-pinned'` or `'gpu-buffer'`.
   * The `getData()` of the last copies to the host, and its `dispose()` disposes of this value.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for an element type that onnxruntime-common does not have
   * @example
   * const tensor = value.toTensor()
   */
  toTensor(): Tensor {
    return toTensor(this)
  }

  /**
   * The elements of a sequence; the keys and the values of a map.
   * @example
   * const shapes = sequence.elements().map((element) => element.dims)
   */
  elements(): OrtValue[] {
    return this.engineValue.elements().map((value) => new OrtValue(value))
  }

  /**
   * Copies of a sparse tensor's values and indices.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for a value of another kind
   * @example
   * function entries(value: OrtValue) {
   *   const { values, indices } = value.sparse()
   *   return [values.read(), indices[0]!.read()]
   * }
   */
  sparse(): SparseParts<OrtValue> {
    return sparseParts(this.kind, this.engineValue, (part) => new OrtValue(part))
  }

  /**
   * A copy of the value as JavaScript has it: the elements of a tensor, a Map, an array of a sequence's elements, null for an
   * optional without a value, {@link SparseParts} of a sparse tensor. Keys and values of int64 are bigints.
   * @throws OrtError `ERR_NOT_SUPPORTED` for an opaque value
   * @example
   * console.log(OrtValue.map(BigInt64Array.of(7n, 8n), Float32Array.of(0.25, 0.75)).toJS()) // Map(2) { 7n => 0.25, 8n => 0.75 }
   */
  toJS(): OrtValueAsJs {
    return toJS(this)
  }
}

/** @throws OrtTypeError `ERR_INVALID_ARG_TYPE` */
export function checkOrtValue(value: unknown, argument: string): OrtValue {
  return OrtValueMemory.check(value, argument) as OrtValue
}

/** The value of a Tensor in GPU memory; undefined for a Tensor in host memory. */
export function gpuValue(tensor: Tensor, argument: string): OrtValue | undefined {
  if (tensor.location !== 'gpu-buffer') return undefined
  const value: unknown = tensor.gpuBuffer
  if (OrtValue.is(value)) return value
  const details = { expected: 'a Tensor of session.run or of OrtValue.toTensor()', given: describe(value) }
  throw new OrtError('ERR_NOT_SUPPORTED', `'${argument}' is a 'gpu-buffer' of another library`, details)
}
