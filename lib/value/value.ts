import type { Tensor } from 'onnxruntime-common'
import { checkDevice, isHost } from '../device/device'
import { type DeviceName, type EngineValue, ValueKind } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'
import {
  checkArray,
  checkElementType,
  copyTypedArray,
  type ElementArrays,
  type ElementType,
  elementTypeCode,
  elementTypeName,
  rawView,
  type TypedArray,
  typedArrayView,
  zeroed,
} from '../model/element-types'
import { checkDims, elementCount } from '../model/shape'
import { checkCopy, checkLength, holdBuffer, setElements } from './data'
import { dataOf, isTensor, tensorOf } from './tensor'

/** What a value can be. */
export type OrtValueKind = 'tensor' | 'sequence' | 'map' | 'optional' | 'opaque' | 'sparseTensor'

const KINDS = new Map<number, OrtValueKind>(
  Object.entries(ValueKind).map(([name, code]) => [code, name as OrtValueKind]),
)

/** What a tensor's elements are read from and written to. */
export type OrtValueData = TypedArray | string[]

/**
 * A value of ONNX Runtime, and its memory. A tensor made by {@link OrtValue.allocate} has memory of its own, which stays
 * where it is until the value is disposed (or collected) and the last run that uses it has ended. Host memory (aligned to
 * 64 bytes) and pinned memory {@link OrtValue.data} shows without a copy; memory of a device is read and written by copies.
 *
 * Corresponds to Python's `onnxruntime.OrtValue`.
 */
export class OrtValue<T extends ElementType = ElementType> implements Disposable {
  readonly kind: OrtValueKind
  readonly #type: ElementType | undefined
  readonly #dims: readonly number[]
  readonly #device: DeviceName
  readonly #onDevice: boolean
  #value: EngineValue | undefined
  #data: TypedArray | undefined

