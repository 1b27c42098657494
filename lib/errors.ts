/**
 * Every error code that has a name: this package's own, and ONNX Runtime's (`ERR_ORT_` and the name of its `OrtErrorCode`).
 *
 * @see https://onnxruntime.ai/docs/api/c/ for `OrtErrorCode`
 * @example
 * const isKnown = ORT_ERROR_CODES.includes('ERR_BUSY')
 */
export const ORT_ERROR_CODES = Object.freeze([
  'ERR_ADDON_NOT_LOADED',
  'ERR_ALREADY_INITIALIZED',
  'ERR_BATCH_MISMATCH',
  'ERR_BUSY',
  'ERR_CPU_FALLBACK',
  'ERR_CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE',
  'ERR_CUDA_DEVICE_ID',
  'ERR_CUDA_DEVICE_LOST',
  'ERR_CUDA_DEVICE_UNAVAILABLE',
  'ERR_CUDA_DRIVER_NOT_FOUND',
  'ERR_CUDA_DRIVER_VERSION',
  'ERR_CUDA_FAILURE',
  'ERR_CUDA_LAUNCH_OUT_OF_RESOURCES',
  'ERR_CUDA_LIBRARY_INVALID',
  'ERR_CUDA_LIBRARY_NOT_FOUND',
  'ERR_CUDA_NO_BINARY_FOR_GPU',
  'ERR_CUDA_NO_DEVICE',
  'ERR_CUDA_OUT_OF_MEMORY',
  'ERR_CUDA_PROVIDER_NOT_FOUND',
  'ERR_CUDA_STUB_LIBRARY',
  'ERR_CUDA_SYSTEM_DRIVER_MISMATCH',
  'ERR_CUDA_SYSTEM_NOT_READY',
  'ERR_CUDA_VERSION',
  'ERR_CUSTOM_OP_LIBRARY',
  'ERR_DETACHED',
  'ERR_DEVICE_MISMATCH',
  'ERR_DISPOSED',
  'ERR_EXITING',
  'ERR_FILE_EXISTS',
  'ERR_GRAPH_CAPTURE',
  'ERR_GRAPH_CAPTURED',
  'ERR_GRAPH_MISMATCH',
  'ERR_GRAPH_STALE',
  'ERR_INTERNAL',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_INVALID_DIMS',
  'ERR_INVALID_LENGTH',
  'ERR_LIBRARY_CONFLICT',
  'ERR_LIBRARY_INVALID',
  'ERR_LIBRARY_NOT_FOUND',
  'ERR_LIBRARY_VERSION',
  'ERR_MEMORY_OVERLAP',
  'ERR_MISSING_INPUT',
  'ERR_MISSING_OUTPUT',
  'ERR_NOT_COMPILED',
  'ERR_NOT_SUPPORTED',
  'ERR_NO_BATCH_AXIS',
  'ERR_NO_EXTERNAL_BUFFERS',
  'ERR_OUTPUT_SHAPE',
  'ERR_OUT_OF_MEMORY',
  'ERR_PROVIDER_UNAVAILABLE',
  'ERR_QUEUE_FULL',
  'ERR_SESSION_FAILED',
  'ERR_SHAPE_MISMATCH',
  'ERR_THREAD_UNAVAILABLE',
  'ERR_TIMEOUT',
  'ERR_TYPE_MISMATCH',
  'ERR_UNKNOWN_INITIALIZER',
  'ERR_UNKNOWN_INPUT',
  'ERR_UNKNOWN_OPTION',
  'ERR_UNKNOWN_OUTPUT',
  'ERR_UNKNOWN_PROVIDER',
  'ERR_WEBGPU_NO_ADAPTER',
  'ERR_ORT_DEVICE_RESET',
  'ERR_ORT_ENGINE_ERROR',
  'ERR_ORT_EP_FAIL',
  'ERR_ORT_FAIL',
  'ERR_ORT_INVALID_ARGUMENT',
  'ERR_ORT_INVALID_GRAPH',
  'ERR_ORT_INVALID_PROTOBUF',
  'ERR_ORT_MODEL_LOADED',
  'ERR_ORT_MODEL_LOAD_CANCELED',
  'ERR_ORT_MODEL_REQUIRES_COMPILATION',
  'ERR_ORT_NOT_FOUND',
  'ERR_ORT_NOT_IMPLEMENTED',
  'ERR_ORT_NO_MODEL',
  'ERR_ORT_NO_SUCHFILE',
  'ERR_ORT_RUNTIME_EXCEPTION',
] as const)

/**
 * Code of an {@link OrtError}: one of {@link ORT_ERROR_CODES}, or for another error of the CUDA driver `ERR_CUDA_` and the
 * driver's name without its `CUDA_ERROR_`.
 */
export type OrtErrorCode = (typeof ORT_ERROR_CODES)[number] | `ERR_CUDA_${string}`

