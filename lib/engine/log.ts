import { env } from 'onnxruntime-common'

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
  readonly onLog?: (
    severity: number,
    category: string,
    logId: string,
    location: string,
    message: string,
  ) => void
}

/** The severity asked for, else onnxruntime-common's `env.logLevel`, else that of warnings. */
export function logSeverity(options: EngineOptions): number {
  return LOG_LEVELS.indexOf(options.logLevel ?? env.logLevel ?? 'warning')
}
