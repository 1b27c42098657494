import type { DeviceName } from './devices'

/** A value of ONNX Runtime, as an engine has it. */
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
