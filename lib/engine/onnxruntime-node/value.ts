import { types } from 'node:util'
import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import {
  copyTypedArray,
  type ElementType,
  elementTypeCode,
  elementTypeName,
  isCommonType,
  localView,
  overlap,
  rawView,
  type TypedArray,
  zeroed,
} from '../../model/element-types'
import { elementCount } from '../../model/shape'
import {
  type DeviceName,
  type EngineValue,
  type Feeds,
  type Fetch,
  type Results,
  type TensorFeed,
  ValueKind,
} from '../engine'
import { INSTALL_ADDON, notSupported } from './convert'
import { type Access, checkFree, type MemoryUse } from './in-flight'

/** A tensor on the JavaScript heap. */
export class HeapValue implements EngineValue {
  readonly #type: ElementType
  readonly #dims: readonly number[]
  #data: TypedArray | string[] | undefined
  readonly #byteLength: number

  private constructor(type: ElementType, dims: readonly number[], data: TypedArray | string[]) {
    if (!isCommonType(type) || type === 'int4' || type === 'uint4') {
      throw notSupported(`tensors of ${type}`, INSTALL_ADDON)
    }
    this.#type = type
    this.#dims = dims
    this.#data = data
    this.#byteLength = Array.isArray(data) ? 0 : data.byteLength
  }

  static allocate(type: number, dims: readonly number[], device: DeviceName = 'cpu'): HeapValue {
    if (device !== 'cpu') throw notSupported(`memory of '${device}'`, INSTALL_ADDON)
    const name = elementTypeName(type)!
    if (name === 'string') return new HeapValue(name, dims, new Array<string>(elementCount(dims)).fill(''))
    return new HeapValue(name, dims, zeroed(name, elementCount(dims)))
  }

  static borrow(type: number, dims: readonly number[], data: ArrayBufferView): HeapValue {
    if (types.isSharedArrayBuffer(data.buffer)) {
      throw notSupported(
        'tensors over a SharedArrayBuffer',
        'Use an ArrayBuffer, or install the native addon',
      )
    }
    return new HeapValue(elementTypeName(type)!, dims, data as TypedArray)
  }

  static async copyAll(sources: readonly EngineValue[], targets: readonly EngineValue[]): Promise<void> {
    for (const [i, source] of sources.entries()) source.copyTo(targets[i]!)
  }

  static sequence(): never {
    throw notSupported('sequences', INSTALL_ADDON)
  }

  static emptySequence(): never {
    throw notSupported('sequences', INSTALL_ADDON)
  }

  static map(): never {
    throw notSupported('maps', INSTALL_ADDON)
  }

  static at(): never {
    throw notSupported('memory by its address', INSTALL_ADDON)
  }

  address(): never {
    throw notSupported('addresses of memory', INSTALL_ADDON)
  }

  static fromTensor(tensor: Ort.Tensor): HeapValue {
    return new HeapValue(tensor.type as ElementType, tensor.dims, tensor.data as TypedArray | string[])
  }

  get isString(): boolean {
    return this.#type === 'string'
  }

  get byteLength(): number {
    return this.#byteLength
  }

