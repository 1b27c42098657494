import { describe, OrtTypeError } from '../errors'
import type { SessionIO } from '../model/io'
import type { Elements, RowInput } from './rows'
import { filled } from './samples'

/** The rows that fill up a size: never another caller's. @throws OrtTypeError, OrtRangeError naming an entry of `pad` */
export function resolvePadding(
  io: SessionIO,
  inputs: readonly RowInput[],
  pad: Readonly<Record<string, unknown>>,
): (input: RowInput, length: number) => Elements {
  for (const name of Object.keys(pad)) io.indexOf(name, 'pad')
  const values = new Map(
    inputs.map((input) => [
      input.name,
      padValue(input, Object.hasOwn(pad, input.name) ? pad[input.name] : undefined),
    ]),
  )
  return ({ name, type }, length) => {
    const value = values.get(name)!
    return typeof value === 'string'
      ? new Array<string>(length).fill(value)
      : filled(type, length, () => value)
  }
}

/** A number, in which a 64-bit integer of 53 bits fits. */
function padValue({ name, type }: RowInput, value: unknown): number | string {
  if (type === 'string') {
    if (value === undefined || typeof value === 'string') return value ?? ''
  } else {
    const number = typeof value === 'bigint' ? Number(value) : (value ?? 0)
    const isInteger = !type.includes('float')
    if (typeof number === 'number' && (!isInteger || Number.isSafeInteger(number))) return number
  }
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'pad.${name}' is not an element of the input`, {
    expected: type,
    given: describe(value),
  })
}
