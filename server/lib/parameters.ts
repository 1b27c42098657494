import { invalid, unsupported } from './errors.js'
import { shown } from './printable.js'

/** Parameters of a request, or of one of its tensors, from JSON or from gRPC. */
export type Parameters = Readonly<Record<string, unknown>>

/** An own property. */
export const own = (record: Parameters, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** @throws RequestError 501 */
export function refuseSequences(parameters: Parameters): void {
  for (const name of ['sequence_id', 'sequence_start', 'sequence_end'])
    if (own(parameters, name)) throw unsupported('the server does not support sequences')
}

/** @throws RequestError 501 */
export function refuseSharedMemory(parameters: Parameters): void {
  if (own(parameters, 'shared_memory_region') !== undefined)
    throw unsupported('the server does not support shared memory')
}

/** @throws RequestError 501 */
export function refuseClassification(parameters: Parameters): void {
  if (own(parameters, 'classification')) throw unsupported('the server does not support classification')
}

/** The most milliseconds of a timer. */
export const MOST_MS = 2 ** 31 - 1

/** Milliseconds of Triton's parameter, which is in microseconds. @throws RequestError 400 */
export function timeoutMs(parameters: Parameters): number | undefined {
  const value = own(parameters, 'timeout')
  if (value === undefined || value === 0) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value / 1000 <= MOST_MS)
    return value / 1000
  throw invalid(`'timeout' is ${shown(value)}, expected an integer of microseconds, ${MOST_MS}000 at most`)
}

/**
 * Triton's parameter, any unsigned integer of 64 bits: 1 is the highest, and what is not a level of the model its default.
 * @throws RequestError 400
 */
export function priority(parameters: Parameters): number {
  const value = own(parameters, 'priority') ?? 0
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 64) return value
  throw invalid(
    `'priority' is ${shown(value)}, expected an integer from 0 to 2^64 - 1; 0 is the model's default`,
  )
}

export const MOST_TENSORS = 1024
export const MOST_DIMS = 64

/** The number of elements. @throws RequestError 400 */
export function elementCount(shape: readonly unknown[], name: string): number {
  if (shape.length > MOST_DIMS || !shape.every((dim) => Number.isSafeInteger(dim) && (dim as number) >= 0))
    throw invalid(`the shape of input '${name}' is not an array of up to ${MOST_DIMS} sizes`)
  const count = (shape as number[]).reduce((a, b) => a * b, 1)
  if (Number.isSafeInteger(count)) return count
  throw invalid(`the shape of input '${name}' is too large`)
}

/** @throws RequestError 400 */
export function checkId(id: unknown): asserts id is string {
  if (typeof id !== 'string' || id.length > 1024)
    throw invalid("'id' is not a string of up to 1024 characters")
}
