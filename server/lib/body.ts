import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { deflate, gunzip, gzip, inflate } from 'node:zlib'
import { invalid, RequestError } from './errors.js'
import { shown } from './printable.js'

export const encoders = { gzip: promisify(gzip), deflate: promisify(deflate) } as const
const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const
export type Encoding = keyof typeof encoders

/** The largest element has as many bytes. */
const ALIGNMENT = 8

/** A buffer whose byte `at` is aligned, so that typed arrays can be views of what begins there. */
function aligned(length: number, at: number): Buffer {
  const before = (ALIGNMENT - (at % ALIGNMENT)) % ALIGNMENT
  return Buffer.allocUnsafe(before + length).subarray(before)
}

/** What is read of a body beyond the limit, because many clients send all of it before they read the answer. */
const MOST_DISCARDED = 64 * 2 ** 20

interface BodyOptions {
  /** The most bytes. */
  readonly limit: number
  /** Where the binary data begin. */
  readonly jsonLength: number
}

/** Reads a body straight into one buffer, in which the binary data behind the JSON are aligned. @throws RequestError 413 */
export function readBody(
  request: Readable,
  headers: IncomingHttpHeaders,
  options: BodyOptions,
): Promise<Buffer> {
  const { limit, jsonLength } = options
  return new Promise((resolve, reject) => {
    const length = Number(headers['content-length'] ?? 0)
    const refuse = () => reject(new RequestError(413, `the body is larger than ${limit} bytes`))
    let isTooLarge = length > limit
    let body = aligned(isTooLarge ? 0 : length, jsonLength)
    let at = 0
    request.on('data', (chunk: Buffer) => {
      const end = at + chunk.length
      isTooLarge ||= end > limit
      if (isTooLarge) {
        at = end
        if (at > limit + MOST_DISCARDED) refuse()
        return
      }
      if (end > body.length) {
        // Chunked: the length is not known before.
        const larger = aligned(Math.min(limit, Math.max(end, 2 * body.length)), jsonLength)
        body.copy(larger, 0, 0, at)
        body = larger
      }
      chunk.copy(body, at)
      at = end
    })
    request.once('end', () => (isTooLarge ? refuse() : resolve(body.subarray(0, at))))
    request.once('error', reject)
  })
}

/** The body, inflated: within the limit as well. @throws RequestError 400, 413, 415 */
export async function inflated(body: Buffer, header: string | undefined, limit: number): Promise<Buffer> {
  const encoding = header?.toLowerCase() || 'identity'
  if (encoding === 'identity') return body
  if (!Object.hasOwn(decoders, encoding))
    throw new RequestError(415, `the content encoding is ${shown(encoding)}, expected gzip or deflate`)
  try {
    return await decoders[encoding as Encoding](body, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new RequestError(413, `the body is larger than ${limit} bytes when it is inflated`)
    throw invalid(`the body is not ${encoding}`)
  }
}
