import type { InferenceSession as Common } from 'onnxruntime-common'
import {
  bare,
  boolean,
  type Check,
  checkOptions,
  choice,
  configEntries,
  INT_MAX,
  integer,
  string,
} from '../check'
import { type ExecutionProvider, type Providers, resolveProviders } from '../device/providers'
import { refuseRunKeys } from '../engine/config-keys'
import type { SessionSettings } from '../engine/engine'
import { OrtError } from '../errors'
import { checkLocationDevice, needsDevice, type PreferredLocation, preferredLocation } from './locations'
import { externalData, freeDimensions } from './option-checks'
import { profilePrefix } from './profile'
import { RESOURCE_OPTIONS, type ResourceOptions } from './resource-options'
import { checkNoOwnThreads } from './shared-resources'
import { concurrency, inlineBounds, pollUs, setThreads, spinUs } from './threads'
import { type WarmupShapes, warmupShapes } from './warmup'

/** Options of `InferenceSession.create`: onnxruntime-common's, and those of this package. */
export interface SessionOptions extends Common.SessionOptions, ResourceOptions {
  /**
   * The execution providers in order of preference: the first one that is available runs the session. A provider before it is
   * skipped with a process warning; if none is available, the error of the last is thrown. So `['cuda']` runs on CUDA or fails,
   * `['cuda', 'cpu']` falls back to the CPU.
   *
   * `'cpu'` after a device also lets single nodes run on the CPU: those that the device has no kernel for, and computations on
   * shapes. Without it a model with such nodes is refused. Default `['cpu']`.
   */
  executionProviders?: readonly ExecutionProvider[]
  /**
   * Lets ONNX Runtime select the providers, of those that `getEpDevices()` lists, in place of `executionProviders`: by the kind of
   * hardware, or by speed or power. `session.executionProviders` reports them. Only providers whose values are in host memory.
   */
  readonly providerSelectionPolicy?: ProviderSelectionPolicy
  /**
   * Sizes of dynamic dimensions by their denotation, such as `{ DATA_BATCH: 1 }`: what the model's exporter says that they mean, where
   * `freeDimensionOverrides` goes by their names. Not on the onnxruntime-node engine.
   * @example
   * await using fixed = await InferenceSession.create('model.onnx', { freeDimensionOverridesByDenotation: { DATA_BATCH: 1 } })
   */
  readonly freeDimensionOverridesByDenotation?: Readonly<Record<string, number>>
  /**
   * Whether kernels compute in an order that gives the same bits in each run, where they have one: on GPUs, at some cost. Not on the
   * onnxruntime-node engine. Default false.
   * @example
   * await using exact = await InferenceSession.create('model.onnx', { useDeterministicCompute: true })
   */
  readonly useDeterministicCompute?: boolean
  /**
   * Lets bindings capture the device's work of a run and replay it: a CUDA graph, or WebGPU's commands. Needs a device in
   * `executionProviders`; if the session falls back to the CPU, the warning says that it captures no graphs. Default false.
   */
  enableGraphCapture?: boolean
  /**
   * Records which execution provider each node is assigned to, for `session.graphAssignment()`. It takes time while the model
   * loads, and memory for the names as long as the session exists. Not on the onnxruntime-node engine. Default false.
   */
  readonly recordGraphAssignment?: boolean
  /**
   * Where the results of `session.run` are: `'cpu'`, `'cpu-pinned'` (host memory that CUDA copies fast; the same as `'cpu'` for
   * other providers), `'gpu-buffer'` (left on the session's device), or an object of these by output name. Default `'cpu'`.
   */
  preferredOutputLocation?: NonNullable<Common.SessionOptions['preferredOutputLocation']>
  /**
   * Whether `session.run` ignores feeds that are not inputs of the model, as onnxruntime-node does, or refuses them
   * (`ERR_UNKNOWN_INPUT`). By default it ignores them, unless an optional input has no feed, whose misspelled name would remain
   * unnoticed.
   */
  readonly ignoreUnknownFeeds?: boolean
  /**
   * An asynchronous run that is expected to take less than this many microseconds runs before `run` returns: handing a short
   * run to another thread and back takes longer than the run. 0 never runs inline. Default 50; and 500 on the CPU while the event
   * loop has nothing else to do, which the runs of the other thread show: it then only waits for the run. (Not on Windows, which
   * does not report what a thread does in so short a time.)
   *
   * The expectation comes from previous runs with the same shapes. Runs that take longer block the event loop twice at most; the
   * next ones then use the thread, for longer the more often this happens.
   */
  readonly inlineRunBelowUs?: number
  /**
   * Whether ONNX Runtime's own threads spin after a run before they sleep: faster runs in a row, for up to a third of a CPU in a
   * service that is nearly idle. Default: ONNX Runtime's, true. An entry of `extra` comes first.
   * @example
   * await using quiet = await InferenceSession.create('model.onnx', { allowSpinning: false })
   */
  readonly allowSpinning?: boolean
  /**
   * How many runs of the session on the CPU are done at a time, on one copy of its weights: of different bindings, and of
   * `session.run`. Runs that share memory stay in the order of the calls, and a binding has one run in flight. `'auto'` is the
   * number of CPUs that the process may use. At most 256. Default 1: all runs are in the order of the calls. A session on a device has its own order.
   *
   * Set `intraOpNumThreads: 1` with it: otherwise the runs also divide their work among the same threads.
   * @example
   * await using many = await InferenceSession.create('model.onnx', { concurrentRuns: 'auto', intraOpNumThreads: 1 })
   * const results = await Promise.all([1, 2].map((n) => many.run({ x: new Tensor('float32', [n, n, n, n], [1, 4]) })))
   * console.log(results.length)
   */
  readonly concurrentRuns?: number | 'auto'
  /**
   * How many bytes of memory the session keeps for `session.run` on the CPU. From the second call with the same names, types and
   * shapes on, a call whose Tensors take at most 4 MiB runs in that memory, and makes nothing but its results. Default 64 MiB;
   * 0 keeps none.
   */
  readonly maxRunPlanBytes?: number
  /**
   * While a run of the session on the CPU is in flight that is expected to end within this many microseconds, the event loop
   * polls for its end and does not sleep: everything else is served meanwhile, and the run saves the time to wake the loop. It
   * needs a CPU that has nothing else to do, beside that of the run: otherwise the loop takes the run's CPU, and the run takes
   * longer. Default 0: never. It has no effect on a single CPU.
   * @example
   * await using session = await InferenceSession.create('model.onnx', { intraOpNumThreads: 1, pollEventLoopUs: 1000 })
   */
  readonly pollEventLoopUs?: number
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
  /**
   * Shapes by input name, or several sets of them: the model runs once on zeros of each set before `create` resolves, so that the
   * first request does not pay for what ONNX Runtime prepares in the first run of a shape. `{}` where all shapes are fixed. If
   * such a run fails, `create` rejects with its error. Default none.
   * @example
   * await using warm = await InferenceSession.create('model.onnx', { warmup: { x: [1, 4] } })
   */
  readonly warmup?: WarmupShapes | readonly WarmupShapes[]
}

