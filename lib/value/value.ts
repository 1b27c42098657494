import type { Tensor } from 'onnxruntime-common'
import { array } from '../check'
import { checkDevice } from '../device/device'
import type { DeviceName, EngineValue } from '../engine/engine'
import { engine } from '../engine/select'
import { argumentTypeError, describe, OrtError, OrtTypeError } from '../errors'
import {
  checkElementType,
  type ElementArrays,
  type ElementType,
  elementTypeCode,
  partOf,
  rawView,
  type TypedArray,
  zeroed,
} from '../model/element-types'
import { checkDims, elementCount } from '../model/shape'
import { copyIn, copyOut, copyTarget, copyView } from './copy'
import {
  checkAttached,
  checkCopy,
  checkElements,
  checkWrapped,
  type Elements,
  type OrtValueData,
  setElements,
} from './data'
import { detachableBuffer } from './detachable'
import { ortValueError } from './kind'
import { OrtValueMemory } from './memory'
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
export class OrtValue<T extends ElementType = ElementType> extends OrtValueMemory<T> {
  private constructor(value: EngineValue, data?: TypedArray) {
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
   * A sequence of tensors, which it shares and keeps alive.
   * @example
   * const sequence = OrtValue.sequence([OrtValue.allocate('float32', [2]), OrtValue.allocate('float32', [3])])
   */
  static sequence(values: readonly OrtValue[]): OrtValue {
    const all = array('an array')(values, 'values').map((one) => checkOrtValue(one, 'values'))
    return new OrtValue(engine().Value.sequence(all.map(({ engineValue }) => engineValue)))
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
    const part = partOf(type, array, offset, elementCount(shape))
    return OrtValue.wrap(type, part as ElementArrays[T], shape)
  }

  /**
   * A copy of the tensor's elements; from a device it blocks. @throws OrtError `ERR_BUSY` while a run in flight writes them
   * @example
   * const elements = value.read()
   */
  read(): Elements<T> {
    if (this.type === 'string') return this.engineValue.strings() as Elements<T>
    if (this.array !== undefined) return copyView(this.data) as Elements<T>
    return copyOut(this, (target) => this.engineValue.copyTo(target)) as Elements<T>
  }

  /**
   * Writes all elements of the tensor; `data` has exactly as many, of its type.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH`; OrtError `ERR_DISPOSED`, `ERR_DETACHED`, `ERR_BUSY`
   * @example
   * value.write(Float32Array.of(1, 2, 3, 4))
   */
  write(data: OrtValueData): void {
    const value = this.engineValue
    const elements = checkElements(this.type, this.size, data)
    value.checkFree(true)
    if (Array.isArray(elements)) value.setStrings(elements)
    else if (this.hostVisible) setElements(this.data, elements)
    else copyIn(this, elements, value)
  }

  /**
   * Copies the tensor into another of the same type and shape, from any device to any. Blocks the calling thread.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_SHAPE_MISMATCH`; OrtError `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * value.copyTo(OrtValue.allocate(value.type, value.dims))
   */
  copyTo(target: OrtValue): void {
    checkCopy(this, checkOrtValue(target, 'target'))
    const { engineValue } = this
    if (this.type === 'string') target.write(this.read() as string[])
    // WebGPU cannot copy a buffer to itself.
    else if (target !== this) engineValue.copyTo(target.engineValue)
  }

  /**
   * The same as {@link OrtValue.copyTo} on another thread. Both values are in use until the promise settles (`ERR_BUSY`).
   * @example
   * await value.copyToAsync(OrtValue.allocate(value.type, value.dims))
   */
  async copyToAsync(target: OrtValue): Promise<void> {
    if (this.type === 'string' || target === this) return this.copyTo(target)
    checkCopy(this, checkOrtValue(target, 'target'))
    return this.engineValue.copyToAsync(target.engineValue)
  }

  /**
   * The same as {@link OrtValue.read} on another thread. `into` receives the elements when the promise resolves, and is its
   * result.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`, OrtRangeError `ERR_INVALID_LENGTH` for an `into` that does not fit
   * @example
   * const elements = await value.readAsync()
   */
  async readAsync(into?: ElementArrays[T]): Promise<Elements<T>> {
    const given = into === undefined ? undefined : checkElements(this.type, this.size, into)
    if (this.type === 'string') return this.read()
    const { copy, target } = copyTarget(this)
    await this.engineValue.copyToAsync(target).finally(() => target.dispose())
    // Only now: JavaScript can detach the array meanwhile.
    if (given !== undefined) setElements(given as TypedArray, copy)
    return (given ?? copy) as Elements<T>
  }

  /**
   * The same as {@link OrtValue.write} on another thread, of the data as they are at the call.
   * @example
   * await value.writeAsync(Float32Array.of(1, 2, 3, 4))
   */
  async writeAsync(data: OrtValueData): Promise<void> {
    const elements = checkElements(this.type, this.size, data)
    if (Array.isArray(elements)) return this.write(elements)
    const { copy, target } = copyTarget(this)
    setElements(copy, elements)
    await target.copyToAsync(this.engineValue).finally(() => target.dispose())
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
}

/** @throws OrtTypeError `ERR_INVALID_ARG_TYPE` */
export function checkOrtValue(value: unknown, argument: string): OrtValue {
  if (OrtValue.is(value)) return value
  throw ortValueError(argument, value, value instanceof OrtValue)
}

/** The value of a Tensor in GPU memory; undefined for a Tensor in host memory. */
export function gpuValue(tensor: Tensor, argument: string): OrtValue | undefined {
  if (tensor.location !== 'gpu-buffer') return undefined
  const value: unknown = tensor.gpuBuffer
  if (OrtValue.is(value)) return value
  const details = { expected: 'a Tensor of session.run or of OrtValue.toTensor()', given: describe(value) }
  throw new OrtError('ERR_NOT_SUPPORTED', `'${argument}' is a 'gpu-buffer' of another library`, details)
}
