import { types } from 'node:util'
import type { InferenceSession as Common } from 'onnxruntime-common'
import {
  array,
  bare,
  boolean,
  type Check,
  checkOptions,
  choice,
  configEntries,
  INT_MAX,
  integer,
  isRecord,
  string,
} from '../check'
import type { SessionDevice } from '../device/device'
import { type ExecutionProvider, type Providers, resolveProviders } from '../device/providers'
import { type SessionSettings, ValueKind } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'
import { elementTypeName } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { refuseRunKeys } from './config-keys'
import { profilePrefix } from './profile'

/** Options of `InferenceSession.create`: onnxruntime-common's, and those of this package. */
export interface SessionOptions extends Common.SessionOptions {
  /**
   * The execution providers in order of preference: the first one that is available runs the session. A provider before it is
   * skipped with a process warning; if none is available, the error of the last is thrown. So `['cuda']` runs on CUDA or fails,
   * `['cuda', 'cpu']` falls back to the CPU.
   *
   * `'cpu'` after a device also lets single nodes run on the CPU: those that the device has no kernel for, and computations on
   * shapes. Without it a model with such nodes is refused. Default `['cpu']`.
   */
  readonly executionProviders?: readonly ExecutionProvider[]
  /**
   * Lets ONNX Runtime select the providers, of those that `getEpDevices()` lists, in place of `executionProviders`: by the kind of
   * hardware, or by speed or power. `session.executionProviders` reports them. Only providers whose values are in host memory.
   */
  readonly providerSelectionPolicy?: ProviderSelectionPolicy
  /**
   * Lets bindings capture the device's work of a run and replay it: a CUDA graph, or WebGPU's commands. Needs a device in
   * `executionProviders`; if the session falls back to the CPU, the warning says that it captures no graphs. Default false.
   */
  readonly enableGraphCapture?: boolean
  /**
   * Records which execution provider each node is assigned to, for `session.graphAssignment()`. It takes time while the model
   * loads, and memory for the names as long as the session exists. Not on the onnxruntime-node engine. Default false.
   */
  readonly recordGraphAssignment?: boolean
  /**
   * Where the results of `session.run` are: `'cpu'`, `'cpu-pinned'` (host memory that CUDA copies fast; the same as `'cpu'` for
   * other providers), `'gpu-buffer'` (left on the session's device), or an object of these by output name. Default `'cpu'`.
   */
  readonly preferredOutputLocation?: NonNullable<Common.SessionOptions['preferredOutputLocation']>
  /**
   * Whether `session.run` ignores feeds that are not inputs of the model, as onnxruntime-node does. Default false: they are
   * refused (`ERR_UNKNOWN_INPUT`), because a misspelled name would otherwise remain unnoticed.
   */
  readonly ignoreUnknownFeeds?: boolean
  /**
   * An asynchronous run that is expected to take less than this many microseconds runs before `run` returns: handing a short
   * run to another thread and back takes longer than the run. Default 50; 0 never runs inline.
   *
   * The expectation comes from previous runs with the same shapes. Runs that take longer block the event loop twice at most; the
   * next ones then use the thread, for longer the more often this happens.
   */
  readonly inlineRunBelowUs?: number
  /**
   * How many bytes of memory the session keeps for `session.run` on the CPU. From the second call with the same names, types and
   * shapes on, a call whose Tensors take at most 4 MiB runs in that memory, and makes nothing but its results. Default 64 MiB;
   * 0 keeps none.
   */
  readonly maxRunPlanBytes?: number
  /**
   * How many microseconds the session's run thread polls for the next run before it sleeps: that run saves the time to wake the
   * thread, at the cost of CPU time after each run. Default 50; 0 never polls.
   */
  readonly runThreadSpinUs?: number
  /**
   * Cancels the load, between two of ONNX Runtime's steps: the promise rejects with the signal's reason. Not on the
   * onnxruntime-node engine.
   */
  readonly signal?: AbortSignal
  /**
   * Takes over the ArrayBuffers of a model given as bytes, and of `externalData`, in place of a copy: the call detaches them
   * whole, also where the bytes are a part, and also if the load fails. Refused (`ERR_NOT_SUPPORTED`) for a
   * SharedArrayBuffer, WebAssembly memory, and Node.js's pool of small Buffers. Default false.
   */
  readonly transfer?: boolean
}

/** ONNX Runtime's policies to select execution providers: its `OrtExecutionProviderDevicePolicy`. */
export type ProviderSelectionPolicy = keyof typeof POLICIES

/** Memory of `session.run`'s results, by onnxruntime-common's names. */
export type OutputLocation = 'cpu' | 'cpu-pinned' | 'gpu-buffer'

/** For all outputs, or by output name. */
export type PreferredLocation = OutputLocation | Readonly<Record<string, OutputLocation>>

