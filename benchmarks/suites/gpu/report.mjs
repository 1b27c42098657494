// The results as tables: `node benchmarks/suites/gpu/report.mjs FILE` prints those of a file of results.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseLines } from '../../core/journal.mjs'
import { ranged, targetTable } from '../../core/report.mjs'
import { digits } from '../../core/statistics.mjs'
import { targetLabel } from '../../targets/targets.mjs'

/** Results name targets by id. */
const table = (head, targets, rows) =>
  targetTable(
    head,
    targets.map((target) => ({ ...target, label: targetLabel(target.id) })),
    rows,
  )

const sections = {
  race({ title, rounds, calls, targets }) {
    const baseline = targets.find(({ againstBaseline }) => againstBaseline)?.againstBaseline.id
    const limit = targets.find(({ againstLimit }) => againstLimit)?.againstLimit.id
    const head = ['', 'p50 µs', 'p99 µs', 'p99.9 µs']
    if (baseline) head.push(`p50 × ${targetLabel(baseline)}`, `p99 × ${targetLabel(baseline)}`)
    if (limit) head.push(`+ µs over ${targetLabel(limit)}`)
    const row = ({ id, p50, p99, p999, againstBaseline: base, againstLimit: least }) => [
      targetLabel(id),
      ...[p50, p99, p999].map(digits),
      ...(baseline ? (base ? [ranged(base.p50), ranged(base.p99)] : ['', '']) : []),
      ...(limit ? [least ? digits(least.p50Difference.median) : ''] : []),
    ]
    const body = table(head, targets, (target) => [row(target)])
    return `**${title}** (${rounds} rounds of ${calls} calls)\n\n${body}`
  },

  'in-flight'({ title, targets }) {
    const counts = Object.keys(targets.find(({ perSecond }) => perSecond)?.perSecond ?? {})
    const head = ['runs per second, by bindings in flight', ...counts]
    const cell = ({ runs, gpuPercent }) =>
      digits(runs) + (gpuPercent === undefined ? '' : ` (GPU ${gpuPercent} %)`)
    const body = table(head, targets, ({ id, perSecond }) => [
      [targetLabel(id), ...Object.values(perSecond).map(cell)],
    ])
    return `**${title}**\n\n${body}`
  },

  copies({ targets }) {
    const head = ['copies between pinned and GPU memory', 'bytes', 'p50 µs', 'p99 µs', 'GB/s']
    const body = table(head, targets, ({ id, rows }) =>
      rows.map(({ bytes, direction, p50, p99, gigabytesPerSecond }) => [
        `${id.startsWith('torch') ? 'torch' : 'OrtValue.copyTo'}, ${direction}`,
        String(bytes),
        ...[p50, p99, gigabytesPerSecond].map(digits),
      ]),
    )
    return `**Copies**\n\n${body}`
  },

  pace({ title, targets }) {
    const head = ['from when a call was due', 'calls per second', 'p50 µs', 'p99 µs', 'p99.9 µs', 'p99/p50']
    const body = table(head, targets, ({ id, hz, p50, p99, p999, p99OfP50 }) => [
      [targetLabel(id), String(hz), ...[p50, p99, p999, p99OfP50].map(digits)],
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

/** What the results were measured on, from the machine's line. */
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
