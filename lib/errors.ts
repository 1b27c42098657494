/**
 * Codes of this package's own errors. ONNX Runtime's own are `ERR_ORT_` and the name of its error code; those of the CUDA
 * driver that have no name here are `ERR_CUDA_` and the driver's name, without its `CUDA_ERROR_`.
 */
export type OrtErrorCode =
  | 'ERR_ADDON_NOT_LOADED'
  | 'ERR_ALREADY_INITIALIZED'
  | 'ERR_BUSY'
  | 'ERR_CPU_FALLBACK'
  | 'ERR_CUDA_DEVICE_ID'
  | 'ERR_CUDA_DEVICE_LOST'
  | 'ERR_CUDA_DRIVER_NOT_FOUND'
  | 'ERR_CUDA_DRIVER_VERSION'
  | 'ERR_CUDA_FAILURE'
  | 'ERR_CUDA_LIBRARY_INVALID'
  | 'ERR_CUDA_LIBRARY_NOT_FOUND'
  | 'ERR_CUDA_NO_DEVICE'
  | 'ERR_CUDA_OUT_OF_MEMORY'
  | 'ERR_CUDA_PROVIDER_NOT_FOUND'
  | 'ERR_CUDA_VERSION'
  | 'ERR_DETACHED'
  | 'ERR_DEVICE_MISMATCH'
  | 'ERR_DISPOSED'
  | 'ERR_GRAPH_CAPTURE'
  | 'ERR_GRAPH_CAPTURED'
  | 'ERR_GRAPH_MISMATCH'
  | 'ERR_INTERNAL'
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_INVALID_DIMS'
  | 'ERR_INVALID_LENGTH'
  | 'ERR_LIBRARY_CONFLICT'
  | 'ERR_LIBRARY_INVALID'
  | 'ERR_LIBRARY_NOT_FOUND'
  | 'ERR_LIBRARY_VERSION'
  | 'ERR_MISSING_INPUT'
  | 'ERR_MISSING_OUTPUT'
  | 'ERR_NOT_SUPPORTED'
  | 'ERR_NO_EXTERNAL_BUFFERS'
  | 'ERR_OUTPUT_SHAPE'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_PROVIDER_UNAVAILABLE'
  | 'ERR_RUN_CANCELED'
  | 'ERR_SHAPE_MISMATCH'
  | 'ERR_TYPE_MISMATCH'
  | 'ERR_UNKNOWN_INPUT'
  | 'ERR_UNKNOWN_OPTION'
  | 'ERR_UNKNOWN_OUTPUT'
  | 'ERR_UNKNOWN_PROVIDER'
  | 'ERR_WEBGPU_NO_ADAPTER'
  | `ERR_CUDA_${string}`
  | `ERR_ORT_${string}`

/** What an error has to teach, beside its message. */
export interface OrtErrorDetails {
  /** What the call wants. */
  readonly expected?: string
  /** What it got. */
  readonly given?: string
  /** What to do. */
  readonly remedy?: string
  readonly cause?: unknown
}

function compose(message: string, { expected, given, remedy }: OrtErrorDetails): string {
  let text = message
  if (expected !== undefined) text += `: expected ${expected}`
  if (given !== undefined) text += expected !== undefined ? `, got ${given}` : `: got ${given}`
  if (remedy !== undefined) text += `. ${remedy}`
  return text
}

/** What an error of this package has beside a message. */
export interface OrtErrorFields {
  readonly code: OrtErrorCode
  /** What the call wants. */
  readonly expected?: string
  /** What it got. */
  readonly given?: string
  /** What to do. */
  readonly remedy?: string
}

/** Constructor of an error with a code, over one of JavaScript's error classes. */
export interface OrtErrorConstructor<E extends Error> {
  new (code: OrtErrorCode, message: string, details?: OrtErrorDetails): E & OrtErrorFields
  readonly prototype: E & OrtErrorFields
}

function define<E extends Error>(
  Base: new (message: string, options?: ErrorOptions) => E,
  name: string,
): OrtErrorConstructor<E> {
  class Coded
    extends (Base as new (message: string, options?: ErrorOptions) => Error)
    implements OrtErrorFields
  {
    // Declared only: an error shows what it has to say, and nothing else.
    declare readonly expected?: string
    declare readonly given?: string
    declare readonly remedy?: string
    constructor(
      readonly code: OrtErrorCode,
      message: string,
      details: OrtErrorDetails = {},
    ) {
      super(compose(message, details), 'cause' in details ? { cause: details.cause } : undefined)
      const { expected, given, remedy } = details
      if (expected !== undefined) this.expected = expected
      if (given !== undefined) this.given = given
      if (remedy !== undefined) this.remedy = remedy
    }
  }
  Object.defineProperty(Coded, 'name', { value: name })
  Object.defineProperty(Coded.prototype, 'name', { value: name, configurable: true, writable: true })
  return Coded as unknown as OrtErrorConstructor<E>
}

/** An error of this package or of ONNX Runtime: `code` tells which, `expected`, `given` and `remedy` what to do. */
export const OrtError = define(Error, 'OrtError')
export type OrtError = InstanceType<typeof OrtError>

/** An {@link OrtError} that is a `TypeError`, where onnxruntime-common throws one. */
export const OrtTypeError = define(TypeError, 'OrtTypeError')
export type OrtTypeError = InstanceType<typeof OrtTypeError>

/** An {@link OrtError} that is a `RangeError`, where onnxruntime-common throws one. */
export const OrtRangeError = define(RangeError, 'OrtRangeError')
export type OrtRangeError = InstanceType<typeof OrtRangeError>

/** Whether an error is one of the three classes above. */
export function isOrtError(error: unknown): error is Error & OrtErrorFields {
  return error instanceof OrtError || error instanceof OrtTypeError || error instanceof OrtRangeError
}

/** A short text for a value in an error's `given`. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`
  if (Array.isArray(value))
    return `[${value.map((one) => (typeof one === 'string' ? `'${one}'` : String(one))).join(', ')}]`
  if (typeof value === 'object') return value.constructor?.name ?? 'object'
  return String(value)
}
