import { type TypedArray, typedArrayBuffer } from '../model/element-types'

/** `isMarkedAsUntransferable` exists in Node.js 21 and newer. */
type Threads = typeof import('node:worker_threads') & { isMarkedAsUntransferable(object: object): boolean }

/** Node.js 21 and newer. */
const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }

/** Whether a buffer has a mark that V8 heeds. The first caller decides: node:worker_threads takes milliseconds to load. */
let isMarked: ((buffer: ArrayBufferLike) => boolean) | undefined

/**
 * V8 itself heeds the mark in Node.js 24. In the older releases only messages and structuredClone() do:
 * ArrayBuffer.prototype.transfer() and byte streams detach a marked buffer.
 */
function markReader(): (buffer: ArrayBufferLike) => boolean {
  if (transfer === undefined) return () => false
  const threads = require('node:worker_threads') as Threads
  const buffer = new ArrayBuffer(1)
  threads.markAsUntransferable(buffer)
  try {
    transfer.call(buffer)
    return () => false
  } catch {
    return threads.isMarkedAsUntransferable
  }
}

/**
 * Whether JavaScript can detach a buffer, which frees its memory, whatever uses that. The package does not mark buffers itself:
 * Node.js 24 aborts the process when WebAssembly memory with a mark grows, and at its end where a buffer with a mark has memory
 * of another addon's, as those of image libraries have.
 */
function isDetachable(buffer: ArrayBufferLike): boolean {
  isMarked ??= markReader()
  return !isMarked(buffer)
}

/** The array's buffer, if V8 lets it be detached. */
export function detachableBuffer(array: TypedArray | undefined): ArrayBuffer | undefined {
  if (array === undefined) return undefined
  const buffer = typedArrayBuffer(array)
  return isDetachable(buffer) ? (buffer as ArrayBuffer) : undefined
}
