// Reports: Markdown that a terminal can show too, JSON, and a plot.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { svg } from './plot.mjs'
import { digits } from './statistics.mjs'

const WIDTH = 120

/** Median and quartiles. */
export const ranged = ({ median, q1, q3 }) => `${digits(median)} (${digits(q1)}..${digits(q3)})`

/** Breaks a paragraph into lines of at most 120 columns. @param {string} text */
export const wrap = (text) => text.replace(/(?![^\n]{1,120}$)([^\n]{1,120}) /g, '$1\n')

const columnWidth = (rows, column) => Math.max(...rows.map((cells) => cells[column].length))

/**
 * A table; one wider than the page is split by columns, and each part repeats the first column.
 * @param {string[][]} rows the first row is the head; all columns but the first are numbers
 */
export function markdownTable(rows) {
  const first = columnWidth(rows, 0)
  const parts = [[]]
  let width = first + 4
  for (let column = 1; column < rows[0].length; column++) {
    width += columnWidth(rows, column) + 3
    if (width > WIDTH && parts.at(-1).length > 0) {
      parts.push([])
      width = first + 4 + columnWidth(rows, column) + 3
    }
    parts.at(-1).push(column)
  }
  return parts.map((columns) => table(rows.map((cells) => [0, ...columns].map((i) => cells[i])))).join('\n\n')
}

/**
 * A table of the measured targets, and below it why the others were not measured.
 * @param {string[]} head
 * @param {any[]} targets
 * @param {(target: any) => string[][]} rows of a target
 */
export function targetTable(head, targets, rows) {
  const measured = targets.filter(({ notMeasured }) => notMeasured === undefined)
  const reasons = [...new Set(targets.flatMap(({ notMeasured }) => notMeasured ?? []))]
  const missing = reasons.map((reason) => {
    const labels = targets.filter(({ notMeasured }) => notMeasured === reason).map(({ label }) => label)
    return `\n${wrap(`Not measured: ${labels.join('; ')}: ${reason}.`)}`
  })
  return [markdownTable([head, ...measured.flatMap(rows)]), ...missing].join('\n')
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, columnWidth(rows, column)))
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`
  const rule = widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)].join('\n')
}

/** What the figures were measured on and with. */
export function setup({ date, hardware, versions, load, intraOpNumThreads }) {
  const { cpu, cores, memoryGiB, system } = hardware
  const software = Object.entries(versions).filter(([name]) => name !== 'engine')
  return wrap(
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; ${software.map((pair) => pair.join(' ')).join(', ')}; ` +
      `intraOpNumThreads ${intraOpNumThreads}; load average ${load.before} before and ${load.after} after; ${date.slice(0, 10)}.`,
  )
}

/** Replaces the text between two markers of a file by one that includes the markers. */
export function replaceBetween(file, [begin, end], text) {
  const old = readFileSync(file, 'utf8')
  const [from, to] = [old.indexOf(begin), old.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} and ${end}`)
  writeFileSync(file, old.slice(0, from) + text + old.slice(to + end.length))
}

/** Writes a report as JSON, five digits a number, and its plot beside it where the plotting library is installed. */
export async function save(file, report, plot) {
  const rounded = (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, rounded, 2)}\n`)
  await draw(file, plot?.(report))
}

/** Draws a Vega-Lite specification into the SVG beside a JSON file. */
export async function draw(file, specification) {
  if (specification === undefined) return
  try {
    writeFileSync(file.replace(/(\.json)?$/, '.svg'), await svg(specification))
  } catch (error) {
    // A GPU machine has none of the development dependencies.
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error(
      `no plot: vega-lite is not installed; later: node benchmarks/redraw.mjs ${relative('', file)}`,
    )
  }
}
