import { env } from 'onnxruntime-common'
import type { Check } from '../check'
import { argumentTypeError } from '../errors'

/** ONNX Runtime's log levels; the index of a level is its `OrtLoggingLevel`. */
export const LOG_LEVELS = ['verbose', 'info', 'warning', 'error', 'fatal'] as const

/** Severity of a message in ONNX Runtime's log. */
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

/** What an engine is opened with; see `initialize`. */
export interface EngineOptions {
  readonly libraryPath?: string
  readonly logLevel?: LogLevel
  readonly telemetry?: boolean
  /** Threads that sessions share. */
  readonly threadPool?: {
    readonly intraOpNumThreads?: number
    readonly interOpNumThreads?: number
    readonly allowSpinning?: boolean
    readonly affinities?: string
  }
  /** Of an arena that sessions share: ONNX Runtime's keys. */
  readonly arena?: Readonly<Record<string, number>>
  readonly onLog?: (
    severity: number,
    category: string,
    logId: string,
    location: string,
    message: string,
  ) => void
}

/** The option `onLog`, in the engine's form. */
export const receiver: Check<NonNullable<EngineOptions['onLog']>> = (onLog, name) => {
  if (typeof onLog !== 'function') throw argumentTypeError(name, 'a function', onLog)
  return (severity, category, logId, location, message) =>
    onLog({ level: LOG_LEVELS[severity] ?? 'fatal', category, logId, location, message } satisfies LogRecord)
}

const RECEIVER = Symbol.for('onnxruntime-iobinding.onLog')

/**
 * Makes `onLog` the receiver that the addon's log goes to. The addon keeps it, because copies of this package in one thread
 * share the addon: Jest makes one for each test file, a reload for each change. The newest receiver takes over.
 */
export function receiveLog(addon: object, onLog: EngineOptions['onLog']): void {
  Object.assign(addon, { [RECEIVER]: onLog })
}

const received = (addon: object) => (addon as { [RECEIVER]?: EngineOptions['onLog'] })[RECEIVER]

/** Whether a copy of this package in this thread receives the process's log. */
export const isReceiving = (addon: object): boolean => received(addon) !== undefined

/** What the addon calls: the newest receiver. */
export function relayTo(addon: object): NonNullable<EngineOptions['onLog']> {
  return (...record) => received(addon)?.(...record)
}

/** The severity asked for, else onnxruntime-common's `env.logLevel`, else that of warnings. */
export function logSeverity(options: EngineOptions): number {
  return LOG_LEVELS.indexOf(options.logLevel ?? env.logLevel ?? 'warning')
}