/** A session option: its check, and the setting of the session that it fills, or its default. */
type SessionOption =
  | {
      [S in keyof SessionSettings]-?: { readonly check: Check<SessionSettings[S]>; readonly setting: S }
    }[keyof SessionSettings]
  | { readonly check: Check<unknown>; readonly default?: unknown }

const GRAPH_OPTIMIZATION = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 } as const
const EXECUTION_MODE = { sequential: 0, parallel: 1 } as const
const POLICIES = {
  default: 0,
  'prefer-cpu': 1,
  'prefer-npu': 2,
  'prefer-gpu': 3,
  'max-performance': 4,
  'max-efficiency': 5,
  'min-overall-power': 6,
} as const
const count = integer(0, INT_MAX)
const microseconds = integer(0, 1e6)
const whenTrue: Check<true | undefined> = (value, name) => boolean(value, name) || undefined

const OPTIONS = {
  enableCpuMemArena: { check: boolean, setting: 'enableCpuMemArena' },
  enableGraphCapture: { check: whenTrue, setting: 'enableGraphCapture' },
  enableMemPattern: { check: boolean, setting: 'enableMemPattern' },
  enableProfiling: { check: boolean },
  executionMode: { check: choice(EXECUTION_MODE), setting: 'executionMode' },
  executionProviders: { check: resolveProviders, default: resolveProviders() },
  externalData: { check: externalData, setting: 'externalData' },
  extra: { check: configEntries, setting: 'config' },
  freeDimensionOverrides: { check: freeDimensions, setting: 'freeDimensionOverrides' },
  graphOptimizationLevel: { check: choice(GRAPH_OPTIMIZATION), setting: 'graphOptimizationLevel' },
  ignoreUnknownFeeds: { check: boolean, default: false },
  inlineRunBelowUs: { check: microseconds, default: 50 },
  interOpNumThreads: { check: count, setting: 'interOpNumThreads' },
  intraOpNumThreads: { check: count, setting: 'intraOpNumThreads' },
  logId: { check: string, setting: 'logId' },
  logSeverityLevel: { check: integer(0, 4), setting: 'logSeverityLevel' },
  logVerbosityLevel: { check: count, setting: 'logVerbosityLevel' },
  maxRunPlanBytes: { check: integer(0, Number.MAX_SAFE_INTEGER), default: 64 * 2 ** 20 },
  optimizedModelFilePath: { check: string, setting: 'optimizedModelFilePath' },
  preferredOutputLocation: { check: preferredLocation },
  profileFilePrefix: { check: string, default: 'onnxruntime_profile_' },
  providerSelectionPolicy: { check: choice(POLICIES), setting: 'providerSelectionPolicy' },
  recordGraphAssignment: { check: whenTrue, setting: 'recordGraphAssignment' },
  runThreadSpinUs: { check: microseconds, default: 50 },
  signal: { check: (value: unknown) => value },
  transfer: { check: boolean, default: false },
} as const satisfies Record<keyof SessionOptions, SessionOption>

type Options = typeof OPTIONS
type Checked<O> = O extends { check: Check<infer T> }
  ? O extends { default: unknown }
    ? T
    : T | undefined
  : never
const rows = Object.entries(OPTIONS) as [keyof Options, SessionOption][]
const CHECKS = Object.fromEntries(rows.map(([name, { check }]) => [name, check]))

export interface ResolvedSessionOptions
  extends Pick<
    { [K in keyof Options]: Checked<Options[K]> },
    'ignoreUnknownFeeds' | 'inlineRunBelowUs' | 'maxRunPlanBytes' | 'runThreadSpinUs' | 'signal' | 'transfer'
  > {
  /** Without those of the provider. */
  readonly settings: SessionSettings
  readonly providers: Providers
  readonly preferredLocation: PreferredLocation | undefined
}

/** @throws OrtError, OrtTypeError, OrtRangeError naming the option */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  const checked = checkOptions(options, CHECKS, 'session option')
  const values = Object.fromEntries(
    rows.map(([name, row]) => [name, checked[name] ?? ('default' in row ? row.default : undefined)]),
  ) as { [K in keyof Options]: Checked<Options[K]> }
  const settings: SessionSettings = bare({})
  for (const [name, row] of rows)
    if ('setting' in row && values[name] !== undefined)
      Object.assign(settings, { [row.setting]: values[name] })
  const { executionProviders: providers, preferredOutputLocation } = values
  refuseRunKeys(settings.config ?? {})
  if (values.enableProfiling) settings.profileFilePrefix = profilePrefix(values.profileFilePrefix)
  if (providers.useArena === false) settings.enableCpuMemArena = false
  if (
    settings.enableGraphCapture &&
    providers.choices.every(({ settings }) => settings?.device === undefined)
  )
    throw needsDevice("'enableGraphCapture'")
  if (providers.choices.every(({ name }) => name === 'cpu'))
    checkLocationDevice(preferredOutputLocation, 'cpu')
  if (settings.providerSelectionPolicy !== undefined) {
    if (options.executionProviders !== undefined)
      throw new OrtError(
        'ERR_INVALID_ARG_VALUE',
        "'providerSelectionPolicy' is given with 'executionProviders'",
        {
          expected: 'one of them',
        },
      )
    settings.recordGraphAssignment = true
  }
  return { ...values, settings, providers, preferredLocation: preferredOutputLocation }
}

