// The results as Markdown that a terminal can show too.
import { BASELINE, contenders, LIMIT } from './contenders.mjs'

export const BEGIN = '<!-- bench:begin -->'
export const END = '<!-- bench:end -->'

const labelOf = (wanted) => contenders.find(({ id }) => id === wanted).label

/** Three digits, and no more than a number has of them. */
function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function ratio({ median, q1, q3 }) {
  return `${digits(median)} (${digits(q1)}..${digits(q3)})`
}

/** How many times as fast: the ratio the other way round. */
function inverse({ median, q1, q3 }) {
  return { median: 1 / median, q1: 1 / q3, q3: 1 / q1 }
}

function row({ id, label, notMeasured, p50, p99, p999, againstLimit, againstBaseline }) {
  if (notMeasured) return [label, `not measured: ${notMeasured}`, '', '', '', '', '']
  const faster = (key) =>
    againstBaseline && id !== BASELINE
      ? `${ratio(inverse(againstBaseline[key]))}`
      : id === BASELINE
        ? '1'
        : ''
  const slower = againstLimit && id !== LIMIT ? ratio(againstLimit.p50) : id === LIMIT ? '1' : ''
  return [label, digits(p50), digits(p99), digits(p999), faster('p50'), faster('p99'), slower]
}

/** @param {string[][]} rows the first of them the head; all columns but the first are numbers */
export function markdownTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)))
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n')
}

/** A line that says what was measured on and with. */
export function setup({ date, hardware, versions, load, intraOpNumThreads }) {
  const { cpu, cores, memoryGiB, system } = hardware
  const software = Object.entries(versions).filter(([name]) => name !== 'engine')
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; ${software.map((pair) => pair.join(' ')).join(', ')};`,
    `intraOpNumThreads ${intraOpNumThreads}; load average ${load.before} before and ${load.after} after; ${date.slice(0, 10)}.`,
  ].join('\n')
}

export function markdown(report) {
  const head = [
    '',
    'p50 µs',
    'p99 µs',
    'p99.9 µs',
    'p50, times faster',
    'p99, times faster',
    'p50 over the limit',
  ]
  const sections = report.models.map(({ title, rounds, calls, contenders: measured }) =>
    [
      `**${title}** (${rounds} rounds of ${calls} calls)`,
      '',
      markdownTable([head, ...measured.map(row)]),
    ].join('\n'),
  )
  const clocks = new Map(
    report.models.flatMap(({ contenders: all }) => all).map(({ label, clockNs }) => [label, clockNs]),
  )
  const overhead = [...clocks].filter(([, ns]) => ns !== undefined).map(([label, ns]) => `${label} ${ns}`)
  return [
    BEGIN,
    setup(report),
    '',
    `Times faster: than ${labelOf(BASELINE)}. Over the limit: as a multiple of the ${labelOf(LIMIT)}. Both are of rounds that`,
    'ran moments apart: the median (and quartiles) over all rounds. Each contender is a process of its own; they do their',
    'rounds in turn; every call is timed by itself, and what reading the clock costs is part of each time.',
    '',
    sections.join('\n\n'),
    '',
    `Reading the clock, in ns: ${overhead.join(', ')}.`,
    END,
  ].join('\n')
}
