import { types } from 'node:util'
import { array, checkOptions, integer, isRecord, string } from '../check'
import { describe, OrtTypeError } from '../errors'

/** Checks of session options that are objects. */

export function freeDimensions(overrides: unknown, name: string): Record<string, number> {
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
export function externalData(files: unknown, name: string): Record<string, Uint8Array> {
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