function freeDimensions(overrides: unknown, name: string): Record<string, number> {
  if (!isRecord(overrides)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${name}' must be an object`, {
      expected: 'sizes by the names of symbolic dimensions',
      given: describe(overrides),
    })
  }
  const size = integer(0, Number.MAX_SAFE_INTEGER)
  return checkOptions(
    overrides,
    Object.fromEntries(Object.keys(overrides).map((dim) => [string(dim, name), size])),
    'dimension',
  ) as Record<string, number>
}

/** Files as the caller's bytes. ONNX Runtime reads files beside the model itself. */
function externalData(files: unknown, name: string): Record<string, Uint8Array> {
  const entries = array('an array')(files, name).map((file) => {
    const data: unknown = isRecord(file) ? file.data : undefined
    if (!isRecord(file) || typeof file.path !== 'string' || !types.isUint8Array(data)) {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${name}' has an invalid entry`, {
        expected: '{ path: string, data: Uint8Array }',
        given: describe(file),
        remedy: 'Files beside a model that is created from a path need no entry',
      })
    }
    return [string(file.path, name), data] as const
  })
  return Object.fromEntries(entries)
}

const LOCATIONS = ['cpu', 'cpu-pinned', 'gpu-buffer']
const ELSEWHERE = ['ml-tensor', 'none', 'texture']

function preferredLocation(preferred: unknown, name: string): PreferredLocation {
  const expected = LOCATIONS.map((location) => `'${location}'`).join(', ')
  for (const location of isRecord(preferred) ? Object.values(preferred) : [preferred]) {
    if (LOCATIONS.includes(location as string)) continue
    const given = describe(location)
    if (ELSEWHERE.includes(location as string))
      throw new OrtError('ERR_NOT_SUPPORTED', `'${name}' does not exist in Node.js`, { expected, given })
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
      expected: `${expected}, or an object of them by output name`,
      given,
    })
  }
  return (isRecord(preferred) ? { ...preferred } : preferred) as PreferredLocation
}

/** @throws OrtError `ERR_NOT_SUPPORTED` if results are to be left on a device, and the session has none */
export function checkLocationDevice(
  preferred: PreferredLocation | undefined,
  device: SessionDevice['name'],
): void {
  const locations = typeof preferred === 'object' ? Object.values(preferred) : [preferred]
  if (device === 'cpu' && locations.includes('gpu-buffer'))
    throw needsDevice("'preferredOutputLocation': 'gpu-buffer'")
}

function needsDevice(what: string): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', `${what} needs a device, and the session runs on the CPU`, {
    remedy: 'Omit it, or make a device of executionProviders available',
  })
}

/**
 * The outputs whose results are not in ordinary host memory; undefined if there are none. Only CUDA has pinned memory, and only
 * where JavaScript can view it; elsewhere `'cpu-pinned'` is `'cpu'`. Strings and sequences stay in host memory, unless they
 * are named.
 *
 * @throws OrtRangeError `ERR_UNKNOWN_OUTPUT`; OrtError `ERR_NOT_SUPPORTED`
 */
export function resolveLocations(
  preferred: PreferredLocation | undefined,
  outputs: SessionIO,
  device: SessionDevice,
): ReadonlyMap<string, OutputLocation> | undefined {
  if (preferred === undefined) return undefined
  checkLocationDevice(preferred, device.name)
  const named = typeof preferred === 'object'
  const hasPinned = device.name === 'cuda' && engine().supports.externalBuffers
  const locations = new Map<string, OutputLocation>()
  for (const name of named ? Object.keys(preferred) : outputs.names) {
    const location = named ? preferred[name]! : preferred
    const { kind, type } = outputs.info(outputs.indexOf(name, 'preferredOutputLocation'))
    if (location === 'cpu' || (location === 'cpu-pinned' && !hasPinned)) continue
    const elements = kind === ValueKind.tensor ? elementTypeName(type) : undefined
    if (elements !== undefined && elements !== 'string') locations.set(name, location)
    else if (named && location === 'gpu-buffer') {
      throw new OrtError('ERR_NOT_SUPPORTED', `output '${name}' cannot be left on a device`, {
        expected: 'a tensor of numbers',
        given: elements === undefined ? 'a value that is not a tensor' : `a tensor of ${elements}`,
        remedy: "Omit it from 'preferredOutputLocation'",
      })
    }
  }
  return locations.size > 0 ? locations : undefined
}
