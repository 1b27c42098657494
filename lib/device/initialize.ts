import { bare, boolean, type Check, checkOptions, choice, string } from '../check'
import type { EngineName } from '../engine/engine'
import { type EngineOptions, LOG_LEVELS, type LogLevel, type LogRecord } from '../engine/log'
import { engine, openEngine } from '../engine/select'
import { argumentTypeError } from '../errors'

/** Options of {@link initialize}. */
export interface InitializeOptions {
  /** ONNX Runtime's shared library. Default: `ORT_DYLIB_PATH`, then the library of an installed onnxruntime-node. */
  readonly libraryPath?: string
  /** The lowest severity that is logged. Default: `env.logLevel` of onnxruntime-common, then `'warning'`. */
  readonly logLevel?: LogLevel
  /** Leaves ONNX Runtime's telemetry on. Default: false. A value of `ORT_DISABLE_TELEMETRY` stays as it is. */
  readonly telemetry?: boolean
  /** Receives messages in place of stderr, asynchronously and from all threads. Not on the onnxruntime-node engine. */
  readonly onLog?: (record: LogRecord) => void
}

/** What {@link initialize} opened. */
export interface Initialized {
  readonly engine: EngineName
  /** Version of ONNX Runtime, such as `1.30.0`. */
  readonly version: string
  /** Path of ONNX Runtime's library. */
  readonly libraryPath: string
  /** The execution providers that the library was built with, by ONNX Runtime's names. */
  readonly availableProviders: readonly string[]
}

const OPTIONS = {
  libraryPath: string,
  logLevel: choice(Object.fromEntries(LOG_LEVELS.map((level) => [level, level]))),
  telemetry: boolean,
  onLog: ((value, name) => {
    if (typeof value === 'function') return value as (record: LogRecord) => void
    throw argumentTypeError(name, 'a function', value)
  }) satisfies Check<unknown>,
}

/**
 * Opens ONNX Runtime with other options than the defaults. Optional; at most once per thread, before its first session or
 * OrtValue. The library and the log belong to the process: the first thread that sets one of them determines it.
 *
 * @throws OrtError `ERR_ALREADY_INITIALIZED`, `ERR_LIBRARY_NOT_FOUND`, `ERR_LIBRARY_VERSION`, `ERR_LIBRARY_INVALID`,
 *   `ERR_LIBRARY_CONFLICT`, each with the paths that were tried
 * @example
 * initialize({ logLevel: 'error', onLog: ({ level, message }) => console.error(level, message) })
 */
export function initialize(options: InitializeOptions = {}): Initialized {
  const { onLog, ...rest } = checkOptions(options, OPTIONS, 'option of initialize')
  openEngine(bare({ ...rest, ...(onLog !== undefined && { onLog: logReceiver(onLog) }) }))
  return initialized()
}

/**
 * What is open. Opens ONNX Runtime with the defaults if the thread has not opened it.
 *
 * @throws OrtError the codes of {@link initialize}
 * @example
 * console.log(initialized().version) // such as '1.30.0'
 */
export function initialized(): Initialized {
  const { name, library, availableProviders } = engine()
  return {
    engine: name,
    version: library.version,
    libraryPath: library.path,
    availableProviders: availableProviders(),
  }
}

function logReceiver(onLog: (record: LogRecord) => void): NonNullable<EngineOptions['onLog']> {
  return (severity, category, logId, location, message) =>
    onLog({ level: LOG_LEVELS[severity] ?? 'fatal', category, logId, location, message })
}
