import { checkChoice, checkKnown, checkString } from '../check'
import { type EngineOptions, LOG_LEVELS } from '../engine/log'
import { engine, openEngine } from '../engine/select'
import { describe, OrtTypeError } from '../errors'

/** How severe a message of ONNX Runtime's log is. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A message of ONNX Runtime's log. */
export interface LogRecord {
  readonly level: LogLevel
  readonly category: string
  readonly logId: string
  /** File, line and function in ONNX Runtime's source. */
  readonly location: string
  readonly message: string
}

/** Options of {@link initialize}. All of them hold for the whole process. */
export interface InitializeOptions {
  /** ONNX Runtime's shared library. Default: `ORT_DYLIB_PATH`, then the library of the onnxruntime-node at hand. */
  readonly libraryPath?: string
  /** The least severe messages that are logged. Default: `env.logLevel` of onnxruntime-common, then `'warning'`. */
  readonly logLevel?: LogLevel
  /** Receives the messages instead of stderr; from any thread, shortly after. Not on the onnxruntime-node engine. */
  readonly onLog?: (record: LogRecord) => void
}

/** What {@link initialize} opened. */
export interface Initialized {
  readonly engine: 'native' | 'onnxruntime-node'
  /** ONNX Runtime's version, such as `1.30.0`. */
  readonly version: string
  /** Path of ONNX Runtime's library. */
  readonly libraryPath: string
  /** ONNX Runtime's own names of the execution providers its library was built with. */
  readonly availableProviders: readonly string[]
}

const SEVERITIES = Object.fromEntries(LOG_LEVELS.map((level, severity) => [level, severity]))

/**
 * Opens ONNX Runtime with other than the defaults. Optional; once a thread, before its first session or OrtValue. The
 * log and the library are the process's: the first thread that opens them decides.
 *
 * @throws OrtError `ERR_ALREADY_INITIALIZED`, `ERR_LIBRARY_NOT_FOUND`, `ERR_LIBRARY_VERSION`, `ERR_LIBRARY_INVALID`,
 *   `ERR_LIBRARY_CONFLICT`, each with the paths that were tried
 */
export function initialize(options: InitializeOptions = {}): Initialized {
  checkKnown(options, ['libraryPath', 'logLevel', 'onLog'], 'option of initialize')
  const libraryPath = checkString(options, 'libraryPath')
  checkChoice(options, 'logLevel', SEVERITIES)
  openEngine({
    ...(libraryPath !== undefined ? { libraryPath } : {}),
    ...(options.logLevel !== undefined ? { logLevel: options.logLevel } : {}),
    ...logReceiver(options.onLog),
  })
  return initialized()
}

/** What is open; opens it with the defaults where nothing is. */
export function initialized(): Initialized {
  const { name, library, availableProviders } = engine()
  return {
    engine: name,
    version: library.version,
    libraryPath: library.path,
    availableProviders: availableProviders(),
  }
}

function logReceiver(onLog: unknown): Pick<EngineOptions, 'onLog'> {
  if (onLog === undefined) return {}
  if (typeof onLog !== 'function') {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'onLog' must be a function", { given: describe(onLog) })
  }
  return {
    onLog: (severity, category, logId, location, message) => {
      onLog({
        level: LOG_LEVELS[severity] ?? 'fatal',
        category,
        logId,
        location,
        message,
      } satisfies LogRecord)
    },
  }
}
