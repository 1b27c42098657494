import { checkBoolean, checkKnown, isRecord } from '../check'
import type { SessionDevice } from '../device/device'
import { checkSignal } from '../engine/abort'
import type { Engine } from '../engine/engine'
import { describe, OrtError, OrtTypeError } from '../errors'
import type { SessionIO } from '../model/io'

/** Options of a synchronous run. */
export interface IoBindingRunSyncOptions {
  /**
   * The inputs that were written to since the last run: on a session with a device only these are copied there. Left
   * out, all are. An input that no run has copied yet is copied in any case.
   */
  readonly upload?: readonly string[]
}

/** Options of an asynchronous run. */
export interface IoBindingRunOptions extends IoBindingRunSyncOptions {
  /** Ends queued work at once, and running work at its next node. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Options of `binding.capture`. */
export interface CaptureOptions {
  /**
   * Run once without the graph and once with it, and compare the outputs bit for bit. Default false.
   */
  readonly verify?: boolean
}

/** How a value is bound. */
export interface BindOptions {
  /**
   * On CUDA: the GPU reads and writes the value's pinned memory where it is, with no copy. For small tensors; a large one
   * crosses the bus each time a kernel touches it.
   */
  readonly mapped?: boolean
}

export interface ResolvedRunOptions {
  readonly signal?: AbortSignal | undefined
  readonly upload?: readonly number[] | undefined
}

const NONE: ResolvedRunOptions = {}

/** @throws OrtError `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError `ERR_UNKNOWN_INPUT` */
export function resolveBindingRun(
  options: IoBindingRunOptions | undefined,
  known: readonly string[],
  engine: Engine,
  inputs: SessionIO,
): ResolvedRunOptions {
  if (options === undefined) return NONE
  const signal = checkSignal(engine, (options as IoBindingRunOptions | null)?.signal)
  if (!isRecord(options)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'options' must be an object", {
      given: describe(options),
    })
  }
  checkKnown(options, known, 'run option')
  const { upload } = options as IoBindingRunOptions
  if (upload === undefined) return { signal }
  if (!Array.isArray(upload)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'upload' must be an array of input names", {
      given: describe(upload),
    })
  }
  return { signal, upload: upload.map((name) => inputs.indexOf(name, 'upload')) }
}

/** Whether a value is to be mapped. @throws OrtError `ERR_NOT_SUPPORTED`, `ERR_UNKNOWN_OPTION`; OrtTypeError */
export function resolveMapped(options: BindOptions, device: SessionDevice): boolean {
  checkKnown(options, ['mapped'], 'option')
  const mapped = checkBoolean(options, 'mapped') ?? false
  if (mapped && device.name !== 'cuda') {
    throw new OrtError('ERR_NOT_SUPPORTED', "'mapped' needs a session on CUDA", {
      given: device.name,
      remedy: 'Leave it out: host memory is copied to the device and back',
    })
  }
  return mapped
}

/** Whether a capture is to be verified. @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError */
export function resolveCapture(options: CaptureOptions): boolean {
  checkKnown(options, ['verify'], 'option of capture')
  return checkBoolean(options, 'verify') ?? false
}
