import { checkOptions, integer } from '../check'
import { checkDevice, isHost } from '../device/device'
import type { DeviceName } from '../engine/engine'
import { argumentTypeError, describe, OrtError, OrtRangeError, OrtTypeError } from '../errors'
import { arrayBytes, type ElementType } from '../model/element-types'

/** Options of `OrtValue.fromPointer`. */
export interface PointerOptions {
  /** Index of the GPU; 0 by default. */
  readonly deviceId?: number | undefined
  /** What owns the memory, which the value keeps alive. */
  readonly keep?: object | undefined
}

const owner = (value: unknown, name: string): object => {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return value
  throw argumentTypeError(name, 'an object', value)
}

/** @throws OrtTypeError, OrtRangeError, OrtError `ERR_NOT_SUPPORTED` */
export function checkPointer(
  device: DeviceName,
  pointer: unknown,
  type: ElementType,
  size: number,
  options: PointerOptions,
): { readonly id: number; readonly keep: object | undefined } {
  const { deviceId = 0, keep } = checkOptions(options, { deviceId: integer(0, 127), keep: owner }, 'option')
  if (!isHost(checkDevice(device, deviceId)) && device !== 'cuda') {
    throw new OrtError('ERR_NOT_SUPPORTED', `memory of '${device}' has no addresses`, {
      remedy: 'Use OrtValue.allocate() and view()',
    })
  }
  if (type === 'string') throw new OrtTypeError('ERR_TYPE_MISMATCH', 'strings have no address')
  if (typeof pointer !== 'bigint') throw argumentTypeError('pointer', 'a bigint', pointer)
  const unit = Math.ceil(arrayBytes(type, 1))
  const end = pointer + BigInt(Math.ceil(arrayBytes(type, size)))
  if (pointer > 0n && end <= 2n ** 64n && pointer % BigInt(unit) === 0n) return { id: deviceId, keep }
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'pointer' cannot be the address of ${size} ${type}`, {
    expected: `a multiple of ${unit} from 1 to 2^64 - 1`,
    given: describe(pointer),
  })
}
