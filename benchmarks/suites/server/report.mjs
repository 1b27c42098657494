// The report of bench:server: tables, and a plot of the latencies.
import { lines, measuredOn, page } from '../../core/plot.mjs'
import { markdownTable, ranged, setup, targetTable, wrap } from '../../core/report.mjs'
import { digits } from '../../core/statistics.mjs'
import { latencyPoints } from '../throughput/report.mjs'

export const MARKERS = /** @type {[string, string]} */ (['<!-- server:begin -->', '<!-- server:end -->'])

/** @param {any[]} rows of a model; the first server is ours */
function serverTable(rows) {
  const least = (kind) => rows.find((row) => row.kind === kind && row.us)?.us.median
  const cells = ({ label, kind, us, perSecond }) => [
    [`${label}, ${kind}`, ranged(us), digits(us.median / least(kind)), digits(perSecond.median)],
  ]
  return targetTable(['', 'CPU by request, µs', '× ours', 'requests/s'], rows, cells)
}

const batchTable = ({ targets }) =>
  markdownTable([
    ['', 'CPU by request, µs', 'without the callers, × onnxruntime-node', 'requests/s'],
    ...targets.map(({ label, us, ratio, perSecond }) => [
      label,
      ranged(us),
      ranged(ratio),
      digits(perSecond.median),
    ]),
  ])

const latency = ({ overloaded, p50, p99 }) =>
  overloaded > 0 ? 'overloaded' : `${digits(p50.median)} / ${digits(p99.median)}`

const latencyTable = ({ loads, targets }) =>
  markdownTable([
    ['p50 / p99, ms', ...targets.map(({ label }) => label)],
    ...loads.map((load) => [
      `${load} %`,
      ...targets.map(({ summaries }) => latency(summaries.find((at) => at.load === load))),
    ]),
  ])

function eventLoop({ title, callers, requests, ours, idle }) {
  const [its, others] = [ours, idle].map(({ p50, p99, max }) => [p50, p99, max].map(digits).join(' / '))
  return wrap(
    `Event loop of the server under ${title} with \`dynamic_batching\` and ${callers} callers, ${requests} requests: delay p50 / p99 / max ${its} ms; of an idle process beside it ${others} ms.`,
  )
}

const disturbed = (latencies) => {
  const [all, loud] = ['samples', 'notQuiet'].map((key) =>
    latencies.reduce((sum, { samples }) => sum + samples[key], 0),
  )
  return `During ${loud} of ${all} samples of latency other processes used more than 5 % of a core.`
}

/** @param {any} report */
export function markdown(report) {
  const { servers, batches, latencies, eventLoop: delays, python = {}, seconds, rounds } = report
  const versions = Object.entries(python).map(([name, version]) => `${name} ${version}`)
  const legend = [
    `The servers take turns with one client in Node.js, which keeps 32 requests of one row in flight, for ${seconds} s in each of ${rounds} rounds. CPU by request is the server process's time, user and system; medians, with quartiles in parentheses.`,
    'Every server uses one thread of ONNX Runtime.',
    ...(versions.length > 0 ? [`In Python: ${versions.join(', ')}.`] : []),
    disturbed(latencies),
  ].join(' ')
  const parts = [
    setup(report),
    wrap(legend),
    ...servers.flatMap(({ title, rows }) => [`**Servers: ${title}**`, serverTable(rows)]),
    ...batches.flatMap((one) => [
      `**Batches: ${one.title}**, ${one.callers} callers in the process`,
      batchTable(one),
    ]),
    ...latencies.flatMap((one) => [
      wrap(`**Latency: ${one.title}** (100 % is onnxruntime-node's ${digits(one.reference)} requests/s)`),
      latencyTable(one),
    ]),
    ...(delays ? [eventLoop(delays)] : []),
  ]
  return [MARKERS[0], parts.join('\n\n'), MARKERS[1]].join('\n')
}

/** A panel for each model: a line for each target through its p99s. */
export function plot(report) {
  const panels = report.latencies.map(({ title, targets }) => {
    const size = { width: 420, height: 220, xTitle: 'offered load, %', yTitle: 'p99, ms (logarithmic)' }
    return lines(latencyPoints(targets), { title, ...size })
  })
  const subtitle = [
    "100 % is the capacity of onnxruntime-node's run. Less is better. Whiskers: quartiles.",
    measuredOn(report),
  ]
  return page({ title: 'p99 latency: batches beside single runs', subtitle, panels })
}
