import * as threads from 'node:worker_threads'
import { bufferOf, type TypedArray } from '../model/element-types'

/** Node.js 21 and newer. */
const { isMarkedAsUntransferable } = threads as {
  isMarkedAsUntransferable?: (object: object) => boolean
}
/** Node.js 21 and newer. */
const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }

/**
 * Whether V8 itself heeds the mark, which it does in Node.js 24. In the older releases only messages and structuredClone() do:
 * ArrayBuffer.prototype.transfer() and byte streams detach a marked buffer.
 */
const isHeeded = (() => {
  if (transfer === undefined) return false
  const buffer = new ArrayBuffer(1)
  threads.markAsUntransferable(buffer)
  try {
    transfer.call(buffer)
    return false
  } catch {
    return true
  }
})()

/**
 * Whether JavaScript can detach a buffer, which frees its memory, whatever uses that. The package does not mark buffers itself:
 * Node.js 24 aborts the process when WebAssembly memory with a mark grows, and at its end where a buffer with a mark has memory
 * of another addon's, as those of image libraries have.
 */
function isDetachable(buffer: ArrayBufferLike): boolean {
  return !(isHeeded && isMarkedAsUntransferable!(buffer))
}

/** The array's buffer, if V8 lets it be detached. */
export function detachableBuffer(array: TypedArray | undefined): ArrayBuffer | undefined {
  if (array === undefined) return undefined
  const buffer = bufferOf(array)
  return isDetachable(buffer) ? (buffer as ArrayBuffer) : undefined
}
