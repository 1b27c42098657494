import type { InferenceSession as Common } from 'onnxruntime-common'
import { copyOf } from './element-types'
import type { SessionSettings } from './engine'
import { describe, OrtError, OrtTypeError } from './errors'
import {
  checkBoolean,
  checkChoice,
  checkInteger,
  checkKnown,
  checkString,
  flatten,
  isRecord,
} from './options'
import { checkProviders } from './providers'

/** Options of `InferenceSession.create`: onnxruntime-common's, and this package's own. */
export interface SessionOptions extends Common.SessionOptions {
  /**
   * An asynchronous run that is expected to take less than this is done before `run` returns, since handing a short run
   * to another thread and back costs more than the run. Microseconds; default 50; 0 never does.
   *
   * Expected is what the runs before it, with the same shapes, have taken. A run that overstays has held the event loop
   * for that once; the next ones are then handed over, the more the oftener it happens.
   */
  readonly inlineRunBelowUs?: number
  /**
   * How long the session's run thread looks for the next run before it sleeps, which saves that run the wake-up and
   * costs that much of a core after each. Microseconds; default 50; 0 never spins.
   */
  readonly runThreadSpinUs?: number
}

export interface ResolvedSessionOptions {
  readonly settings: SessionSettings
  readonly executionProviders: readonly string[]
  readonly inlineRunBelowUs: number
  readonly runThreadSpinUs: number
}

const GRAPH_OPTIMIZATION = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 } as const
const EXECUTION_MODE = { sequential: 0, parallel: 1 } as const
const LOCATIONS = ['cpu', 'cpu-pinned']

const KNOWN = [
  'enableCpuMemArena',
  'enableGraphCapture',
  'enableMemPattern',
  'enableProfiling',
  'executionMode',
  'executionProviders',
  'externalData',
  'extra',
  'freeDimensionOverrides',
  'graphOptimizationLevel',
  'inlineRunBelowUs',
  'interOpNumThreads',
  'intraOpNumThreads',
  'logId',
  'logSeverityLevel',
  'logVerbosityLevel',
  'optimizedModelFilePath',
  'preferredOutputLocation',
  'profileFilePrefix',
  'runThreadSpinUs',
] as const

/** @throws OrtError, OrtTypeError, OrtRangeError naming the option */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  checkKnown(options, KNOWN, 'session option')
  const settings: SessionSettings = {}
  const put = <K extends keyof SessionSettings>(key: K, value: SessionSettings[K] | undefined) => {
    if (value !== undefined) settings[key] = value
  }
  put('intraOpNumThreads', checkInteger(options, 'intraOpNumThreads', 0, 0x7fffffff))
  put('interOpNumThreads', checkInteger(options, 'interOpNumThreads', 0, 0x7fffffff))
  put('graphOptimizationLevel', checkChoice(options, 'graphOptimizationLevel', GRAPH_OPTIMIZATION))
  put('executionMode', checkChoice(options, 'executionMode', EXECUTION_MODE))
  put('enableCpuMemArena', checkBoolean(options, 'enableCpuMemArena'))
  put('enableMemPattern', checkBoolean(options, 'enableMemPattern'))
  put('optimizedModelFilePath', checkString(options, 'optimizedModelFilePath'))
  put('logId', checkString(options, 'logId'))
  put('logSeverityLevel', checkInteger(options, 'logSeverityLevel', 0, 4))
  put('logVerbosityLevel', checkInteger(options, 'logVerbosityLevel', 0, 0x7fffffff))
  const prefix = checkString(options, 'profileFilePrefix')
  if (checkBoolean(options, 'enableProfiling')) settings.profileFilePrefix = prefix ?? 'onnxruntime_profile_'
  put('freeDimensionOverrides', freeDimensions(options))
  put('externalData', externalData(options))
  if (options.extra !== undefined) settings.config = flatten(options.extra, 'extra')
  checkOutputLocation(options)
  if (checkBoolean(options, 'enableGraphCapture')) {
    throw new OrtError('ERR_NOT_SUPPORTED', "'enableGraphCapture' needs a device that captures graphs", {
      remedy: 'The CPU has none: leave it out',
    })
  }
  const providers = checkProviders(options.executionProviders)
  if (providers.useArena === false) settings.enableCpuMemArena = false
  return {
    settings,
    executionProviders: providers.names,
    inlineRunBelowUs: checkInteger(options, 'inlineRunBelowUs', 0, 1e6) ?? 50,
    runThreadSpinUs: checkInteger(options, 'runThreadSpinUs', 0, 1e6) ?? 50,
  }
}

function freeDimensions(options: SessionOptions): Record<string, number> | undefined {
  const overrides = options.freeDimensionOverrides
  if (overrides === undefined) return undefined
  if (!isRecord(overrides)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'freeDimensionOverrides' must be an object", {
      expected: 'sizes by the names of symbolic dimensions',
      given: describe(overrides),
    })
  }
  const sizes: Record<string, number> = {}
  for (const name of Object.keys(overrides)) {
    const size = checkInteger(overrides, name, 0, Number.MAX_SAFE_INTEGER)
    if (size !== undefined) sizes[name] = size
  }
  return sizes
}

/** Files as bytes, or as paths that ONNX Runtime reads itself (beside the model). */
function externalData(options: SessionOptions): Record<string, Uint8Array> | undefined {
  const { externalData: files } = options
  if (files === undefined) return undefined
  const result: Record<string, Uint8Array> = {}
  if (!Array.isArray(files)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'externalData' must be an array", {
      given: describe(files),
    })
  }
  for (const file of files) {
    const data: unknown = isRecord(file) ? file.data : undefined
    if (!isRecord(file) || typeof file.path !== 'string' || !(data instanceof Uint8Array)) {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'externalData' has an invalid entry", {
        expected: '{ path: string, data: Uint8Array }',
        given: describe(file),
        remedy: 'Files beside a model that is created from a path need no entry',
      })
    }
    result[file.path] = copyOf(data) // ours: the caller may change it as soon as the call has returned
  }
  return result
}

function checkOutputLocation(options: SessionOptions): void {
  const preferred: unknown = options.preferredOutputLocation
  if (preferred === undefined) return
  for (const location of isRecord(preferred) ? Object.values(preferred) : [preferred]) {
    if (LOCATIONS.includes(location as string)) continue
    throw new OrtError('ERR_NOT_SUPPORTED', "'preferredOutputLocation' is not supported on the CPU", {
      expected: LOCATIONS.map((name) => `'${name}'`).join(' or '),
      given: describe(location),
    })
  }
}
