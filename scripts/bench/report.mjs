// The results as Markdown that a terminal can show too.
import { BASELINE, contenders, LIMIT } from './contenders.mjs'
import { digits } from './statistics.mjs'

export const BEGIN = '<!-- bench:begin -->'
export const END = '<!-- bench:end -->'

const labelOf = (wanted) => contenders.find(({ id }) => id === wanted).label

function ratio({ median, q1, q3 }) {
  return `${digits(median)} (${digits(q1)}..${digits(q3)})`
}

/** How many times as fast: the ratio the other way round. */
function inverse({ median, q1, q3 }) {
  return { median: 1 / median, q1: 1 / q3, q3: 1 / q1 }
}

const HEAD = ['', 'p50 µs', 'p99 µs', 'p99.9 µs', 'p50 × faster', 'p99 × faster', 'p50 × C loop', '+ µs']

function row({ id, label, notMeasured, p50, p99, p999, againstLimit, againstBaseline }) {
  if (notMeasured) return [`${label} (not measured: ${notMeasured})`, ...HEAD.slice(1).map(() => '')]
  const baseline = id === BASELINE ? undefined : againstBaseline
  const limit = id === LIMIT ? undefined : againstLimit
  return [
    label,
    ...[p50, p99, p999].map(digits),
    ...['p50', 'p99'].map((key) => (baseline ? ratio(inverse(baseline[key])) : '')),
    ...(limit ? [ratio(limit.p50), digits(limit.p50Difference.median)] : ['', '']),
  ]
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

/** What reading the clock costs, by contender. */
function clocks({ models }) {
  const labels = new Map(
    models.flatMap(({ contenders: all }) => all.map(({ label, clockNs }) => [label, clockNs])),
  )
  return [...labels].filter(([, ns]) => ns !== undefined).map(([label, ns]) => `${label} ${ns}`)
}

export function markdown(report) {
  const sections = report.models.map(({ title, rounds, calls, contenders: measured }) => {
    const table = markdownTable([HEAD, ...measured.map(row)])
    return `**${title}** (${rounds} rounds of ${calls} calls)\n\n${table}`
  })
  return [
    BEGIN,
    setup(report),
    '',
    `× faster: than ${labelOf(BASELINE)}. × C loop, and + µs: against the limit. Both compare rounds that ran moments`,
    'apart: median (and quartiles) over all rounds. Each contender is a process of its own; they do their rounds in',
    'turn; every call is timed by itself, and what reading the clock costs is part of each time.',
    '',
    sections.join('\n\n'),
    '',
    `Reading the clock, in ns: ${clocks(report).join('; ')}.`,
    END,
  ].join('\n')
}
