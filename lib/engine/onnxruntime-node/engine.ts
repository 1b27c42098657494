import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import type { Engine } from '../engine'
import { type OnnxruntimeNode, resolveOnnxruntimeNode } from '../library'
import { type EngineOptions, LOG_LEVELS, logSeverity } from '../log'
import { NodeBinding } from './binding'
import { INSTALL_ADDON, notSupported } from './convert'
import { NodeRunOptions } from './run-options'
import { NodeSession } from './session'
import { HeapValue } from './value'

/**
 * The fallback engine: the same classes over onnxruntime-node. Its `run` blocks the event loop while the model runs. It
 * cannot run synchronously or cancel, and has onnxruntime-common's element types only: calls for more fail with
 * `ERR_NOT_SUPPORTED`.
 */
export function openOnnxruntimeNode(options: EngineOptions): Engine {
  if (options.libraryPath !== undefined)
    throw notSupported("'libraryPath'", 'Omit it: onnxruntime-node loads its own library')
  if (options.threadPool !== undefined) throw notSupported("'threadPool'", INSTALL_ADDON)
  if (options.arena !== undefined) throw notSupported("'arena'", INSTALL_ADDON)
  if (options.onLog !== undefined) throw notSupported("'onLog'", 'Omit it: onnxruntime-node logs to stderr')
  // Read when the library is opened. A worker's own copy of the environment does not reach it.
  if (!options.telemetry) process.env.ORT_DISABLE_TELEMETRY ||= '1'
  const { ort, installed } = requireOnnxruntimeNode()
  ort.env.logLevel = LOG_LEVELS[logSeverity(options)]!
  // On stderr, as onnxruntime-node's own messages.
  const log: Engine['log'] = (level, message) => {
    if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(ort.env.logLevel ?? 'warning'))
      console.error(`[onnxruntime-iobinding] ${message}`)
  }
  return {
    name: 'onnxruntime-node',
    library: {
      version: installed.version,
      path: createRequire(installed.path).resolve(dirname(installed.path)),
    },
    // All memory is V8's own.
    supports: {
      runSync: false,
      cancel: false,
      devices: false,
      overridableInitializers: false,
      sharedArena: false,
      externalBuffers: true,
    },
    Session: class extends NodeSession {
      constructor() {
        super(ort, log)
      }
    },
    Binding: NodeBinding as unknown as Engine['Binding'],
    RunOptions: NodeRunOptions,
    SharedWeights: class {
      constructor() {
        throw notSupported('SharedWeights', INSTALL_ADDON)
      }
    },
    Value: HeapValue as unknown as Engine['Value'],
    log,
    setLogLevel: (level) => {
      ort.env.logLevel = level
    },
    buildInfo: () => {
      throw notSupported('buildInfo', INSTALL_ADDON)
    },
    memoryStats: () => undefined,
    availableProviders: () => ['CPUExecutionProvider'],
    deviceMemory: noDevices,
    registerExecutionProviderLibrary: noDevices,
    unregisterExecutionProviderLibrary: noDevices,
    epDevices: noDevices,
    openSharedMemory: noDevices,
    shareMemory: noDevices,
    modelCompatibility: noDevices,
  }
}

function noDevices(): never {
  throw notSupported('devices', INSTALL_ADDON)
}

/** The installed onnxruntime-node, loaded. */
export function requireOnnxruntimeNode(): { ort: typeof Ort; installed: OnnxruntimeNode } {
  const tried: string[] = []
  const installed = resolveOnnxruntimeNode(tried)
  if (installed === undefined) throw notLoaded(tried)
  try {
    // By its path: a bundle may contain this file.
    return { ort: createRequire(installed.path)(dirname(installed.path)) as typeof Ort, installed }
  } catch (cause) {
    throw notLoaded([...tried, `${installed.path}: ${(cause as Error).message.split('\n')[0]}`], cause)
  }
}

function notLoaded(tried: readonly string[], cause?: unknown): OrtError {
  return new OrtError(
    'ERR_LIBRARY_NOT_FOUND',
    `onnxruntime-node could not be loaded:\n  ${tried.join('\n  ')}`,
    {
      remedy: 'Install onnxruntime-node beside this package or the main script',
      ...(cause !== undefined && { cause }),
    },
  )
}
