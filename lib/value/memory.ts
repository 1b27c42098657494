import { INSPECT, type InspectArguments, instanceError, summarize } from '../classes'
import { isHost } from '../device/device'
import type { DeviceName, EngineValue } from '../engine/engine'
import { engine } from '../engine/select'
import { OrtError, OrtTypeError } from '../errors'
import {
  arrayBytes,
  type ElementArrays,
  type ElementType,
  elementTypeName,
  type TypedArray,
  typedArrayView,
} from '../model/element-types'
import { elementCount } from '../model/shape'
import { checkViewable } from './data'
import { detachableBuffer } from './detachable'
import { type OrtValueKind, valueKind } from './kind'

/** What an OrtValue is, where its memory is, and how long: {@link OrtValue} makes, copies and nests values. */
export abstract class OrtValueMemory<T extends ElementType> implements Disposable {
  readonly kind: OrtValueKind
  /** Shape of a tensor; empty for a scalar, and for a value that is not a tensor. */
  readonly dims: readonly number[]
  /** Number of elements of a tensor. */
  readonly size: number
  /** Where the memory is. */
  readonly location: DeviceName
  /** @internal why the package disposed of it, for errors */
  retired = ''
  readonly #type: ElementType | undefined
  #value: EngineValue | undefined
  #data: TypedArray | undefined
  /** Whether the memory is a typed array of the caller's. */
  protected readonly wrapped: boolean

  protected constructor(value: EngineValue, data?: TypedArray) {
    this.kind = valueKind(value.kind())
    this.#type = this.kind === 'tensor' ? elementTypeName(value.type()) : undefined
    this.dims = Object.freeze(value.dims())
    this.size = elementCount(this.dims)
    this.location = value.device()
    this.#value = value
    this.#data = data
    this.wrapped = data !== undefined
  }

  /** @internal false for a proxy of a value, which has its class and none of its fields */
  static has(value: unknown): value is OrtValueMemory<ElementType> {
    return typeof value === 'object' && value !== null && #value in value
  }

  /** @internal @throws OrtTypeError `ERR_INVALID_ARG_TYPE` */
  static check(value: unknown, argument: string): OrtValueMemory<ElementType> {
    if (OrtValueMemory.has(value)) return value
    throw instanceError(argument, value, 'an OrtValue', value instanceof OrtValueMemory)
  }

  /** @internal */
  get engineValue(): EngineValue {
    const value = OrtValueMemory.check(this, 'this').#value
    if (value !== undefined) return value
    throw new OrtError('ERR_DISPOSED', `the OrtValue was disposed${this.retired}`)
  }

  /** Element type of a tensor. @throws OrtTypeError `ERR_TYPE_MISMATCH` for a value that is not a tensor */
  get type(): T {
    const type = OrtValueMemory.check(this, 'this').#type
    if (type !== undefined) return type as T
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'the value has no element type', { given: this.kind })
  }

  /**
   * Bytes of a tensor's elements: elements smaller than a byte (int4) share bytes.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for strings and for a value that is not a tensor
   */
  get byteLength(): number {
    if (this.type !== 'string') return Math.ceil(arrayBytes(this.type, this.size))
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'the elements of a string tensor have no size')
  }

  /**
   * Address of a tensor's memory, for native libraries: it is valid until the value is disposed of, or collected. Of WebGPU's
   * memory it is the buffer's handle.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for strings and for a value that is not a tensor; OrtError `ERR_NOT_SUPPORTED` on
   *   onnxruntime-node, `ERR_DISPOSED`, `ERR_DETACHED`
   */
  get dataPointer(): bigint {
    if (this.type !== 'string') return this.engineValue.address()
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'strings have no address', { remedy: 'Use read()' })
  }

  /** Index of the device, of those of its kind. @throws OrtError `ERR_DISPOSED` */
  get deviceId(): number {
    return this.engineValue.deviceId()
  }

  /** False for an output of an optional type for which a run gave no value, which an optional input takes. */
  get hasValue(): boolean {
    return this.kind !== 'optional'
  }

  get disposed(): boolean {
    return OrtValueMemory.check(this, 'this').#value === undefined
  }

  /** @internal whether `data` is a view of the memory; else `read` and `write` copy */
  get hostVisible(): boolean {
    if (this.kind !== 'tensor' || this.#type === 'string' || !isHost(this.location)) return false
    return this.#data !== undefined || engine().supports.externalBuffers
  }

  /**
   * A view of the tensor's memory, always the same typed array: the next run reads what is written here.
   * @throws OrtError `ERR_DISPOSED`, `ERR_NOT_SUPPORTED` for device memory, `ERR_NO_EXTERNAL_BUFFERS` in Electron for values
   *   that ONNX Runtime allocated and for pinned memory; OrtTypeError `ERR_TYPE_MISMATCH` for strings and for a value that is
   *   not a tensor
   */
  get data(): ElementArrays[T] {
    checkViewable(this.type, this.location)
    this.engineValue.checkFree(false)
    this.#data ??= typedArrayView(this.type, this.engineValue.arrayBuffer())
    return this.#data as ElementArrays[T]
  }

  /** The typed array of {@link data}, if there is one. */
  protected get array(): TypedArray | undefined {
    return this.#data
  }

  /**
   * Releases the memory, at once or when the last run that uses it has ended. Views of memory that the value owned become empty
   * (detached), except on the onnxruntime-node engine. Idempotent.
   * @example
   * value.dispose()
   */
  dispose(): void {
    const self = OrtValueMemory.check(this, 'this')
    self.#value?.dispose(detachableBuffer(self.#data))
    self.#value = self.#data = undefined
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    if (!OrtValueMemory.has(this)) return 'Proxy(OrtValue)'
    const { kind, dims, location, disposed } = this
    const what = kind === 'tensor' ? { type: this.#type, dims } : { kind }
    return summarize('OrtValue', { ...what, location, ...(disposed && { disposed }) }, args)
  }
}