/** What an error reports beside its message. */
export interface OrtErrorDetails {
  /** What the call expects. */
  readonly expected?: string
  /** What it was given. */
  readonly given?: string
  /** What to do about it. */
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

/** The properties of this package's errors. */
export interface OrtErrorFields extends Omit<OrtErrorDetails, 'cause'> {
  readonly code: OrtErrorCode
}

/** Constructor of an error with a code, derived from one of JavaScript's error classes. */
export interface OrtErrorConstructor<E extends Error> {
  new (code: OrtErrorCode, message: string, details?: OrtErrorDetails): E & OrtErrorFields
  readonly prototype: E & OrtErrorFields
}

/** Of errors of every copy of the package: a process can have several, and the addon has one. */
const BRAND = Symbol.for('onnxruntime-iobinding.error')

/** `error.name` stays JavaScript's, as that of Node.js's own errors with a code. */
function define<E extends Error>(
  Base: new (message: string, options?: ErrorOptions) => E,
  name: string,
): OrtErrorConstructor<E> {
  class Coded extends (Base as new (message: string, options?: ErrorOptions) => Error) {
    constructor(
      readonly code: OrtErrorCode,
      message: string,
      details: OrtErrorDetails = {},
    ) {
      super(compose(message, details), 'cause' in details ? { cause: details.cause } : undefined)
      // An absent detail gets no property, because console.log() shows all properties.
      for (const key of ['expected', 'given', 'remedy'] as const)
        if (details[key] !== undefined) Object.assign(this, { [key]: details[key] })
    }
  }
  Object.defineProperty(Coded, 'name', { value: name })
  Object.defineProperty(Coded.prototype, BRAND, { value: true })
  return Coded as unknown as OrtErrorConstructor<E>
}

/**
 * An error of this package or of ONNX Runtime: `code` identifies it, `expected`, `given` and `remedy` explain it. Errors of
 * arguments are `TypeError`s and `RangeError`s as well, where onnxruntime-common throws these: every error of the package is an
 * `instanceof OrtError`.
 *
 * @example
 * try {
 *   await InferenceSession.create('missing.onnx')
 * } catch (error) {
 *   if (!(error instanceof OrtError)) throw error
 *   console.log(error.code, error.given, error.remedy) // 'ERR_ORT_NO_SUCHFILE', ...
 * }
 */
export const OrtError = define(Error, 'OrtError')
export type OrtError = InstanceType<typeof OrtError>

/**
 * An {@link OrtError} that is a `TypeError`.
 *
 * @example
 * try {
 *   OrtValue.allocate('float33' as 'float32', [2])
 * } catch (error) {
 *   console.log(error instanceof OrtTypeError, error instanceof OrtError, error instanceof TypeError) // true true true
 * }
 */
export const OrtTypeError = define(TypeError, 'OrtTypeError')
export type OrtTypeError = InstanceType<typeof OrtTypeError>

/**
 * An {@link OrtError} that is a `RangeError`.
 *
 * @example
 * try {
 *   OrtValue.allocate('float32', [-2])
 * } catch (error) {
 *   console.log(error instanceof OrtRangeError, error instanceof OrtError, error instanceof RangeError) // true true true
 * }
 */
export const OrtRangeError = define(RangeError, 'OrtRangeError')
export type OrtRangeError = InstanceType<typeof OrtRangeError>

const isInstance = Function.prototype[Symbol.hasInstance]

// A class has one base, so OrtError itself defines what its instances are. A subclass inherits this, and tests its own instances.
Object.defineProperty(OrtError, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this !== OrtError) return isInstance.call(this, value)
    return typeof value === 'object' && value !== null && BRAND in value
  },
})

/**
 * Whether a value is an error of this package: `error instanceof OrtError`.
 *
 * @example
 * await session.run({}).catch((error: unknown) => {
 *   console.log(isOrtError(error) && error.code) // 'ERR_MISSING_INPUT'
 * })
 */
export function isOrtError(error: unknown): error is Error & OrtErrorFields {
  return error instanceof OrtError
}

/** The error of an argument that is of another type. */
export function argumentTypeError(argument: string, expected: string, given: unknown): OrtTypeError {
  const details = { given: describe(given) }
  return new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' must be ${expected}`, details)
}

/** First line of an error's message. */
export function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0]!
}

const MOST_LISTED = 10
const LONGEST = 200

/** The first of the texts, and how many more there are: a model can have thousands of names. */
export function listed(texts: readonly string[]): string {
  const first = texts.slice(0, MOST_LISTED).join(', ')
  return texts.length > MOST_LISTED ? `${first} and ${texts.length - MOST_LISTED} more` : first
}

/** A short text for a value in an error's `given`. It throws for no value, whatever its getters and traps do. */
export function describe(value: unknown): string {
  try {
    if (!Array.isArray(value)) return describeOne(value)
    const more = value.length - MOST_LISTED
    const first = Array.from(value.slice(0, MOST_LISTED), describeOne).join(', ')
    return more > 0 ? `[${first}, and ${more} more]` : `[${first}]`
  } catch {
    return `an unreadable ${typeof value}`
  }
}

function describeOne(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string')
    return value.length > LONGEST
      ? `'${value.slice(0, LONGEST)}…' (${value.length} characters)`
      : `'${value}'`
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`
  if (Array.isArray(value)) return 'Array'
  if (typeof value === 'object') return String(value.constructor?.name ?? 'object')
  return String(value)
}
