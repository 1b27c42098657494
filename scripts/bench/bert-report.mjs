// The results as Markdown that a terminal can show too: for each precision a table of times, and one of ratios.
import { EAGER, RIVALS } from './bert-contenders.mjs'
import { describeGate } from './quiet.mjs'
import { markdownTable, setup } from './report.mjs'
import { digits } from './statistics.mjs'

export const MARKERS = ['<!-- bench-bert:begin -->', '<!-- bench-bert:end -->']

/** A star where other work was going on. */
const ranged = ({ median, q1, q3, disturbed }) =>
  `${digits(median)} (${digits(q1)}..${digits(q3)})${disturbed ? ' *' : ''}`

function time({ ms, disturbed, against }) {
  if (!ms) return 'not measured'
  const eager = against[EAGER]
  return ranged({ ...ms, disturbed }) + (eager ? `, ×${digits(eager.median)}` : '')
}

function title({ id, rounds, contenders }) {
  const rejected = contenders.reduce((sum, contender) => sum + (contender.rejected ?? 0), 0)
  // Rounds that were disturbed do not count, where enough others do.
  const least = Math.min(...contenders.map(({ counted = rounds }) => counted))
  const notes = [
    `${rounds} rounds`,
    ...(least < rounds ? [`at least ${least} count`] : []),
    ...(rejected > 0 ? [`${rejected} samples rejected`] : []),
  ]
  return `${id.replace('x', ' x ')} (${notes.join(', ')})`
}

/** What a column has nothing of is left out: its reason is below the table. */
const measuredAnywhere = (shapes, id) =>
  shapes.some(({ contenders }) => contenders.find((contender) => contender.id === id)?.ms)

function timeTable(shapes) {
  const columns = shapes[0].contenders.filter(({ id }) => measuredAnywhere(shapes, id))
  const rows = shapes.map((shape) => [
    title(shape),
    ...columns.map(({ id }) => time(shape.contenders.find((contender) => contender.id === id))),
  ])
  return markdownTable([['batch x tokens', ...columns.map(({ label }) => label)], ...rows])
}

function ratioTable(shapes) {
  const labelOf = (wanted) => shapes[0].contenders.find(({ id }) => id === wanted)?.label
  const ours = shapes[0].contenders.filter(
    ({ family, id }) => family === 'ours' && measuredAnywhere(shapes, id),
  )
  const rivals = RIVALS.filter((id) => measuredAnywhere(shapes, id))
  const columns = rivals.flatMap((rival) => ours.map(({ id }) => ({ id, rival })))
  if (columns.length === 0) return undefined
  const rows = shapes.map((shape) => [
    shape.id.replace('x', ' x '),
    ...columns.map(({ id, rival }) => {
      const found = shape.contenders.find((contender) => contender.id === id).against?.[rival]
      return found ? ranged(found) : ''
    }),
  ])
  const head = columns.map(({ id, rival }) => `${labelOf(id)} ÷ ${labelOf(rival)}`)
  return markdownTable([['batch x tokens', ...head], ...rows])
}

/** Who could not be measured, where, and why. */
function missing(shapes) {
  const places = new Map()
  for (const { id, contenders } of shapes) {
    for (const { label, notMeasured, failed } of contenders) {
      const reason = notMeasured
        ? `not measured: ${notMeasured}`
        : failed && `measured until it failed: ${failed}`
      if (!reason) continue
      const key = `${label}: ${reason}`
      places.set(key, [...(places.get(key) ?? []), id])
    }
  }
  return [...places].map(
    ([text, ids]) => `${ids.length === shapes.length ? '' : `${ids.join(', ')}: `}${text}.`,
  )
}

const LEGEND = {
  cpu: `Milliseconds a run: the median over rounds of each round's median, (quartiles), and how many times torch eager's time
(× below 1 is faster). What is in flight together shares the time: theirs is that of all of them by their number. Each contender is a process of its own with the same number of threads; they do their rounds in turn.
The ratios compare rounds that ran moments apart, which the plain medians are not: median (quartiles) over rounds; 1.00 is as
fast, less is faster. A star: other work went on meanwhile.`,
  cuda: `Milliseconds a run, from inputs in host memory to outputs there: the median over rounds of each round's median,
(quartiles), and how many times torch eager's time (× below 1 is faster). The ratios compare rounds that ran moments apart:
median (quartiles) over rounds; 1.00 is as fast, less is faster.`,
}

function warnings({ versions }) {
  const [node, python] = [versions.onnxruntime, versions['onnxruntime (Python)']]
  if (!python || python === node) return []
  return [`Python's ONNX Runtime is ${python}, Node's ${node}: ratios to Python's are between versions too.`]
}

function machine(report) {
  if (report.device === 'cpu') return [setup(report), describeGate(report.gate, report.counts)]
  return [report.machine]
}

/** @param {any} report of bert-cpu.mjs or bert-cuda.mjs */
export function section(report) {
  const precisions = [...new Set(report.shapes.map(({ precision }) => precision))]
  const where = report.device.toUpperCase()
  const tables = precisions.map((precision) => {
    const shapes = report.shapes.filter((shape) => shape.precision === precision)
    const heading = `**${report.rehearsal ? 'REHEARSAL, no GPU: ' : ''}${report.model.title}, ${where}, ${precision}**`
    return [heading, timeTable(shapes), ratioTable(shapes), ...missing(shapes)].filter(Boolean).join('\n\n')
  })
  return [...machine(report), ...warnings(report), '', LEGEND[report.device], '', tables.join('\n\n')].join(
    '\n',
  )
}

/**
 * Both devices' sections: of the one that was not measured, that it was not.
 * @param {{ cpu?: any, cuda?: any }} reports
 */
export function markdown({ cpu, cuda }) {
  const [begin, end] = MARKERS
  const parts = [
    cpu ? section(cpu) : '**CPU**: not yet measured (`npm run bench:bert`).',
    cuda
      ? section(cuda)
      : '**CUDA**, fp32 and fp16: not yet measured (`npm run bench:bert -- --device cuda`).',
  ]
  return [begin, parts.join('\n\n'), end].join('\n')
}
