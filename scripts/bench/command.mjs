// What the commands share: reading their options, choosing from a list, and saving a report beside its plot.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * The values of a command's options, by parseArgs. Where help is asked for, it is printed, and the process ends.
 * @template {import('node:util').ParseArgsOptionsConfig} T
 * @param {string} help
 * @param {T} options
 * @param {{ allowNegative?: boolean }} [config]
 */
export function readOptions(help, options, config = {}) {
  const { values } = parseArgs({
    ...config,
    options: { ...options, help: { type: 'boolean', default: false } },
  })
  if (!values.help) return values
  console.log(help)
  process.exit()
}

/**
 * The entries of a list whose ids an option names; all of them where it is left out.
 * @template {{ id: string }} T
 * @param {T[]} list
 * @param {{ option: string, value: string | undefined, help: string }} asked
 */
export function chosen(list, { option, value, help }) {
  const ids = value?.split(',')
  const unknown = ids?.find((id) => list.every((entry) => entry.id !== id))
  if (unknown !== undefined) throw new Error(`--${option}: there is no '${unknown}'\n${help}`)
  return ids ? list.filter(({ id }) => ids.includes(id)) : list
}

/** Writes a report as JSON, five digits a number, and its plot beside it. */
export function save(file, report, plot) {
  const rounded = (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, rounded, 2)}\n`)
  writeFileSync(file.replace(/(\.json)?$/, '.svg'), plot(report))
}
