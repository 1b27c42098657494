import { types } from 'node:util'
import { bufferBytes, type Check, integer, property, record } from '../check'
import { argumentTypeError, OrtRangeError } from '../errors'
import { typedArrayBuffer, typedArrayLength } from '../model/element-types'

type Read = (name: string) => Uint8Array

const most = integer(1, Number.MAX_SAFE_INTEGER)

/** The option `epContextDataRead` as a function that checks what the callback returns. */
export const contextReader: Check<Read> = (value, name) => {
  const given = record(value, name)
  const callback = property(given, 'callback')
  if (typeof callback !== 'function') throw argumentTypeError(`${name}.callback`, 'a function', callback)
  const bytes = most(property(given, 'maxDataSize'), `${name}.maxDataSize`)
  return (of) => {
    const data: unknown = callback(of)
    if (!types.isUint8Array(data)) throw argumentTypeError(`${name}.callback('${of}')`, 'a Uint8Array', data)
    const length = typedArrayLength(data)
    if (length === 0) bufferBytes(typedArrayBuffer(data), `${name}.callback('${of}')`)
    if (length <= bytes) return data
    throw new OrtRangeError('ERR_INVALID_LENGTH', `'${name}.callback' returned too much for '${of}'`, {
      expected: `at most ${bytes} bytes, by 'maxDataSize'`,
      given: `${length} bytes`,
    })
  }
}
