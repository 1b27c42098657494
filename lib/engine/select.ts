import { isDeepStrictEqual } from 'node:util'
import { env } from 'onnxruntime-common'
import { bare } from '../check'
import { describe, OrtError } from '../errors'
import type { Engine } from './engine'
import type { EngineOptions } from './log'
import { findNative, isRefused, loadAddon, type NativeFiles, openNative, preloadNative } from './native'

let selected: Engine | undefined
/** What onnxruntime-common's `env.logLevel` was when the engine was opened, or followed it last. */
let followed: typeof env.logLevel
/** What `initialize` opened it with. */
let opened: EngineOptions | undefined
/** Of all callers that come before the engine is open. */
let preloading: Promise<NativeFiles | undefined> | undefined

/**
 * The thread's engine, opened by the first caller: the addon where it loads, else onnxruntime-node, with a warning. The
 * environment variable `ONNXRUNTIME_IOBINDING_ENGINE` overrides the choice.
 */
export function engine(): Engine {
  return selected ?? open(bare({}))
}

function open(options: EngineOptions): Engine {
  followed = env.logLevel
  selected = select(options)
  return selected
}

/** A change of `env.logLevel` since the engine was opened is the level of the process's log. */
export function followLogLevel(engine: Engine): void {
  if (env.logLevel === followed) return
  followed = env.logLevel
  if (followed !== undefined) engine.setLogLevel(followed)
}

/** The same; opens the library without blocking the event loop. */
export async function engineAsync(): Promise<Engine> {
  if (selected === undefined && process.env.ONNXRUNTIME_IOBINDING_ENGINE !== 'onnxruntime-node') {
    preloading ??= preloadFiles().finally(() => {
      preloading = undefined
    })
    const files = await preloading
    selected ??= select(bare({}), files)
  }
  return engine()
}

async function preloadFiles(): Promise<NativeFiles | undefined> {
  const addon = loadAddon()
  if (addon instanceof Error) return undefined
  const files = findNative(addon)
  await preloadNative(files)
  return files
}

/**
 * A call with the options of the last one and another `onLog` makes that the receiver, as where a module is reloaded.
 *
 * @throws OrtError `ERR_ALREADY_INITIALIZED` if the thread's engine is open
 */
export function openEngine(options: EngineOptions): Engine {
  if (selected?.receiveLog !== undefined && opened !== undefined && isSame(opened, options)) {
    selected.receiveLog(options.onLog)
    return selected
  }
  if (selected !== undefined) {
    throw new OrtError('ERR_ALREADY_INITIALIZED', 'the engine is already open', {
      remedy: 'Call initialize() once, before the first session or OrtValue',
    })
  }
  const engine = open(options)
  opened = options
  return engine
}

/** Whether both have a receiver, and are equal apart from it. */
function isSame(one: EngineOptions, other: EngineOptions): boolean {
  if (one.onLog === undefined || other.onLog === undefined) return false
  return isDeepStrictEqual({ ...one, onLog: undefined }, { ...other, onLog: undefined })
}

/** @param files what was found already */
function select(options: EngineOptions, files?: NativeFiles): Engine {
  const wanted = process.env.ONNXRUNTIME_IOBINDING_ENGINE
  if (wanted === 'onnxruntime-node') return openFallback(options)
  if (wanted !== undefined && wanted !== '' && wanted !== 'native') {
    throw new OrtError('ERR_INVALID_ARG_VALUE', 'ONNXRUNTIME_IOBINDING_ENGINE is not the name of an engine', {
      expected: "'native' or 'onnxruntime-node'",
      given: describe(wanted),
    })
  }
  if (files !== undefined) return openNative(files, options)
  const addon = loadAddon()
  if (!(addon instanceof Error)) return openNative(findNative(addon, options.libraryPath), options)
  if (wanted === 'native' || addon.code === 'ERR_OUT_OF_MEMORY' || isRefused(addon)) throw addon
  return openWithoutAddon(addon, options)
}

function openWithoutAddon(addonError: OrtError, options: EngineOptions): Engine {
  try {
    const fallback = openFallback(options)
    process.emitWarning(`${addonError.message}\nRunning on onnxruntime-node instead.`, {
      type: 'OnnxRuntimeIoBindingWarning',
      code: 'ERR_ADDON_NOT_LOADED',
    })
    return fallback
  } catch (cause) {
    if ((cause as OrtError).code !== 'ERR_LIBRARY_NOT_FOUND') throw cause
    throw new OrtError('ERR_LIBRARY_NOT_FOUND', `${addonError.message}\n${(cause as OrtError).message}`, {
      remedy: 'Install onnxruntime-node, which both engines need',
      cause,
    })
  }
}

function openFallback(options: EngineOptions): Engine {
  const { openOnnxruntimeNode } =
    require('./onnxruntime-node/engine') as typeof import('./onnxruntime-node/engine')
  return openOnnxruntimeNode(options)
}
