// The results as tables: `node scripts/gpu/report.mjs FILE` prints those of a file of results.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { markdownTable } from '../bench/report.mjs'
import { digits } from '../bench/statistics.mjs'
import { labelOf } from './contenders.mjs'
import { parseLines } from './results.mjs'

const spread = ({ median, q1, q3 }) => `${digits(median)} (${digits(q1)}..${digits(q3)})`

/** A table of those that were measured, and below it why the others were not. */
function table(head, contenders, row) {
  const measured = contenders.filter(({ notMeasured }) => notMeasured === undefined)
  return [markdownTable([head, ...measured.flatMap(row)]), ...missing(contenders)].join('\n')
}

function missing(contenders) {
  const byReason = new Map()
  for (const { id, notMeasured } of contenders) {
    if (notMeasured === undefined) continue
    byReason.set(notMeasured, [...(byReason.get(notMeasured) ?? []), labelOf(id)])
  }
  return [...byReason].map(([reason, labels]) => `\nNot measured: ${labels.join('; ')}: ${reason}.`)
}

const sections = {
  race({ title, rounds, calls, contenders }) {
    const baseline = contenders.find(({ againstBaseline }) => againstBaseline)?.againstBaseline.id
    const limit = contenders.find(({ againstLimit }) => againstLimit)?.againstLimit.id
    const head = ['', 'p50 µs', 'p99 µs', 'p99.9 µs']
    if (baseline) head.push(`p50 × ${labelOf(baseline)}`, `p99 × ${labelOf(baseline)}`)
    if (limit) head.push(`+ µs over ${labelOf(limit)}`)
    const body = table(
      head,
      contenders,
      ({ id, p50, p99, p999, againstBaseline: base, againstLimit: least }) => [
        [
          labelOf(id),
          ...[p50, p99, p999].map(digits),
          ...(baseline ? (base ? [spread(base.p50), spread(base.p99)] : ['', '']) : []),
          ...(limit ? [least ? digits(least.p50Difference.median) : ''] : []),
        ],
      ],
    )
    return `**${title}** (${rounds} rounds of ${calls} calls)\n\n${body}`
  },

  'in-flight'({ title, contenders }) {
    const counts = Object.keys(contenders.find(({ perSecond }) => perSecond)?.perSecond ?? {})
    const head = ['runs a second, by bindings in flight', ...counts]
    const body = table(head, contenders, ({ id, perSecond }) => [
      [
        labelOf(id),
        ...Object.values(perSecond).map(({ runs, gpuPercent }) =>
          gpuPercent === undefined ? digits(runs) : `${digits(runs)} (GPU ${gpuPercent} %)`,
        ),
      ],
    ])
    return `**${title}**\n\n${body}`
  },

  copies({ contenders }) {
    const head = ['copies, pinned memory and the GPU', 'bytes', 'p50 µs', 'p99 µs', 'GB/s']
    const body = table(head, contenders, ({ id, rows }) =>
      rows.map(({ bytes, direction, p50, p99, gigabytesPerSecond }) => [
        `${id.startsWith('torch') ? 'torch' : 'OrtValue.copyTo'}, ${direction}`,
        String(bytes),
        ...[p50, p99, gigabytesPerSecond].map(digits),
      ]),
    )
    return `**Copies**\n\n${body}`
  },

  pace({ title, contenders }) {
    const head = ['from when a call was due', 'calls a second', 'p50 µs', 'p99 µs', 'p99.9 µs', 'p99/p50']
    const body = table(head, contenders, ({ id, hz, p50, p99, p999, p99OfP50 }) => [
      [labelOf(id), String(hz), ...[p50, p99, p999, p99OfP50].map(digits)],
    ])
    return `**${title}, at a steady rate**\n\n${body}`
  },

  failed: ({ id, reason }) => `**${id}** FAILED: ${reason}`,
}

/** @param {any[]} entries of a file of results */
export function markdown(entries, rehearsal) {
  const texts = entries
    .filter(({ type }) => Object.hasOwn(sections, type))
    .map((entry) => sections[entry.type](entry))
  return texts.map((text) => (rehearsal ? text.replace('**', '**REHEARSAL, no GPU: ') : text)).join('\n\n')
}

/** What was measured on, of the machine's line. */
export function setup({ gpus, hardware, onnxruntime, node, date, rehearsal }) {
  const names = gpus?.map(({ name, driver }) => `${name} (driver ${driver})`).join(', ') ?? 'a GPU'
  const { cpu, cores, system } = hardware
  const what = `${names}; ${cpu}, ${cores} cores, ${system}; ONNX Runtime ${onnxruntime}, Node ${node}; ${date.slice(0, 10)}.`
  return rehearsal ? `REHEARSAL on a fake driver: none of these figures is a GPU's. ${what}` : what
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [machine, ...entries] = parseLines(readFileSync(process.argv[2], 'utf8'))
  console.log(`${setup(machine)}\n\n${markdown(entries, machine.rehearsal)}`)
}
