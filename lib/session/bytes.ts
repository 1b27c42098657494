import { types } from 'node:util'
import { OrtError } from '../errors'
import { copyTypedArray } from '../model/element-types'
import type { ModelSource } from '../model/source'

/** What a session is loaded from, which nobody but the session can change. */
export interface OwnedModel {
  readonly model: ModelSource
  readonly externalData: Readonly<Record<string, Uint8Array>> | undefined
}

/**
 * Copies of the caller's bytes, since the caller may change them as soon as `create` has returned; with `transfer` the bytes
 * themselves, whose ArrayBuffers are detached from the caller.
 *
 * @throws OrtError `ERR_NOT_SUPPORTED` for memory that cannot be transferred
 */
export function ownModel(
  source: ModelSource,
  externalData: Readonly<Record<string, Uint8Array>> | undefined,
  transfer: boolean,
): OwnedModel {
  const files = Object.entries(externalData ?? {})
  const given = files.map(([, data]) => data)
  if (typeof source !== 'string') given.push(source)
  const owned = transfer ? transferred(given) : given.map((bytes) => copyTypedArray(bytes))
  return {
    model: typeof source === 'string' ? source : owned.at(-1)!,
    externalData: externalData && Object.fromEntries(files.map(([path], i) => [path, owned[i]!])),
  }
}

/** Each ArrayBuffer is transferred whole and once, however many of the arrays are views of it. */
function transferred(arrays: readonly Uint8Array[]): Uint8Array[] {
  const places = arrays.map(({ buffer, byteOffset, byteLength }) => ({ buffer, byteOffset, byteLength }))
  const buffers = [...new Set(places.map(({ buffer }) => buffer))]
  for (const buffer of buffers)
    if (types.isSharedArrayBuffer(buffer)) throw notTransferable('a SharedArrayBuffer')
  let owned: ArrayBufferLike[]
  try {
    owned = moved(buffers as ArrayBuffer[])
  } catch (cause) {
    throw notTransferable('memory that stays with its owner', cause)
  }
  // Node.js 20 copies what is marked as untransferable.
  if (buffers.some(({ byteLength }) => byteLength > 0))
    throw notTransferable('memory that stays with its owner')
  const byBuffer = new Map(buffers.map((buffer, i) => [buffer, owned[i]!]))
  return places.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(byBuffer.get(buffer)!, byteOffset, byteLength),
  )
}

/** A vm context such as jsdom's has no structuredClone. */
function moved(buffers: ArrayBuffer[]): ArrayBuffer[] {
  // Here, because it takes milliseconds to load.
  const { MessageChannel, receiveMessageOnPort } =
    require('node:worker_threads') as typeof import('node:worker_threads')
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(buffers, buffers)
    return receiveMessageOnPort(port2)!.message
  } finally {
    port1.close()
  }
}

function notTransferable(given: string, cause?: unknown): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', "the bytes cannot be taken over by 'transfer'", {
    expected: 'an ArrayBuffer that is detachable, and not marked as untransferable',
    given,
    remedy:
      "Omit 'transfer', which copies the bytes; or pass the path. WebAssembly memory and the pool of small Buffers (Buffer.from) cannot be transferred",
    ...(cause !== undefined && { cause }),
  })
}
