// Command-line options. The help text declares them: `--name VALUE` takes a value, `--name` is a flag, and `--no-name` a
// flag that is on by default.
import { parseArgs } from 'node:util'

/**
 * Reads the options that `help` lists. `--help` prints it and ends the process.
 * @param {string} help
 * @param {Record<string, string | string[]>} [defaults] an array: the option may be repeated
 * @returns {Record<string, any>}
 */
export function readOptions(help, defaults = {}) {
  const declared = [...help.matchAll(/^ {2}--(no-)?([a-z0-9-]+)( [A-Z][A-Z,]*)?/gm)].map(
    ([, no, name, value]) => [
      name,
      value
        ? { type: 'string', multiple: Array.isArray(defaults[name]), default: defaults[name] }
        : { type: 'boolean', default: no !== undefined },
    ],
  )
  const options = { ...Object.fromEntries(declared), help: { type: 'boolean' } }
  for (const option of Object.values(options)) if (option.default === undefined) delete option.default
  const { values } = parseArgs({ options, allowNegative: true })
  if (!values.help) return values
  console.log(help)
  process.exit()
}

/**
 * The entries whose ids an option lists, or all of them where it is not given.
 * @template {{ id: string }} T
 * @param {T[]} list
 * @param {string} option
 * @param {string | undefined} value
 */
export function choose(list, option, value) {
  const ids = value?.split(',')
  const unknown = ids?.find((id) => list.every((entry) => entry.id !== id))
  if (unknown !== undefined) {
    throw new Error(`--${option}: unknown id '${unknown}', expected ${list.map(({ id }) => id).join(', ')}`)
  }
  return ids ? list.filter(({ id }) => ids.includes(id)) : list
}

/** @param {string} option @param {unknown} value */
export function positive(option, value, isValid = (/** @type {number} */ number) => number > 0) {
  const number = Number(value)
  if (isValid(number)) return number
  throw new Error(`--${option}: expected a positive number, got '${value}'`)
}

export const positiveInteger = (option, value) =>
  positive(option, value, (number) => Number.isInteger(number) && number > 0)
