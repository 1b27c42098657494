import { INT_MAX } from '../check'
import type { ComputeDeviceName, DeviceName } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtRangeError } from '../errors'

/** The device whose memory a session computes in: `'cpu'` for a provider whose values are in host memory. */
export interface SessionDevice {
  readonly name: ComputeDeviceName
  /** Index of the device, from 0, of those of its kind; of a plugin's, the `id` of its first `EpDevice`. */
  readonly id: number
}

const NAMES: readonly DeviceName[] = ['cpu', 'cuda-pinned', 'cuda', 'webgpu']
const MOST: Partial<Record<DeviceName, number>> = { cuda: 127, 'cuda-pinned': 127 }

/** The device of a plugin, which a session opens. */
function isPlugin(device: unknown): boolean {
  return typeof device === 'string' && device.endsWith('ExecutionProvider')
}

/** Whether the memory is host memory. */
export function isHost(device: DeviceName): boolean {
  return device === 'cpu' || device === 'cuda-pinned'
}

/** @throws OrtError `ERR_INVALID_ARG_VALUE`, `ERR_NOT_SUPPORTED` if the engine has no devices; OrtRangeError */
export function checkDevice(device: unknown, id: unknown): DeviceName {
  if (!NAMES.includes(device as DeviceName) && !isPlugin(device)) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', "'device' is not the name of a device", {
      expected: `one of ${NAMES.map((name) => `'${name}'`).join(', ')}`,
      given: describe(device),
    })
  }
  const most = isPlugin(device) ? INT_MAX : (MOST[device as DeviceName] ?? 0)
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > most) {
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'id' is not the index of a device of '${device}'`, {
      expected: most > 0 ? `an integer from 0 to ${most}` : '0',
      given: describe(id),
    })
  }
  if (device !== 'cpu' && !engine().supports.devices) {
    throw new OrtError('ERR_NOT_SUPPORTED', `the onnxruntime-node engine has no memory of '${device}'`, {
      remedy: 'Install the native addon',
    })
  }
  return device as DeviceName
}

/**
 * Free and total memory of a GPU in bytes, of all processes.
 *
 * @throws OrtError `ERR_NOT_SUPPORTED` for a device that does not report its memory, and the codes of
 *   `InferenceSession.create` if the device is unavailable
 * @see https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MEM.html for `cuMemGetInfo`
 * @example
 * try {
 *   const { free, total } = deviceMemory('cuda')
 *   console.log(`${free / 2 ** 30} of ${total / 2 ** 30} GiB are free`)
 * } catch (error) {
 *   console.log(isOrtError(error) && error.code) // such as 'ERR_CUDA_DRIVER_NOT_FOUND'
 * }
 */
export function deviceMemory(device: 'cuda', id = 0): { readonly free: number; readonly total: number } {
  const checked = checkDevice(device, id)
  if (checked !== 'cpu') return engine().deviceMemory(checked, id)
  throw new OrtError('ERR_NOT_SUPPORTED', 'deviceMemory() reports GPU memory only', {
    remedy: "Use Node's os.freemem() and os.totalmem()",
  })
}

/**
 * Checks a device whose memory a session's output is left in: the session's own, or the host.
 *
 * @throws OrtError `ERR_DEVICE_MISMATCH`, and the errors of {@link checkDevice}
 */
export function checkSessionDevice(
  session: SessionDevice,
  device: unknown,
  id: unknown,
  what: string,
): DeviceName {
  const kind = device === 'cuda-pinned' ? 'cuda' : device
  const known = (NAMES.includes(device as DeviceName) || isPlugin(device)) && device !== 'cpu'
  if (known && (kind !== session.name || id !== session.id)) {
    throw new OrtError('ERR_DEVICE_MISMATCH', `${what} cannot be left on another device than the session's`, {
      expected: session.name === 'cpu' ? 'cpu' : `cpu or ${session.name} ${session.id}`,
      given: `${device} ${id}`,
    })
  }
  return checkDevice(device, id)
}
