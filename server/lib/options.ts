import { OrtError, OrtRangeError, OrtTypeError, type SessionOptions } from 'onnxruntime-iobinding'
import type { Observer } from './observer.js'
import { MOST_MS } from './parameters.js'
import { shown } from './printable.js'

export interface ServerOptions {
  /** Folders of Triton's layout `<name>/<version>/model.onnx`, or with `modelName` one with a `model.onnx`. */
  readonly modelRepository: string | readonly string[]
  readonly modelName?: string
  /** Default 127.0.0.1. */
  readonly httpAddress?: string
  /** Default 8000; 0: any that is free. */
  readonly httpPort?: number
  /** The address of gRPC. Default 127.0.0.1. */
  readonly grpcAddress?: string
  /** Default 8001; 0: any that is free. */
  readonly grpcPort?: number
  /** Milliseconds after which the server asks a gRPC client whether it is still there. Default 60000. */
  readonly grpcKeepaliveTimeMs?: number
  /** Milliseconds in which the client has to answer; its connection is closed otherwise, and its runs end. Default 20000. */
  readonly grpcKeepaliveTimeoutMs?: number
  /** Milliseconds after which gRPC clients are asked to connect again. Default: never. */
  readonly grpcMaxConnectionAgeMs?: number
  /** Milliseconds that the calls in flight have then, before the connection is closed. Default: `grpcMaxConnectionAgeMs`. */
  readonly grpcMaxConnectionAgeGraceMs?: number
  /** The address of Prometheus metrics. Default 127.0.0.1. */
  readonly metricsAddress?: string
  /** Default 8002; 0: any that is free. */
  readonly metricsPort?: number
  /** The most bytes of a body, also when it is inflated. Default 64 MiB. */
  readonly bodyLimit?: number
  /** The most requests of a model that wait or run; a further one gets 503. Default 1024. */
  readonly maxQueueSize?: number
  /** How long `close` serves after readiness is off: longer than a balancer's probe. Default 0. */
  readonly drainMs?: number
  /** How long `close` then waits for the requests in flight. Default 30000. */
  readonly exitTimeoutMs?: number
  /**
   * Is called when a request of a model begins, and what it returns when the request ends: for the spans of OpenTelemetry.
   * An exception is reported once as a warning.
   */
  readonly observe?: Observer
  /** Options of the models' sessions. */
  readonly session?: SessionOptions
}

/** Returns a value, or throws an error with a code. @param name of the option, as its user has written it */
type Check<T> = (value: unknown, name: string) => T

/** Whole numbers alone: a timer takes NaN and what is beyond 2^31 for 1 ms, and a limit takes NaN for none. */
export const integer =
  (least: number, most: number, remedy?: string): Check<number> =>
  (value, name) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    const details = {
      expected: `an integer from ${least} to ${most}`,
      given: shown(value),
      remedy: remedy ?? 'Omit it for the default',
    }
    if (typeof value === 'number')
      throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is out of range`, details)
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${name}' is not a number`, details)
  }

const text =
  (expected: string): Check<string> =>
  (value, name) => {
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value
    const details = { expected, given: typeof value === 'string' ? shown(value) : typeof value }
    if (typeof value !== 'string')
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${name}' is not a string`, details)
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, details)
  }

const instance =
  <T>(type: 'function' | 'object'): Check<T> =>
  (value, name) => {
    if (typeof value === type) return value as T
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `invalid '${name}'`, {
      expected: type,
      given: typeof value,
    })
  }

const oneOrMore =
  <T>(check: Check<T>, expected: string): Check<T | readonly T[]> =>
  (value, name) => {
    if (!Array.isArray(value)) return check(value, name)
    if (value.length > 0) return value.map((one) => check(one, name))
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is empty`, { expected, given: '[]' })
  }

const address = text('an address, such as 127.0.0.1 or 0.0.0.0')
const port = integer(0, 65_535, '0 is any port that is free')
const milliseconds = (least: number) => integer(least, MOST_MS)

/** A connection's age differs from the option by up to a tenth, so that not all end at once: it has to fit a timer too. */
const MOST_AGE_MS = Math.floor(MOST_MS / 1.1)

/** What each option has to be. */
export const CHECKS = {
  modelRepository: oneOrMore(text('the path of a folder'), 'the path of a folder, or several'),
  modelName: text('the name of a model'),
  httpAddress: address,
  httpPort: port,
  grpcAddress: address,
  grpcPort: port,
  grpcKeepaliveTimeMs: milliseconds(1),
  grpcKeepaliveTimeoutMs: milliseconds(1),
  grpcMaxConnectionAgeMs: integer(1, MOST_AGE_MS),
  grpcMaxConnectionAgeGraceMs: milliseconds(1),
  metricsAddress: address,
  metricsPort: port,
  // Messages of gRPC have no more.
  bodyLimit: integer(1, 2 ** 31 - 1),
  maxQueueSize: integer(1, 2 ** 24),
  drainMs: milliseconds(0),
  exitTimeoutMs: milliseconds(0),
  observe: instance<Observer>('function'),
  session: instance<SessionOptions>('object'),
} satisfies { [K in keyof ServerOptions]-?: Check<NonNullable<ServerOptions[K]>> }

/** The options that are given, checked. @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError naming the option */
export function checkOptions(options: unknown): ServerOptions {
  const given = instance<Record<string, unknown>>('object')(options ?? undefined, 'options')
  const known: readonly string[] = Object.keys(CHECKS)
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new OrtError('ERR_UNKNOWN_OPTION', `unknown option of createServer ${shown(name)}`, {
        expected: `one of ${known.join(', ')}`,
      })
  const checked: Record<string, unknown> = {}
  for (const [name, check] of Object.entries<Check<unknown>>(CHECKS)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (name === 'modelRepository' || (value !== undefined && value !== null))
      checked[name] = check(value, name)
  }
  refuseSeveralFlat(checked as unknown as ServerOptions)
  return checked as unknown as ServerOptions
}

/** The flat layout has one model, and one name. */
function refuseSeveralFlat({ modelName, modelRepository }: ServerOptions): void {
  if (modelName === undefined || !Array.isArray(modelRepository) || modelRepository.length === 1) return
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', "'modelName' (--model-name) needs one folder", {
    expected: 'one model repository',
    given: String(modelRepository.length),
    remedy: "Omit it, and give folders in Triton's layout",
  })
}