  private constructor(value: EngineValue, data?: TypedArray) {
    this.kind = KINDS.get(value.kind()) ?? 'opaque'
    this.#type = this.kind === 'tensor' ? elementTypeName(value.type()) : undefined
    this.#dims = Object.freeze(value.dims())
    this.#device = value.device()
    this.#onDevice = !isHost(this.#device)
    this.size = elementCount(this.#dims)
    this.#value = value
    this.#data = data
  }

  /** @internal a value that the engine made */
  static fromEngine(value: EngineValue): OrtValue {
    return new OrtValue(value)
  }

  /**
   * A tensor with zeroed memory of its own (empty strings for `string`).
   *
   * @param type element type
   * @param dims shape; `[]` is a scalar, a 0 makes it empty
   * @param device `'cpu'`; `'cuda'`, a GPU's memory; `'cuda-pinned'`, host memory that a GPU copies from and to
   *   fastest; `'webgpu'`, where what is larger than the GPU takes fails when it is first used
   * @param id which of the GPUs
   * @throws OrtError `ERR_OUT_OF_MEMORY`, `ERR_CUDA_OUT_OF_MEMORY`, `ERR_NOT_SUPPORTED`, and where the device cannot be
   *   had the codes of `InferenceSession.create`; OrtTypeError, OrtRangeError for bad arguments
   */
  static allocate<T extends ElementType>(
    type: T,
    dims: readonly number[],
    device: DeviceName = 'cpu',
    id = 0,
  ): OrtValue<T> {
    checkElementType(type)
    const shape = checkDims(dims, 'dims')
    const where = checkDevice(device, id)
    if (type === 'string' && where !== 'cpu') {
      throw new OrtTypeError('ERR_TYPE_MISMATCH', `strings are in host memory, and cannot be in '${where}'`)
    }
    if (where === 'cpu' && type !== 'string' && !engine().supports.externalBuffers) {
      // The memory is V8's instead, which is not aligned as well, and stays visible when it is disposed.
      return OrtValue.wrap(type, zeroed(type, elementCount(shape)) as ElementArrays[T], shape)
    }
    return new OrtValue<T>(engine().Value.allocate(elementTypeCode(type), shape, where, id))
  }

  /** A tensor with memory of its own that holds a copy of another tensor's data. */
  static fromTensor(tensor: Tensor, device: DeviceName = 'cpu', id = 0): OrtValue {
    if (!isTensor(tensor)) {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'tensor' must be a Tensor", { given: describe(tensor) })
    }
    const type = checkElementType(tensor.type)
    const source = gpuValueOf(tensor, 'tensor')
    const data = source ?? dataOf(tensor, type, 'tensor')
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
   * A tensor over a typed array that stays the caller's: nothing is copied. The array is kept alive while the value or
   * a binding needs it, and its buffer is marked untransferable (unless its length is one of WebAssembly's memory, a
   * multiple of 64 KiB); should it be detached all the same, the next run is refused. A run in flight must not lose it.
   *
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH` where the array has not exactly the
   *   elements that `dims` say; OrtError `ERR_DETACHED`, `ERR_NOT_SUPPORTED` for a resizable buffer
   */
  static wrap<T extends ElementType>(type: T, data: ElementArrays[T], dims: readonly number[]): OrtValue<T> {
    checkElementType(type)
    const shape = checkDims(dims, 'dims')
    const array = checkArray(type, data, 'data')
    checkLength(type, elementCount(shape), array.length, array)
    holdBuffer(array.buffer)
    return new OrtValue<T>(engine().Value.borrow(elementTypeCode(type), shape, rawView(array)), array)
  }

  /** A sequence of tensors, which it shares and keeps alive. */
  static sequence(values: readonly OrtValue[]): OrtValue {
    return new OrtValue(
      engine().Value.sequence(values.map((value) => checkOrtValue(value, 'values').engineValue)),
    )
  }

  static #over(type: ElementType, data: ArrayBufferView, dims: readonly number[]): OrtValue {
    return new OrtValue(engine().Value.borrow(elementTypeCode(type), dims, data))
  }

  #allocateAlike(): OrtValue {
    return OrtValue.allocate(this.type as ElementType, this.#dims)
  }

  /** @internal */
  get engineValue(): EngineValue {
    if (this.#value === undefined) {
      throw new OrtError('ERR_DISPOSED', 'the OrtValue was disposed')
    }
    return this.#value
  }

  /** Element type of a tensor. @throws OrtTypeError `ERR_TYPE_MISMATCH` for what is no tensor */
  get type(): T {
    if (this.#type !== undefined) return this.#type as T
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'the value is not a tensor of a known element type', {
      given: this.kind,
    })
  }

  /** Shape of a tensor; empty for a scalar and for what is no tensor. */
  get dims(): readonly number[] {
    return this.#dims
  }

  /** Elements of a tensor. */
  readonly size: number

  /** Where the memory is. */
  get location(): DeviceName {
    return this.#device
  }

  /** Which of the devices of that kind. @throws OrtError `ERR_DISPOSED` */
  get deviceId(): number {
    return this.engineValue.deviceId()
  }

  get disposed(): boolean {
    return this.#value === undefined
  }

  /** @internal whether `data` shows the memory; else `read` and `write` copy */
  get hostVisible(): boolean {
    if (this.kind !== 'tensor' || this.#type === 'string' || this.#onDevice) return false
    return this.#data !== undefined || engine().supports.externalBuffers
  }

  /**
   * The tensor's memory itself, the same typed array every time: what is written here, the next run reads. Not for
   * strings, which ONNX Runtime keeps as objects of its own, nor for memory of a device.
   *
   * @throws OrtError `ERR_DISPOSED`, `ERR_NOT_SUPPORTED` for memory of a device, `ERR_NO_EXTERNAL_BUFFERS` in Electron for
   *   what ONNX Runtime allocated and for pinned memory; OrtTypeError `ERR_TYPE_MISMATCH` for strings and for what is no tensor
   */
  get data(): ElementArrays[T] {
    const value = this.engineValue
    if (this.type === 'string') {
      throw new OrtTypeError('ERR_TYPE_MISMATCH', 'strings have no memory to show', {
        remedy: 'Use read() and write()',
      })
    }
    if (this.#data === undefined) {
      if (this.#onDevice) {
        throw new OrtError('ERR_NOT_SUPPORTED', `memory of '${this.#device}' cannot be shown`, {
          remedy: 'Use read() and write(), or copyTo() a value in host memory',
        })
      }
      this.#data = typedArrayView(this.type, value.arrayBuffer())
    }
    return this.#data as ElementArrays[T]
  }

  /**
   * A copy of the tensor's elements. From a device it holds the calling thread until the copy is made.
   *
   * @throws OrtError `ERR_BUSY` where the memory is a device's and a run in flight uses it
   */
  read(): T extends 'string' ? string[] : ElementArrays[T] {
    type Read = T extends 'string' ? string[] : ElementArrays[T]
    if (this.type === 'string') return this.engineValue.strings() as Read
    if (!this.hostVisible) {
      const host = this.#allocateAlike()
      this.copyTo(host)
      return host.data as Read
    }
    return copyTypedArray(this.data as TypedArray) as Read
  }

  /**
   * Writes all the tensor's elements.
   *
   * @param data exactly as many elements as the tensor has, of its type
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH`; OrtError `ERR_DISPOSED`, `ERR_DETACHED`
   */
  write(data: OrtValueData): void {
    const value = this.engineValue
    if (this.type === 'string') {
      if (!Array.isArray(data)) {
        throw new OrtTypeError('ERR_TYPE_MISMATCH', "'data' does not fit a tensor of string", {
          expected: 'string[]',
          given: describe(data),
        })
      }
      checkLength(this.type, this.size, data.length, data)
      value.setStrings(data)
      return
    }
    const array = checkArray(this.type, data, 'data')
    checkLength(this.type, this.size, array.length, array)
    if (!this.hostVisible) {
      const source = OrtValue.#over(this.type, rawView(array), this.#dims)
      try {
        source.copyTo(this)
      } finally {
        source.dispose()
      }
      return
    }
    setElements(this.type, this.data, array)
  }

  /**
   * Copies the tensor into another of the same type and shape, from any device to any. Holds the calling thread until the
   * copy is made.
   *
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_SHAPE_MISMATCH`; OrtError `ERR_BUSY` where memory of a
   *   device is in use by a run in flight, `ERR_DISPOSED`
   */
  copyTo(target: OrtValue): void {
    checkCopy(this, checkOrtValue(target, 'target'))
    const { engineValue } = this
    if (this.type === 'string') target.write(this.read() as string[])
    // WebGPU copies no buffer to itself.
    else if (target !== this) engineValue.copyTo(target.engineValue)
  }

  /** @internal the same as `read`, on another thread */
  async readAsync(): Promise<TypedArray> {
    const host = this.#allocateAlike()
    await this.engineValue.copyToAsync(host.engineValue)
    return host.data as TypedArray
  }

  /**
   * A Tensor of onnxruntime-common over the same memory (strings are copied). Its location is `'cpu'`, `'cpu-pinned'`, or,
   * of a device, `'gpu-buffer'`: then `getData()` copies it to the host, and `dispose()` disposes of this value.
   *
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for what onnxruntime-common has no type for
   */
  toTensor(): Tensor {
    return tensorOf(this)
  }

  /** A sequence's elements; a map's keys and its values. Each is a value of its own. */
  elements(): OrtValue[] {
    return this.engineValue.elements().map((value) => new OrtValue(value))
  }

  /**
   * Lets go of the memory, at once or when the last run in flight that uses it has ended. Views of memory that the
   * value owned become empty (detached); on the onnxruntime-node engine they stay. Idempotent.
   */
  dispose(): void {
    this.#value?.dispose(this.#data?.buffer as ArrayBuffer | undefined)
    this.#value = undefined
    this.#data = undefined
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** @throws OrtTypeError `ERR_INVALID_ARG_TYPE` */
export function checkOrtValue(value: unknown, argument: string): OrtValue {
  if (value instanceof OrtValue) return value
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' must be an OrtValue`, {
    given: describe(value),
  })
}

/** The value that a Tensor on a device stands for; undefined for a Tensor in host memory. */
export function gpuValueOf(tensor: Tensor, argument: string): OrtValue | undefined {
  if (tensor.location !== 'gpu-buffer') return undefined
  const value: unknown = tensor.gpuBuffer
  if (value instanceof OrtValue) return value
  throw new OrtError(
    'ERR_NOT_SUPPORTED',
    `'${argument}' is in a GPU buffer ('gpu-buffer') that is not this package's`,
    {
      expected: 'a Tensor that session.run gave, or one of OrtValue.toTensor()',
      given: describe(value),
    },
  )
}
