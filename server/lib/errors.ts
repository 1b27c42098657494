import { isOrtError } from 'onnxruntime-iobinding'

/** An error of a request, with its HTTP status by Triton's mapping. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

export const invalid = (message: string) => new RequestError(400, message)
export const notFound = (message: string) => new RequestError(404, message)
export const unsupported = (message: string) => new RequestError(501, message)

/** What a run of the model reports about the request's tensors. */
const CLIENT_CODES =
  /^ERR_(INVALID_|MISSING_|UNKNOWN_|TYPE_MISMATCH|SHAPE_MISMATCH|ORT_INVALID_ARGUMENT|ORT_FAIL|ORT_RUNTIME_EXCEPTION)/

/** The status and the text of any error that a request ends with. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  if (isOrtError(error)) {
    if (
      error.code === 'ERR_QUEUE_FULL' ||
      error.code === 'ERR_DISPOSED' ||
      error.code === 'ERR_OUT_OF_MEMORY'
    )
      return new RequestError(503, error.message)
    if (error.code === 'ERR_TIMEOUT') return new RequestError(504, error.message)
    if (CLIENT_CODES.test(error.code)) return invalid(error.message)
    return new RequestError(500, error.message)
  }
  if (error instanceof Error && error.name === 'TimeoutError')
    return new RequestError(504, 'the deadline of the request passed')
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500)
    return new RequestError(status, error.message)
  return new RequestError(500, 'the server failed')
}

/** The request's client has left. */
export const cancelled = () => new RequestError(499, 'the request was cancelled')
