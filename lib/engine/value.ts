import type { DeviceName } from './devices'

/** A value of ONNX Runtime, and its memory. */
export interface EngineValue {
  kind(): number
  type(): number
  /** The type as text: see `RawValueInfo.form`; only the kind where no more is known. */
  form(): string
  dims(): number[]
  device(): DeviceName
  deviceId(): number
  /** An ArrayBuffer over the value's host memory; not for strings. Called once a value. */
  arrayBuffer(): ArrayBuffer
  /** @throws OrtError `ERR_BUSY` where work in flight writes the memory, or, for a write, reads it */
  checkFree(writes: boolean): void
  strings(): string[]
  setStrings(strings: readonly string[]): void
  /** A tensor over a part of the memory, from the element `offset` on. Absent where all memory is V8's, which has subarrays. */
  view?(dims: readonly number[], offset: number): EngineValue
  /** Address of the memory; not of strings. */
  address(): bigint
  /** Whether the memory of the two overlaps. */
  sharesMemory(other: EngineValue): boolean
  /** Copies the tensor into another of the same type and shape, between any two devices. */
  copyTo(target: EngineValue): void
  /** The same on another thread; both values are in use until the promise settles. */
  copyToAsync(target: EngineValue): Promise<void>
  /** A sequence's elements, a map's keys and values. */
  elements(): EngineValue[]
  /** Copies of a sparse tensor's parts. Absent where the engine has none. */
  sparse?(): RawSparse
  /** Idempotent. Detaches `buffer` where the value owns its memory. */
  dispose(buffer?: ArrayBuffer): void
}

/** `format` is an `OrtSparseFormat`; `dims` those of the dense tensor. */
export interface RawSparse {
  readonly format: number
  readonly dims: readonly number[]
  readonly values: EngineValue
  readonly indices: readonly EngineValue[]
}

/** A tensor that a run reads. `type` is an `ONNXTensorElementDataType`. */
export type TensorFeed = readonly [
  type: number,
  dims: readonly number[],
  data: ArrayBufferView | readonly string[],
]
/** One feed for each input of the model, in the model's order; undefined for an optional input without a value. */
export type Feeds = readonly (TensorFeed | EngineValue | undefined)[]

/** An output by its index, and where its result goes. */
export type Fetch =
  | readonly [output: number]
  /** Into `target` if the result has these dims. */
  | readonly [output: number, target: ArrayBufferView, dims: readonly number[]]
  /** Into memory of the session's device; the result is then an {@link EngineValue}. */
  | readonly [output: number, location: 'gpu-buffer' | 'cpu-pinned']
/** Undefined for all outputs. */
export type Fetches = readonly Fetch[] | undefined

export type TensorResult = [type: number, dims: readonly number[], data: ArrayBuffer | string[]]
/**
 * One result for each fetch: null where it was written into the fetch's target; an {@link EngineValue} in device memory,
 * and for types that onnxruntime-common does not have.
 */
export type Results = (TensorResult | EngineValue | null)[]
