import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import type { Engine } from '../engine'
import { installedOnnxruntimeNodes } from '../library'
import { type EngineOptions, LOG_LEVELS, logSeverity } from '../log'
import { NodeBinding } from './binding'
import { INSTALL_ADDON, notSupported } from './convert'
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
  if (options.onLog !== undefined) throw notSupported("'onLog'", 'Omit it: onnxruntime-node logs to stderr')
  const require = requireOnnxruntimeNode()
  const ort = require('onnxruntime-node') as typeof Ort
  ort.env.logLevel = LOG_LEVELS[logSeverity(options)]!
  return {
    name: 'onnxruntime-node',
    library: {
      version: (require('onnxruntime-node/package.json') as { version: string }).version,
      path: require.resolve('onnxruntime-node'),
    },
    // All memory is V8's own.
    supports: { runSync: false, cancel: false, devices: false, externalBuffers: true },
    Session: class extends NodeSession {
      constructor() {
        super(ort)
      }
    },
    Binding: NodeBinding as unknown as Engine['Binding'],
    Value: HeapValue as unknown as Engine['Value'],
    availableProviders: () => ['CPUExecutionProvider'],
    deviceMemory: () => {
      throw notSupported('devices', INSTALL_ADDON)
    },
  }
}

/** `require` of the first installed onnxruntime-node that loads. */
export function requireOnnxruntimeNode(): NodeJS.Require {
  const causes: string[] = []
  for (const { path, require } of installedOnnxruntimeNodes(causes)) {
    try {
      require('onnxruntime-node')
      return require
    } catch (error) {
      causes.push(`${path}: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  throw new OrtError(
    'ERR_LIBRARY_NOT_FOUND',
    `onnxruntime-node could not be loaded:\n  ${causes.join('\n  ')}`,
    { remedy: 'Install onnxruntime-node' },
  )
}
