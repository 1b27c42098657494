import { toRequestError } from './errors.js'
import { printable } from './printable.js'

/** A request of a model, as the hook `observe` gets it. */
export interface ObservedRequest {
  readonly protocol: 'http' | 'grpc'
  readonly model: string
  readonly version: string
  /** A header of the request or of gRPC's metadata, such as `traceparent`. */
  readonly header: (name: string) => string | undefined
}

/** How a request ended. */
export interface ObservedEnd {
  /** Of HTTP: 200, or that of the error. */
  readonly status: number
  readonly message: string | undefined
}

/** Is called when a request begins; what it returns is called when it ends. */
export type Observer = (request: ObservedRequest) => ((end: ObservedEnd) => void) | undefined

/** A hook's exception is reported once, and does not fail a request. */
export function guarded(observe: Observer): Observer {
  let isReported = false
  const attempt = <T>(call: () => T): T | undefined => {
    try {
      return call()
    } catch (error) {
      if (!isReported) process.emitWarning(`observe threw: ${printable(String(error))}`)
      isReported = true
      return undefined
    }
  }
  return (request) => {
    const onEnd = attempt(() => observe(request))
    return onEnd && ((end) => attempt(() => onEnd(end)))
  }
}

/** Does the work of a request, and reports how it ended. */
export async function observed<T>(
  observe: Observer | undefined,
  request: ObservedRequest,
  work: () => Promise<T>,
): Promise<T> {
  const onEnd = observe?.(request)
  if (onEnd === undefined) return work()
  try {
    const result = await work()
    onEnd({ status: 200, message: undefined })
    return result
  } catch (error) {
    const { status, message } = toRequestError(error)
    onEnd({ status, message })
    throw error
  }
}
