import { array, bare, boolean, type Check, checkOptions, choice, property, record } from '../check'
import type { SessionDevice } from '../device/device'
import { checkSignal } from '../engine/abort'
import type { EngineRunOptions } from '../engine/engine'
import { OrtError } from '../errors'
import type { SessionIO } from '../model/io'
import type { BindingHost } from './host'
import { ORT_RUN_OPTIONS, type OrtRunOptions, PreparedRunOptions, toRunSettings } from './prepared-options'

/** What belongs to a single synchronous run of a binding. */
export interface IoBindingRunSyncCall {
  /**
   * The inputs that have been written to since the last run: a session on a device uploads only these. Default: all. An input
   * that no run has uploaded yet is uploaded in any case.
   */
  readonly upload?: readonly string[]
}

/** What belongs to a single asynchronous run of a binding. */
export interface IoBindingRunCall extends IoBindingRunSyncCall {
  /** Cancels the run: at once while it is queued, else before its next node. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Options of a synchronous run. Those of ONNX Runtime are converted in each call: `session.prepareRunOptions` does it once. */
export interface IoBindingRunSyncOptions extends IoBindingRunSyncCall, OrtRunOptions {}

/** Options of an asynchronous run. */
export interface IoBindingRunOptions extends IoBindingRunCall, OrtRunOptions {}

/** Options of `binding.capture`. */
export interface CaptureOptions {
  /** Runs once without the graph and once with it, and compares the outputs bit by bit. Default false. */
  readonly verify?: boolean
  /**
   * What a run does if an earlier run of the session may have moved memory that the graph uses: one whose inputs had shapes that
   * were new to the session, or one that shrank the arena. `'recapture'` (the default): it runs without the graph, which is then
   * captured anew; `recaptures` counts these. `'throw'`: it throws `ERR_GRAPH_STALE`, for a service whose runs must not take
   * longer once in a while.
   */
  readonly onStale?: 'recapture' | 'throw'
  /**
   * On CUDA: the graph holds the copies of inputs and outputs in host memory too, so that a run is one launch. Each run then
   * copies every input: `upload` cannot omit one. The memory must be pinned, as `createIoBinding` allocates it. For small models
   * that run one request at a time; the copies of several in flight no longer overlap with kernels. Default false.
   */
  readonly whole?: boolean
}

/** Options of binding a value. */
export interface BindOptions {
  /**
   * On CUDA: the GPU accesses the value's pinned memory directly, without a copy. For small tensors: a large one crosses the
   * bus each time that a kernel accesses it.
   */
  readonly mapped?: boolean
}

/** How an output is written whose value is bound to an input too. */
export interface InPlaceOptions {
  /**
   * `'copy'` (the default): ONNX Runtime writes a second buffer, which is copied into the value after the run, so that every
   * model is right. `'alias'`: ONNX Runtime writes the value's memory while it may still read it, without a copy. Only for a model
   * whose kernels read each element before they write it, and that reads the input in no later node.
   */
  readonly inPlace?: 'copy' | 'alias'
}

/** Options of binding a value to an output. */
export interface BindOutputOptions extends BindOptions, InPlaceOptions {}

export interface ResolvedRunOptions {
  readonly prepared?: PreparedRunOptions | undefined
  readonly signal?: AbortSignal | undefined
  readonly upload?: readonly number[] | undefined
}

const NONE: ResolvedRunOptions = Object.freeze(bare({}))
const SYNC_CALL = { upload: array('an array of input names') }
const CALL = { ...SYNC_CALL, signal: ((value) => value) satisfies Check<unknown> }
const SYNC_OPTIONS = { ...SYNC_CALL, ...ORT_RUN_OPTIONS }
const OPTIONS = { ...CALL, ...ORT_RUN_OPTIONS }

/**
 * Of a run with `options`, or with prepared ones and what belongs to the single call.
 *
 * @throws OrtError `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError `ERR_UNKNOWN_INPUT`
 */
export function resolveBindingRun(
  { engine, inputs }: BindingHost,
  options: IoBindingRunOptions | PreparedRunOptions | undefined,
  call: IoBindingRunCall | undefined,
  isSync: boolean,
): ResolvedRunOptions {
  if (options instanceof PreparedRunOptions) {
    if (call === undefined) return options.alone
    const signal = checkSignal(engine, property(record(call, 'options'), 'signal'))
    const { upload } = checkOptions(call, isSync ? SYNC_CALL : CALL, 'option beside prepared run options')
    return { prepared: options, signal, upload: indices(inputs, upload) }
  }
  if (options === undefined) return NONE
  const signal = checkSignal(engine, property(record(options, 'options'), 'signal'))
  const { upload, ...rest } = checkOptions(options, isSync ? SYNC_OPTIONS : OPTIONS, 'run option')
  const { signal: _, ...own } = rest as typeof rest & { signal?: unknown }
  const settings = toRunSettings(own)
  const prepared = settings && PreparedRunOptions.of(settings)
  return { prepared, signal, upload: indices(inputs, upload) }
}

function indices(inputs: SessionIO, names: readonly unknown[] | undefined): readonly number[] | undefined {
  return names?.map((name) => inputs.indexOf(name as string, 'upload'))
}

/** What a binding sets itself. */
const OWN_ENTRIES = ['gpu_graph_id', 'disable_synchronize_execution_providers']

/** The engine's options for one binding. @throws OrtError `ERR_NOT_SUPPORTED` for entries that the binding sets itself */
export function engineRunOptions(
  { engine, session }: BindingHost,
  { settings }: PreparedRunOptions,
): EngineRunOptions {
  const entry = OWN_ENTRIES.find((entry) => settings.config !== undefined && entry in settings.config)
  if (entry !== undefined) {
    throw new OrtError('ERR_NOT_SUPPORTED', `'extra' of a bound run cannot have '${entry}'`, {
      remedy: 'Omit it: the binding sets it, and capture() captures graphs',
    })
  }
  return new engine.RunOptions(session, settings)
}

/** Whether an output in an input's memory is written at once. */
export const inPlace: Check<boolean> = choice({ copy: false, alias: true })

/** Whether an output is to be mapped, and written in an input's memory at once. @throws OrtError `ERR_NOT_SUPPORTED`, `ERR_UNKNOWN_OPTION`; OrtTypeError */
export function resolveBindOutput(options: BindOutputOptions, device: SessionDevice): [boolean, boolean] {
  const checked = checkOptions(options, { mapped: boolean, inPlace }, 'option')
  return [resolveMapped({ mapped: checked.mapped ?? false }, device), checked.inPlace ?? false]
}

/** Whether a value is to be mapped. @throws OrtError `ERR_NOT_SUPPORTED`, `ERR_UNKNOWN_OPTION`; OrtTypeError */
export function resolveMapped(options: BindOptions, device: SessionDevice): boolean {
  const { mapped = false } = checkOptions(options, { mapped: boolean }, 'option')
  if (mapped && device.name !== 'cuda') {
    throw new OrtError('ERR_NOT_SUPPORTED', "'mapped' needs a session on CUDA", {
      given: device.name,
      remedy: 'Omit it: host memory is copied to the device and back',
    })
  }
  return mapped
}

const CAPTURE_OPTIONS = {
  verify: boolean,
  onStale: choice({ recapture: false, throw: true }),
  whole: boolean,
}

/** The arguments of the engine's `capture`. @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError */
export function resolveCapture(
  options: CaptureOptions,
): [verify: boolean, throwStale: boolean, whole: boolean] {
  const checked = checkOptions(options, CAPTURE_OPTIONS, 'option of capture')
  const { verify = false, onStale = false, whole = false } = checked
  return [verify, onStale, whole]
}