  /** How the memory of this value and of another overlaps. */
  overlap(other: HeapValue): 'none' | 'part' | 'same' {
    if (this.#data === undefined || other.#data === undefined) return 'none'
    return overlap(this.#data, other.#data)
  }

  sharesMemory(other: EngineValue): boolean {
    return this.overlap(other as HeapValue) !== 'none'
  }

  /** A value of the same type and shape, with memory of its own. */
  like(): HeapValue {
    return HeapValue.allocate(this.type(), this.#dims)
  }

  kind(): number {
    return ValueKind.tensor
  }

  type(): number {
    return elementTypeCode(this.#type)
  }

  form(): string {
    return `tensor(${this.type()})`
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

  use(access: Access, session?: object): MemoryUse {
    return { data: this.#open, access, session }
  }

  checkFree(writes: boolean): void {
    checkFree(this.use(writes ? 'write' : 'read'), 'the OrtValue')
  }

  strings(): string[] {
    this.checkFree(false)
    return [...(this.#open as string[])]
  }

  setStrings(strings: readonly string[]): void {
    checkStrings(strings)
    this.checkFree(true)
    this.#data = [...strings]
  }

  copyTo(target: EngineValue): void {
    checkFree(this.use('read'), 'the source of the copy')
    checkFree((target as HeapValue).use('write'), 'the target of the copy')
    this.copyInto(target as HeapValue)
  }

  /** The same, of a run itself, which uses the memory. */
  copyInto(target: HeapValue): void {
    const data = this.#attached
    const other = target.#attached
    if (Array.isArray(data)) target.#data = [...data]
    else bytes(other as TypedArray).set(bytes(data))
  }

  async copyToAsync(target: EngineValue): Promise<void> {
    this.copyTo(target)
  }

  elements(): never {
    throw notSupported('sequences', INSTALL_ADDON)
  }

  /** Views of the memory stay valid: it is on the JavaScript heap, and a run in flight may need it. */
  dispose(): void {
    this.#data = undefined
  }

  /** A tensor over the same memory. */
  toTensor(ort: typeof Ort): Ort.Tensor {
    return makeTensor(ort, this.#type, this.#attached, this.#dims)
  }

  /** Takes the result of a run that could not write into its memory. */
  receive(result: Ort.Tensor): void {
    if (this.isString) this.#data = [...(result.data as string[])]
  }

  get #attached(): TypedArray | string[] {
    const data = this.#open
    if (!Array.isArray(data) && data.byteLength !== this.#byteLength) {
      throw new OrtError(
        'ERR_DETACHED',
        'the ArrayBuffer of a bound typed array was detached (transferred)',
        {
          remedy: 'Bind a typed array that is not transferred, or an OrtValue with memory of its own',
        },
      )
    }
    return data
  }

  get #open(): TypedArray | string[] {
    if (this.#data === undefined) throw new OrtError('ERR_DISPOSED', 'the OrtValue was disposed')
    return this.#data
  }
}

/** onnxruntime-node silently truncates a string at its first NUL character. */
function checkStrings(strings: readonly unknown[]): void {
  strings.forEach((text, i) => {
    if (typeof text !== 'string') throw new OrtError('ERR_INVALID_ARG_TYPE', `element ${i} is not a string`)
    if (text.includes('\0')) throw notSupported('strings with a NUL character', INSTALL_ADDON)
  })
}

function makeTensor(
  ort: typeof Ort,
  type: ElementType,
  data: TypedArray | string[],
  dims: readonly number[],
): Ort.Tensor {
  if (Array.isArray(data)) checkStrings(data)
  const elements = Array.isArray(data) ? data : localView(data)
  const tensor = new ort.Tensor(type as Ort.Tensor.Type, elements as Ort.Tensor.DataType, dims)
  if (Array.isArray(data)) return tensor
  // onnxruntime-common creates a Float16Array where it can, and onnxruntime-node reads that as empty.
  const bits = rawView(tensor.data as TypedArray)
  return bits === tensor.data ? tensor : Object.defineProperty(tensor, 'data', { value: bits })
}

/** The tensor of a feed. Typed arrays are copied: the run begins later, and the caller may change them before. */
export function toOrtTensor(ort: typeof Ort, feed: Feeds[number]): Ort.Tensor {
  if (feed instanceof HeapValue) return feed.toTensor(ort)
  const [code, dims, data] = feed as TensorFeed
  const copy = Array.isArray(data) ? [...data] : copyTypedArray(data as TypedArray)
  return makeTensor(ort, elementTypeName(code)!, copy, dims)
}

/** The result of a fetch, written into the fetch's target if that has the result's shape. */
export function toResult(tensor: Ort.Tensor, [, target, dims]: Fetch): Results[number] {
  const type = elementTypeCode(tensor.type as ElementType)
  if (tensor.type === 'string') return [type, tensor.dims, tensor.data as string[]]
  const data = tensor.data as TypedArray
  if (!ArrayBuffer.isView(target) || String(dims) !== String(tensor.dims))
    return [type, tensor.dims, wholeBuffer(data)]
  bytes(target).set(bytes(data))
  return null
}

function bytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function wholeBuffer(data: TypedArray): ArrayBuffer {
  const whole = data.byteOffset === 0 && data.byteLength === data.buffer.byteLength
  return (whole ? data.buffer : bytes(data).slice().buffer) as ArrayBuffer
}
