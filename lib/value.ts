import { markAsUntransferable } from 'node:worker_threads'
import { Tensor } from 'onnxruntime-common'
import {
  arrayLength,
  checkArray,
  checkElementType,
  codeOf,
  copyOf,
  type ElementArrays,
  type ElementType,
  isCommonType,
  nameOf,
  rawView,
  type TypedArray,
  viewOf,
} from './element-types'
import { type EngineValue, ValueKind } from './engine'
import { engine } from './engines/select'
import { describe, OrtError, OrtRangeError, OrtTypeError } from './errors'
import { checkDims, sizeOf } from './shape'
import { dataOf, isDetached, isTensor } from './tensor'

/** Where a value's memory is. This version knows host memory only. */
export type DeviceName = 'cpu'

/** What a value can be. */
export type OrtValueKind = 'tensor' | 'sequence' | 'map' | 'optional' | 'opaque' | 'sparseTensor'

const KINDS = new Map<number, OrtValueKind>(
  Object.entries(ValueKind).map(([name, code]) => [code, name as OrtValueKind]),
)

const WASM_PAGE = 64 * 1024

/** What a tensor's elements are read from and written to. */
export type OrtValueData = TypedArray | string[]

function checkDevice(device: unknown, id: unknown): void {
  if (device === 'cpu' && id === 0) return
  throw new OrtError('ERR_NOT_SUPPORTED', 'this version allocates host memory only', {
    expected: "device 'cpu', id 0",
    given: `device ${describe(device)}, id ${describe(id)}`,
  })
}

/**
 * A value of ONNX Runtime, and its memory. A tensor made by {@link OrtValue.allocate} has host memory of its own,
 * aligned to 64 bytes, which {@link OrtValue.data} shows without a copy and which stays where it is until the value is
 * disposed (or collected) and the last run that uses it has ended.
 *
 * Corresponds to Python's `onnxruntime.OrtValue`.
 */
export class OrtValue<T extends ElementType = ElementType> implements Disposable {
  readonly kind: OrtValueKind
  readonly #type: ElementType | undefined
  readonly #dims: readonly number[]
  #value: EngineValue | undefined
  #data: TypedArray | undefined

  private constructor(value: EngineValue, data?: TypedArray) {
    this.kind = KINDS.get(value.kind()) ?? 'opaque'
    this.#type = this.kind === 'tensor' ? nameOf(value.type()) : undefined
    this.#dims = Object.freeze(value.dims())
    this.size = sizeOf(this.#dims)
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
   * @param device `'cpu'`
   * @throws OrtError `ERR_OUT_OF_MEMORY`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError for bad arguments
   */
  static allocate<T extends ElementType>(
    type: T,
    dims: readonly number[],
    device: DeviceName = 'cpu',
    id = 0,
  ): OrtValue<T> {
    checkElementType(type)
    const shape = checkDims(dims, 'dims')
    checkDevice(device, id)
    return new OrtValue<T>(engine().Value.allocate(codeOf(type), shape))
  }

  /** A tensor with memory of its own that holds a copy of another tensor's data. */
  static fromTensor(tensor: Tensor, device: DeviceName = 'cpu', id = 0): OrtValue {
    if (!isTensor(tensor)) {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'tensor' must be a Tensor", { given: describe(tensor) })
    }
    const type = checkElementType(tensor.type)
    const data = dataOf(tensor, type, 'tensor')
    const value = OrtValue.allocate(type, tensor.dims, device, id)
    try {
      value.write(data)
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
    const buffer = array.buffer as ArrayBuffer & { resizable?: boolean; growable?: boolean }
    if (buffer.resizable === true || buffer.growable === true) {
      throw new OrtError('ERR_NOT_SUPPORTED', 'a resizable ArrayBuffer cannot be bound', {
        remedy: 'Wrap a typed array over a buffer of fixed length',
      })
    }
    checkLength(type, sizeOf(shape), array.length, array)
    // WebAssembly's memory detaches its buffer when it grows, and that of a marked buffer ends the process (Node 24). It
    // comes in pages of 64 KiB: what may be such memory is left unmarked.
    if (buffer.byteLength % WASM_PAGE !== 0) markAsUntransferable(buffer)
    return new OrtValue<T>(engine().Value.borrow(codeOf(type), shape, rawView(array)), array)
  }

  /** A sequence of tensors, which it shares and keeps alive. */
  static sequence(values: readonly OrtValue[]): OrtValue {
    return new OrtValue(
      engine().Value.sequence(values.map((value) => checkOrtValue(value, 'values').engineValue)),
    )
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
    return 'cpu'
  }

  get disposed(): boolean {
    return this.#value === undefined
  }

  /**
   * The tensor's memory itself, the same typed array every time: what is written here, the next run reads. Not for
   * strings, which ONNX Runtime keeps as objects of its own.
   *
   * @throws OrtError `ERR_DISPOSED`; OrtTypeError `ERR_TYPE_MISMATCH` for strings and for what is no tensor
   */
  get data(): ElementArrays[T] {
    const value = this.engineValue
    if (this.type === 'string') {
      throw new OrtTypeError('ERR_TYPE_MISMATCH', 'strings have no memory to show', {
        remedy: 'Use read() and write()',
      })
    }
    this.#data ??= viewOf(this.type, value.arrayBuffer())
    return this.#data as ElementArrays[T]
  }

  /** A copy of the tensor's elements. */
  read(): T extends 'string' ? string[] : ElementArrays[T] {
    type Read = T extends 'string' ? string[] : ElementArrays[T]
    if (this.type === 'string') return this.engineValue.strings() as Read
    return copyOf(this.data as TypedArray) as Read
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
    const target: TypedArray = this.data
    if (this.type === 'float16' && array.constructor !== target.constructor) {
      // One side is a Float16Array, the other the bits of one: set() would convert numbers.
      rawView(target).set(rawView(array) as never)
    } else {
      target.set(array as never)
    }
  }

  /**
   * A Tensor of onnxruntime-common over the same memory (strings are copied).
   *
   * @throws OrtTypeError `ERR_TYPE_MISMATCH` for what onnxruntime-common has no type for
   */
  toTensor(): Tensor {
    const type: ElementType = this.type
    if (!isCommonType(type)) {
      throw new OrtTypeError('ERR_TYPE_MISMATCH', 'onnxruntime-common has no tensor of this type', {
        given: type,
        remedy: 'Use data, read() and write() of the OrtValue',
      })
    }
    const data = type === 'string' ? this.engineValue.strings() : this.data
    return new Tensor(type as Tensor.Type, data as Tensor.DataType, this.#dims)
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

function checkLength(type: ElementType, size: number, length: number, data: unknown): void {
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
