import type { InferenceSession as Common } from 'onnxruntime-common'
import { checkBoolean, checkChoice, checkInteger, checkKnown, checkString, flatten, isRecord } from '../check'
import { type ExecutionProvider, type Providers, resolveProviders } from '../device/providers'
import type { SessionSettings } from '../engine/engine'
import { describe, OrtError, OrtTypeError } from '../errors'
import { copyTypedArray } from '../model/element-types'
import { checkLocations, type PreferredLocation, wantsDevice } from './output-locations'

/** Options of `InferenceSession.create`: onnxruntime-common's, and this package's own. */
export interface SessionOptions extends Common.SessionOptions {
  /**
   * Where the session may run, the first choice first: the first provider that can be had runs it. One before it that
   * cannot (no driver, no library, no GPU) is left out with a warning of the process; at the end of the list its error is
   * thrown. So `['cuda']` runs on CUDA or not at all, `['cuda', 'cpu']` on the CPU at worst.
   *
   * A list that goes on with `'cpu'` after a device also lets nodes run on the CPU: those that the device has no kernel
   * for, and computations on shapes. Without it a model that has such nodes is refused. Default `['cpu']`.
   */
  readonly executionProviders?: readonly ExecutionProvider[]
  /**
   * Lets bindings capture the device's work of a run and replay it: a graph of CUDA's, or WebGPU's commands. Needs a device
   * in `executionProviders`; should the list go on to the CPU, its warning says that there are no graphs. Default false.
   */
  readonly enableGraphCapture?: boolean
  /**
   * Has ONNX Runtime keep which execution provider each node was assigned to, for `session.graphAssignment()`. It costs the
   * load some time, and memory for the names as long as the session lives. Not on the onnxruntime-node engine. Default false.
   */
  readonly recordGraphAssignment?: boolean
  /**
   * Where the results of `session.run` are: `'cpu'`, `'cpu-pinned'` (host memory that CUDA copies fast; other providers
   * take it for `'cpu'`), `'gpu-buffer'` (left on the session's device), or an object of these by output name. Default
   * `'cpu'`.
   */
  readonly preferredOutputLocation?: NonNullable<Common.SessionOptions['preferredOutputLocation']>
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
  /** Without what the provider says. */
  readonly settings: SessionSettings
  readonly providers: Providers
  readonly preferredLocation: PreferredLocation | undefined
  readonly inlineRunBelowUs: number
  readonly runThreadSpinUs: number
}

const GRAPH_OPTIMIZATION = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 } as const
const EXECUTION_MODE = { sequential: 0, parallel: 1 } as const

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
  'recordGraphAssignment',
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
  put('enableGraphCapture', checkBoolean(options, 'enableGraphCapture') || undefined)
  put('recordGraphAssignment', checkBoolean(options, 'recordGraphAssignment') || undefined)
  const preferredLocation = checkLocations(options.preferredOutputLocation)
  const providers = resolveProviders(options.executionProviders)
  if (providers.useArena === false) settings.enableCpuMemArena = false
  if (providers.choices.every(({ name }) => name === 'cpu')) {
    if (settings.enableGraphCapture) throw needsDevice("'enableGraphCapture'")
    if (wantsDevice(preferredLocation)) throw needsDevice("'preferredOutputLocation': 'gpu-buffer'")
  }
  return {
    settings,
    providers,
    preferredLocation,
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
    result[file.path] = copyTypedArray(data) // ours: the caller may change it as soon as the call has returned
  }
  return result
}

/** The error of an option that only a device has. */
export function needsDevice(what: string): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', `${what} needs a device, and the session runs on the CPU`, {
    remedy: 'Leave it out, or see that a device of executionProviders can be had',
  })
}
