import { types } from 'node:util'
import { checkOptions, integer } from '../check'
import { argumentTypeError, OrtTypeError } from '../errors'
import { copyTypedArray, type ElementType } from '../model/element-types'

/** Options of `OrtValue.fromIpcHandle`. */
export interface IpcOptions {
  /** Index of the GPU in this process; 0 by default. */
  readonly deviceId?: number | undefined
}

/** The arguments of `OrtValue.fromIpcHandle`. @throws OrtTypeError, OrtRangeError */
export function checkIpc(
  handle: unknown,
  type: ElementType,
  options: IpcOptions,
): { readonly id: number; readonly bytes: Uint8Array } {
  if (!types.isUint8Array(handle)) throw argumentTypeError('handle', 'a Uint8Array', handle)
  if (type === 'string') throw new OrtTypeError('ERR_TYPE_MISMATCH', 'strings cannot be shared')
  const { deviceId = 0 } = checkOptions(options, { deviceId: integer(0, 127) }, 'option')
  return { id: deviceId, bytes: copyTypedArray(handle) }
}
