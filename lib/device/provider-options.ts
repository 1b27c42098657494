import { checkBoolean, checkChoice, checkInteger, checkKnown, checkStrings } from '../check'
import { OrtError, OrtRangeError, OrtTypeError } from '../errors'

/** The options of a device's execution provider, as tables: a row an option, by the name it has here. */

export interface OptionRow {
  /** Checks the option and gives it in ONNX Runtime's form; undefined: nothing to pass on. */
  readonly read: (options: object, name: string) => string | undefined
  /** ONNX Runtime's key. */
  readonly key: string
  /** No value of it is taken: it is not offered among the known ones. */
  readonly refused?: true
}

export type OptionTable = Readonly<Record<string, OptionRow>>

const text = (value: number | undefined) => (value === undefined ? undefined : String(value))
const bit = (value: boolean | undefined) => (value === undefined ? undefined : value ? '1' : '0')

export const flag = (key: string): OptionRow => ({
  key,
  read: (options, name) => bit(checkBoolean(options, name)),
})

export const integer = (key: string, least: number, most: number): OptionRow => ({
  key,
  read: (options, name) => text(checkInteger(options, name, least, most)),
})

/** One of some numbers. */
export const oneOf = (key: string, ...values: number[]): OptionRow => ({
  key,
  read: (options, name) => {
    const value = checkInteger(options, name, Math.min(...values), Math.max(...values))
    if (value === undefined || values.includes(value)) return text(value)
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
      expected: values.join(' or '),
      given: String(value),
    })
  },
})

/** `choices`: ONNX Runtime's values by the names that they have here. */
export const choice = (key: string, choices: Readonly<Record<string, string>>): OptionRow => ({
  key,
  read: (options, name) => checkChoice(options, name, choices),
})

/** Names that ONNX Runtime takes as lines. */
export const lines = (key: string): OptionRow => ({
  key,
  read: (options, name) => {
    const entries = checkStrings(options, name)
    const broken = entries?.find((entry) => /[\r\n]/.test(entry))
    if (broken === undefined) return entries?.join('\n')
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' holds a line break`, {
      expected: 'names of one line each',
      given: JSON.stringify(broken),
    })
  },
})

/** An option whose value is settled: saying so is fine, another value would do nothing, and that is not let pass. */
export const settled = (key: string, value: boolean | number, why: string): OptionRow => ({
  key,
  read: (options, name) => {
    const most = Number.MAX_SAFE_INTEGER
    const given =
      typeof value === 'boolean' ? checkBoolean(options, name) : checkInteger(options, name, 0, most)
    if (given === undefined || given === value) return undefined
    throw new OrtError('ERR_NOT_SUPPORTED', `'${name}' cannot be set: ${why}`, {
      expected: String(value),
      given: String(given),
      remedy: 'Leave it out',
    })
  },
})

/** An option that is this package's to set, or that JavaScript has no value for. */
export const refused = (key: string, why: string, remedy: string): OptionRow => ({
  key,
  refused: true,
  read: (_, name) => {
    throw new OrtError('ERR_NOT_SUPPORTED', `'${name}' cannot be set: ${why}`, { remedy })
  },
})

/**
 * The options of a provider under ONNX Runtime's keys.
 *
 * @param own names that are no row of the table, and are read elsewhere
 * @throws OrtError `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError for a bad value
 */
export function readOptions(
  options: Readonly<Record<string, unknown>>,
  table: OptionTable,
  provider: string,
  own: readonly string[],
): Record<string, string> {
  const taken = Object.keys(table).filter((name) => table[name]!.refused !== true)
  const result: Record<string, string> = {}
  for (const name of Object.keys(options)) {
    if (options[name] === undefined || own.includes(name)) continue
    // One that is refused says why under ONNX Runtime's own name too.
    const row = Object.hasOwn(table, name)
      ? table[name]
      : Object.values(table).find(({ key, refused }) => refused && key === name)
    if (row === undefined) {
      checkKnown({ [name]: true }, [...taken, ...own], `option of the provider '${provider}':`)
      continue
    }
    const value = row.read(options, name)
    if (value !== undefined) result[row.key] = value
  }
  return result
}
