// The clients' table and plot.
import { measuredOn, page, rows } from '../../core/plot.mjs'
import { ranged, setup, targetTable, wrap } from '../../core/report.mjs'
import { digits } from '../../core/statistics.mjs'

export const MARKERS = /** @type {[string, string]} */ ([
  '<!-- bench-clients:begin -->',
  '<!-- bench-clients:end -->',
])
const HEAD = ['', 'longest hold, ms', 'a call, ms', 'calls per second ×']

const section = ({ title, targets }) =>
  `**${title}**\n\n${targetTable(HEAD, targets, ({ label, hold, runMs, speed }) => [
    [label, ranged(hold), ranged(runMs), speed ? ranged(speed) : ''],
  ])}`

export function markdown(report) {
  const { rounds, seconds, clients, missing } = report
  const legend =
    `Longest hold: the longest time in a round for which the event loop ran nothing else; ${rounds} rounds of ${seconds} s or ` +
    'one call, after one that is not measured; median (quartiles) over rounds. ×: compared with onnxruntime-node in the same ' +
    'round. Each target runs in its own process, the targets take turns, and their results are the same bits. The clients ' +
    'choose the number of threads.'
  const parts = [setup(report), wrap(legend), ...clients.map(section)]
  if (missing.length > 0) parts.push(`Not measured, because the model is missing: ${missing.join(', ')}.`)
  return [MARKERS[0], parts.join('\n\n'), MARKERS[1]].join('\n')
}

const LEGEND = { theirs: 'onnxruntime-node', ours: 'with onnxruntime-iobinding/register' }

/** A panel per client, a bar to each target's longest hold and a whisker over its quartiles. */
export function plot(report) {
  const panels = report.clients.map(({ title, targets }, i) =>
    rows(
      targets
        .filter(({ notMeasured }) => !notMeasured)
        .map((target) => ({ ...target, mark: ` (${digits(1000 / target.runMs.median)}/s)` })),
      {
        title,
        measure: ({ hold }) => ({ at: hold.median, from: hold.q1, to: hold.q3 }),
        width: 205,
        labels: i === 0,
        legend: LEGEND,
      },
    ),
  )
  const { before, after } = report.load
  const subtitle = [
    'Less is better. Whiskers: quartiles; in parentheses: calls per second.',
    `${measuredOn(report)}, load average ${before} before and ${after} after`,
  ]
  const title = 'Longest hold of the event loop by unmodified programs, ms'
  return page({ title, subtitle, panels, columns: 3 })
}
