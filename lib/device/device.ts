import type { DeviceName } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtRangeError } from '../errors'

/** Where a session computes. */
export interface SessionDevice {
  readonly name: 'cpu' | 'cuda' | 'webgpu'
  /** Which of the devices of that kind, counted from 0. */
  readonly id: number
}

const NAMES: readonly DeviceName[] = ['cpu', 'cuda-pinned', 'cuda', 'webgpu']

/** Whether JavaScript can be shown the memory. */
export function isHost(device: DeviceName): boolean {
  return device === 'cpu' || device === 'cuda-pinned'
}

/** @throws OrtError `ERR_INVALID_ARG_VALUE`, `ERR_NOT_SUPPORTED` where the engine knows no devices; OrtRangeError */
export function checkDevice(device: unknown, id: unknown): DeviceName {
  if (!NAMES.includes(device as DeviceName)) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', "'device' names no device", {
      expected: `one of ${NAMES.map((name) => `'${name}'`).join(', ')}`,
      given: describe(device),
    })
  }
  const most = device === 'cuda' || device === 'cuda-pinned' ? 127 : 0
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > most) {
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'id' names no device of '${device}'`, {
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
 * How much memory a device has, in bytes, and how much of it no process uses. Of a GPU by CUDA.
 *
 * @throws OrtError `ERR_NOT_SUPPORTED` for a device that does not tell, and where it cannot be had the codes of
 *   `InferenceSession.create`
 */
export function deviceMemory(device: 'cuda', id = 0): { readonly free: number; readonly total: number } {
  const where = checkDevice(device, id)
  if (where === 'cpu') {
    throw new OrtError('ERR_NOT_SUPPORTED', 'the memory of the host is not told here', {
      remedy: "Use Node's os.freemem() and os.totalmem()",
    })
  }
  return engine().deviceMemory(where, id)
}

/**
 * For memory that is to be the session's own device's, or the host's.
 *
 * @throws OrtError `ERR_DEVICE_MISMATCH`, and what {@link checkDevice} throws
 */
export function checkSessionDevice(
  session: SessionDevice,
  device: unknown,
  id: unknown,
  what: string,
): DeviceName {
  const kind = device === 'cuda-pinned' ? 'cuda' : device
  const known = NAMES.includes(device as DeviceName) && device !== 'cpu'
  if (known && (kind !== session.name || id !== session.id)) {
    throw new OrtError('ERR_DEVICE_MISMATCH', `${what} cannot be left on another device than the session's`, {
      expected: session.name === 'cpu' ? 'cpu' : `cpu or ${session.name} ${session.id}`,
      given: `${device} ${id}`,
    })
  }
  return checkDevice(device, id)
}
