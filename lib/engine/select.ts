import { env } from 'onnxruntime-common'
import { describe, OrtError } from '../errors'
import type { Engine } from './engine'

let selected: Engine | undefined

/** ONNX Runtime's log levels, the least severe first: a level's number is its place. */
export const LOG_LEVELS = ['verbose', 'info', 'warning', 'error', 'fatal'] as const

/** What the engine is opened with; see `initialize`. */
export interface EngineOptions {
  readonly libraryPath?: string
  readonly logLevel?: (typeof LOG_LEVELS)[number]
  readonly onLog?: (
    severity: number,
    category: string,
    logId: string,
    location: string,
    message: string,
  ) => void
}

/**
 * The process's engine, opened by the first who asks. The addon wherever it loads; onnxruntime-node, with a warning,
 * where it does not. `ONNXRUNTIME_IOBINDING_ENGINE` decides where it is set.
 */
export function engine(): Engine {
  selected ??= select({})
  return selected
}

/** The same, without holding the event loop while the library is opened. */
export async function engineAsync(): Promise<Engine> {
  if (selected === undefined && process.env.ONNXRUNTIME_IOBINDING_ENGINE !== 'onnxruntime-node') {
    const { preloadNative } = require('./native') as typeof import('./native')
    await preloadNative()
  }
  return engine()
}

/** @throws OrtError `ERR_ALREADY_INITIALIZED` where the engine is open */
export function openEngine(options: EngineOptions): Engine {
  if (selected !== undefined) {
    throw new OrtError('ERR_ALREADY_INITIALIZED', 'the engine is open already', {
      remedy: 'Call initialize() once, before the first session or OrtValue',
    })
  }
  selected = select(options)
  return selected
}

function select(options: EngineOptions): Engine {
  const wanted = process.env.ONNXRUNTIME_IOBINDING_ENGINE
  if (wanted === undefined || wanted === '' || wanted === 'native') {
    const { loadAddon, openNative } = require('./native') as typeof import('./native')
    const addon = loadAddon()
    if (!(addon instanceof Error)) return openNative(addon, options)
    if (wanted === 'native') throw addon
    let fallback: Engine
    try {
      fallback = openFallback(options)
    } catch (cause) {
      if ((cause as OrtError).code !== 'ERR_LIBRARY_NOT_FOUND') throw cause
      throw new OrtError('ERR_LIBRARY_NOT_FOUND', `${addon.message}\n${(cause as OrtError).message}`, {
        remedy: 'Install onnxruntime-node, which either needs',
        cause,
      })
    }
    process.emitWarning(`${addon.message}\nRunning on onnxruntime-node instead.`, {
      type: 'OnnxRuntimeIoBindingWarning',
      code: 'ERR_ADDON_NOT_LOADED',
    })
    return fallback
  }
  if (wanted === 'onnxruntime-node') return openFallback(options)
  throw new OrtError('ERR_INVALID_ARG_VALUE', 'ONNXRUNTIME_IOBINDING_ENGINE names no engine', {
    expected: "'native' or 'onnxruntime-node'",
    given: describe(wanted),
  })
}

/** As asked for, then onnxruntime-common's `env.logLevel`, then warnings. */
export function logSeverity(options: EngineOptions): number {
  return LOG_LEVELS.indexOf(options.logLevel ?? env.logLevel ?? 'warning')
}

function openFallback(options: EngineOptions): Engine {
  const { openOnnxruntimeNode } =
    require('./onnxruntime-node/engine') as typeof import('./onnxruntime-node/engine')
  return openOnnxruntimeNode(options)
}
