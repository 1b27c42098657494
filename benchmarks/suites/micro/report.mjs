// The microbenchmark's table and plot.
import { measuredOn, page, rows } from '../../core/plot.mjs'
import { ranged, setup, targetTable, wrap } from '../../core/report.mjs'
import { digits } from '../../core/statistics.mjs'
import { targetLabel } from '../../targets/targets.mjs'

/** The baselines of the other targets. */
export const LIMIT = 'c-loop'
export const BASELINE = 'ort-node'
export const MARKERS = /** @type {[string, string]} */ (['<!-- bench:begin -->', '<!-- bench:end -->'])

/** How many times as fast. */
const inverse = ({ median, q1, q3 }) => ({ median: 1 / median, q1: 1 / q3, q3: 1 / q1 })

const HEAD = ['', 'p50 / p99 / p99.9, µs', 'p50 × faster', 'p99 × faster', '× C loop', '+ µs']

function row({ id, label, p50, p99, p999, againstLimit, againstBaseline }) {
  const baseline = id === BASELINE ? undefined : againstBaseline
  const limit = id === LIMIT ? undefined : againstLimit
  return [
    label,
    [p50, p99, p999].map(digits).join(' / '),
    ...['p50', 'p99'].map((key) => (baseline ? ranged(inverse(baseline[key])) : '')),
    ...(limit ? [digits(limit.p50.median), digits(limit.p50Difference.median)] : ['', '']),
  ]
}

function section({ title, rounds, calls, targets }) {
  return `**${title}** (${rounds} rounds of ${calls} calls)\n\n${targetTable(HEAD, targets, (target) => [row(target)])}`
}

/** What reading the clock costs each target. */
function clocks({ models }) {
  const labels = new Map(
    models.flatMap(({ targets }) => targets.map(({ label, clockNs }) => [label, clockNs])),
  )
  return [...labels].filter(([, ns]) => ns !== undefined).map((pair) => pair.join(' '))
}

export function markdown(report) {
  const legend =
    `× faster: compared with ${targetLabel(BASELINE)}. × C loop and + µs: p50 compared with the C loop, the limit. All compare ` +
    'rounds that ran moments apart: median (quartiles) over all rounds. Each target runs in its own process, and the ' +
    'targets take turns. Every call is timed separately; the time includes reading the clock.'
  const end = wrap(`Reading the clock, in ns: ${clocks(report).join('; ')}.`)
  const parts = [setup(report), wrap(legend), ...report.models.map(section), end]
  return [MARKERS[0], parts.join('\n\n'), MARKERS[1]].join('\n')
}

const LEGEND = { limit: 'C loop (the limit)', ours: 'onnxruntime-iobinding', theirs: 'onnxruntime-node' }
const PLOTTED = [LIMIT, 'run-sync', 'run', 'session-run', BASELINE]

/** A panel per model, a dot at each target's p50 and a whisker to its p99. */
export function plot(report) {
  const panels = report.models.map(({ title, targets }, i) =>
    rows(
      targets.filter(({ id, notMeasured }) => PLOTTED.includes(id) && !notMeasured),
      {
        title: title.replace(/ \(.*\)/, ''),
        measure: ({ p50, p99 }) => ({ at: p50, from: p50, to: p99 }),
        log: true,
        width: 215,
        labels: i === 0,
        legend: LEGEND,
      },
    ),
  )
  const subtitle = ['Dot: p50; whisker: to p99; logarithmic axes. Less is better.', measuredOn(report)]
  return page({ title: 'Time of one call, µs', subtitle, panels, columns: 3 })
}
