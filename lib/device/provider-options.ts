import { bare, boolean, type Check, checkKnown, choice, integer, strings } from '../check'
import { OrtError, OrtRangeError, OrtTypeError } from '../errors'

/** Tables of the options of an execution provider: a row for each option, by its name in this package. */

export interface OptionRow {
  /** ONNX Runtime's key. */
  readonly key: string
  /** Checks the option; the result is ONNX Runtime's value, or undefined for its default. */
  readonly check: Check<string | undefined>
  /** The option has no valid value; it is not among the known ones. */
  readonly refused?: true
}

export type OptionTable = Readonly<Record<string, OptionRow>>

/** Makers of rows. */
export const option = {
  flag: (key: string): OptionRow => ({ key, check: (value, name) => (boolean(value, name) ? '1' : '0') }),

  integer: (key: string, least: number, most: number): OptionRow => ({
    key,
    check: (value, name) => String(integer(least, most)(value, name)),
  }),

  /** One of a few numbers. */
  oneOf: (key: string, ...values: number[]): OptionRow => ({
    key,
    check: (value, name) => {
      if (values.includes(integer(Math.min(...values), Math.max(...values))(value, name)))
        return String(value)
      throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
        expected: values.join(' or '),
        given: String(value),
      })
    },
  }),

  /** ONNX Runtime's values, by their names in this package. */
  choice: (key: string, choices: Readonly<Record<string, string>>): OptionRow => ({
    key,
    check: choice(choices),
  }),

  /** Names that ONNX Runtime reads as lines. */
  lines: (key: string): OptionRow => ({
    key,
    check: (value, name) => {
      const entries = strings(value, name)
      const broken = entries.find((entry) => /[\r\n]/.test(entry))
      if (broken === undefined) return entries.join('\n')
      throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' contains a line break`, {
        expected: 'names of one line each',
        given: JSON.stringify(broken),
      })
    },
  }),

  /** An option with a fixed value: ONNX Runtime would ignore another one, which is an error here. */
  fixed: (key: string, fixed: boolean | number, why: string): OptionRow => ({
    key,
    check: (value, name) => {
      const given = (typeof fixed === 'boolean' ? boolean : integer(0, Number.MAX_SAFE_INTEGER))(value, name)
      if (given === fixed) return undefined
      const details = { expected: String(fixed), given: String(given), remedy: 'Omit it' }
      throw new OrtError('ERR_NOT_SUPPORTED', `'${name}' cannot be set: ${why}`, details)
    },
  }),

  /** An option that this package sets, or that JavaScript has no value for. */
  refused: (key: string, why: string, remedy: string): OptionRow => ({
    key,
    refused: true,
    check: (_, name) => {
      throw new OrtError('ERR_NOT_SUPPORTED', `'${name}' cannot be set: ${why}`, { remedy })
    },
  }),
}

/**
 * The options of a provider by ONNX Runtime's keys.
 *
 * @param own names that are not in the table, and are read elsewhere
 * @throws OrtError `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError for an invalid value
 */
export function checkProviderOptions(
  options: Readonly<Record<string, unknown>>,
  table: OptionTable,
  provider: string,
  own: readonly string[],
): Record<string, string> {
  const known = [...Object.keys(table).filter((name) => table[name]!.refused !== true), ...own]
  const result: Record<string, string> = bare({})
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || own.includes(name)) continue
    // A refused option explains itself by ONNX Runtime's name too.
    const row = Object.hasOwn(table, name)
      ? table[name]
      : Object.values(table).find(({ key, refused }) => refused && key === name)
    if (row === undefined) checkKnown({ [name]: value }, known, `option of the provider '${provider}':`)
    const checked = row?.check(value, name)
    if (checked !== undefined) result[row!.key] = checked
  }
  return result
}
