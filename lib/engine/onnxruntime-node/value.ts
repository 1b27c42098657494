import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import {
  copyTypedArray,
  type ElementType,
  elementTypeCode,
  elementTypeName,
  isCommonType,
  rawView,
  type TypedArray,
  zeroed,
} from '../../model/element-types'
import { elementCount } from '../../model/shape'
import { type DeviceName, type EngineValue, type Feeds, type Results, ValueKind } from '../engine'
import { notSupported } from './convert'

/** A tensor on the JavaScript heap. */
export class HeapValue implements EngineValue {
  readonly #type: ElementType
  readonly #dims: readonly number[]
  #data: TypedArray | string[] | undefined
  readonly #byteLength: number

  private constructor(type: ElementType, dims: readonly number[], data: TypedArray | string[]) {
    if (!isCommonType(type) || type === 'int4' || type === 'uint4') {
      throw notSupported(`tensors of ${type}`, 'Install the native addon')
    }
    this.#type = type
    this.#dims = dims
    this.#data = data
    this.#byteLength = Array.isArray(data) ? 0 : data.byteLength
  }

  static allocate(type: number, dims: readonly number[], device: DeviceName = 'cpu'): HeapValue {
    if (device !== 'cpu') throw notSupported(`memory of '${device}'`, 'Install the native addon')
    const name = elementTypeName(type)!
    if (name === 'string') return new HeapValue(name, dims, new Array<string>(elementCount(dims)).fill(''))
    return new HeapValue(name, dims, zeroed(name, elementCount(dims)))
  }

  static borrow(type: number, dims: readonly number[], data: ArrayBufferView): HeapValue {
    if (!(data.buffer instanceof ArrayBuffer)) {
      throw notSupported(
        'tensors over a SharedArrayBuffer',
        'Use an ArrayBuffer, or install the native addon',
      )
    }
    return new HeapValue(elementTypeName(type)!, dims, data as TypedArray)
  }

  static sequence(): never {
    throw notSupported('sequences', 'Install the native addon')
  }

  static fromTensor(tensor: Ort.Tensor): HeapValue {
    return new HeapValue(tensor.type as ElementType, tensor.dims, tensor.data as TypedArray | string[])
  }

  get isString(): boolean {
    return this.#type === 'string'
  }

  kind(): number {
    return ValueKind.tensor
  }

  type(): number {
    return elementTypeCode(this.#type)
  }

  dims(): number[] {
    return [...this.#dims]
  }

  device(): DeviceName {
    return 'cpu'
  }

  deviceId(): number {
    return 0
  }

  arrayBuffer(): ArrayBuffer {
    return wholeBuffer(this.#open as TypedArray)
  }

  strings(): string[] {
    return [...(this.#open as string[])]
  }

  setStrings(strings: readonly string[]): void {
    checkStrings(strings)
    this.#data = [...strings]
  }

  copyTo(target: EngineValue): void {
    const data = this.#open
    const other = (target as HeapValue).#open
    if (Array.isArray(data)) (target as HeapValue).setStrings(data)
    else bytesOf(other as TypedArray).set(bytesOf(data))
  }

  async copyToAsync(target: EngineValue): Promise<void> {
    this.copyTo(target)
  }

  elements(): never {
    throw notSupported('sequences', 'Install the native addon')
  }

  /** Views of the memory stay as they are: it is on the JavaScript heap, and a run in flight may need it. */
  dispose(): void {
    this.#data = undefined
  }

  /** A tensor over the same memory. */
  toTensor(ort: typeof Ort): Ort.Tensor {
    const data = this.#open
    if (!Array.isArray(data) && data.byteLength !== this.#byteLength) {
      throw new OrtError(
        'ERR_DETACHED',
        'the ArrayBuffer of a bound typed array was detached (transferred)',
        {
          remedy: 'Bind a typed array that stays where it is, or an OrtValue with memory of its own',
        },
      )
    }
    return makeTensor(ort, this.#type, data, this.#dims)
  }

  /** Takes over what a run gave for it, where the run could not write into its memory. */
  receive(result: Ort.Tensor): void {
    if (this.isString) this.setStrings(result.data as string[])
  }

  get #open(): TypedArray | string[] {
    if (this.#data === undefined) throw new OrtError('ERR_DISPOSED', 'the OrtValue was disposed')
    return this.#data
  }
}

/** onnxruntime-node cuts a string at its first NUL, in silence. */
function checkStrings(strings: readonly unknown[]): void {
  strings.forEach((text, i) => {
    if (typeof text !== 'string') throw new OrtError('ERR_INVALID_ARG_TYPE', `element ${i} is not a string`)
    if (text.includes('\0')) throw notSupported('strings that hold NUL', 'Install the native addon')
  })
}

function makeTensor(
  ort: typeof Ort,
  type: ElementType,
  data: TypedArray | string[],
  dims: readonly number[],
): Ort.Tensor {
  if (Array.isArray(data)) checkStrings(data)
  const tensor = new ort.Tensor(type as Ort.Tensor.Type, data as Ort.Tensor.DataType, dims)
  if (Array.isArray(data)) return tensor
  // onnxruntime-node takes a Float16Array for empty, and onnxruntime-common makes one wherever it can.
  const bits = rawView(tensor.data as TypedArray)
  return bits === tensor.data ? tensor : Object.defineProperty(tensor, 'data', { value: bits })
}

/** The tensor of a feed, `[element type, dims, data]` from `at` on. */
export function toOrtTensor(ort: typeof Ort, feeds: Feeds, at: number): Ort.Tensor {
  const data = feeds[at + 2]
  if (data instanceof HeapValue) return data.toTensor(ort)
  const type = elementTypeName(feeds[at] as number)!
  // A copy: the run begins in a later turn, and the caller may change the data before.
  const copy = Array.isArray(data) ? [...data] : copyTypedArray(data as TypedArray)
  return makeTensor(ort, type, copy, feeds[at + 1] as number[])
}

/** A result in the engine's form; written into `target` where there is one of its shape. */
export function resultOf(tensor: Ort.Tensor, target: unknown, dims: unknown): Results {
  const type = elementTypeCode(tensor.type as ElementType)
  if (tensor.type === 'string') return [type, tensor.dims, tensor.data]
  const data = tensor.data as TypedArray
  if (target === undefined || String(dims) !== String(tensor.dims))
    return [type, tensor.dims, wholeBuffer(data)]
  bytesOf(target as TypedArray).set(bytesOf(data))
  return [type, tensor.dims, null]
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function wholeBuffer(data: TypedArray): ArrayBuffer {
  const whole = data.byteOffset === 0 && data.byteLength === data.buffer.byteLength
  return (whole ? data.buffer : bytesOf(data).slice().buffer) as ArrayBuffer
}
