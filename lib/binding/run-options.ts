import { array, bare, boolean, type Check, checkOptions, choice, property, record } from '../check'
import type { SessionDevice } from '../device/device'
import { checkSignal } from '../engine/abort'
import { OrtError } from '../errors'
import type { BindingHost } from './host'

/** Options of a synchronous run. */
export interface IoBindingRunSyncOptions {
  /**
   * The inputs that have been written to since the last run: a session on a device uploads only these. Default: all. An input
   * that no run has uploaded yet is uploaded in any case.
   */
  readonly upload?: readonly string[]
}

/** Options of an asynchronous run. */
export interface IoBindingRunOptions extends IoBindingRunSyncOptions {
  /** Cancels the run: at once while it is queued, else before its next node. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

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
  readonly signal?: AbortSignal | undefined
  readonly upload?: readonly number[] | undefined
}

const NONE: ResolvedRunOptions = Object.freeze(bare({}))
const SYNC_OPTIONS = { upload: array('an array of input names') }
const OPTIONS = { signal: ((value) => value) satisfies Check<unknown>, ...SYNC_OPTIONS }

/** @throws OrtError `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError `ERR_UNKNOWN_INPUT` */
export function resolveBindingRun(
  { engine, inputs }: BindingHost,
  options: IoBindingRunOptions | undefined,
  isSync: boolean,
): ResolvedRunOptions {
  if (options === undefined) return NONE
  const signal = checkSignal(engine, property(record(options, 'options'), 'signal'))
  const { upload } = checkOptions(options, isSync ? SYNC_OPTIONS : OPTIONS, 'run option')
  return { signal, upload: upload?.map((name) => inputs.indexOf(name as string, 'upload')) }
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

const CAPTURE_OPTIONS = { verify: boolean, onStale: choice({ recapture: false, throw: true }) }

/** Whether a capture is to be verified, and whether a stale graph throws. @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError */
export function resolveCapture(options: CaptureOptions): [verify: boolean, throwStale: boolean] {
  const { verify = false, onStale = false } = checkOptions(options, CAPTURE_OPTIONS, 'option of capture')
  return [verify, onStale]
}