/** ONNX Runtime's policies to select execution providers: its `OrtExecutionProviderDevicePolicy`. */
export type ProviderSelectionPolicy = keyof typeof POLICIES

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
  allowSpinning: { check: boolean },
  concurrentRuns: { check: concurrency, default: 1 },
  enableCpuMemArena: { check: boolean, setting: 'enableCpuMemArena' },
  enableGraphCapture: { check: whenTrue, setting: 'enableGraphCapture' },
  enableMemPattern: { check: boolean, setting: 'enableMemPattern' },
  enableProfiling: { check: boolean },
  executionMode: { check: choice(EXECUTION_MODE), setting: 'executionMode' },
  executionProviders: { check: resolveProviders, default: resolveProviders() },
  externalData: { check: externalData, setting: 'externalData' },
  extra: { check: configEntries, setting: 'config' },
  freeDimensionOverrides: { check: freeDimensions, setting: 'freeDimensionOverrides' },
  freeDimensionOverridesByDenotation: {
    check: freeDimensions,
    setting: 'freeDimensionOverridesByDenotation',
  },
  graphOptimizationLevel: { check: choice(GRAPH_OPTIMIZATION), setting: 'graphOptimizationLevel' },
  ignoreUnknownFeeds: { check: boolean },
  inlineRunBelowUs: { check: microseconds },
  interOpNumThreads: { check: count, setting: 'interOpNumThreads' },
  intraOpNumThreads: { check: count, setting: 'intraOpNumThreads' },
  logId: { check: string, setting: 'logId' },
  logSeverityLevel: { check: integer(0, 4), setting: 'logSeverityLevel' },
  logVerbosityLevel: { check: count, setting: 'logVerbosityLevel' },
  maxRunPlanBytes: { check: integer(0, Number.MAX_SAFE_INTEGER), default: 64 * 2 ** 20 },
  optimizedModelFilePath: { check: string, setting: 'optimizedModelFilePath' },
  pollEventLoopUs: { check: microseconds, default: 0 },
  preferredOutputLocation: { check: preferredLocation },
  profileFilePrefix: { check: string, default: 'onnxruntime_profile_' },
  providerSelectionPolicy: { check: choice(POLICIES), setting: 'providerSelectionPolicy' },
  recordGraphAssignment: { check: whenTrue, setting: 'recordGraphAssignment' },
  runThreadSpinUs: { check: microseconds, default: 50 },
  signal: { check: (value: unknown) => value },
  transfer: { check: boolean, default: false },
  useDeterministicCompute: { check: boolean, setting: 'useDeterministicCompute' },
  warmup: { check: warmupShapes, default: [] },
  ...RESOURCE_OPTIONS,
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
    | 'arena'
    | 'initializers'
    | 'concurrentRuns'
    | 'ignoreUnknownFeeds'
    | 'maxRunPlanBytes'
    | 'pollEventLoopUs'
    | 'runThreadSpinUs'
    | 'signal'
    | 'transfer'
    | 'warmup'
  > {
  readonly inlineRunBelowUs: number
  /** While the event loop has nothing else to do. */
  readonly inlineOnIdleLoopBelowUs: number
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
  if (settings.sharedThreads) checkNoOwnThreads(values)
  else setThreads(settings, values.allowSpinning)
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
  const runThreadSpinUs = spinUs(values.runThreadSpinUs)
  const pollEventLoopUs = pollUs(values.pollEventLoopUs)
  return {
    ...values,
    ...inlineBounds(values.inlineRunBelowUs),
    runThreadSpinUs,
    pollEventLoopUs,
    settings,
    providers,
    preferredLocation: preferredOutputLocation,
  }
}
