// The BERT report: for each precision a table of times, a table of ratios, and a plot.
import { measuredOn, page, rows } from '../../core/plot.mjs'
import { describeGate } from '../../core/quiet.mjs'
import { markdownTable, ranged, setup, wrap } from '../../core/report.mjs'
import { digits } from '../../core/statistics.mjs'
import { EAGER, RIVALS } from './figures.mjs'

export const MARKERS = /** @type {[string, string]} */ ([
  '<!-- bench-bert:begin -->',
  '<!-- bench-bert:end -->',
])

/** A star: other work disturbed the samples. */
const starred = (spread) => `${ranged(spread)}${spread.disturbed ? ' *' : ''}`
const find = ({ targets }, wanted) => targets.find(({ id }) => id === wanted)
/** A column without a single figure is omitted: the reason is below the table. */
const isMeasured = (shapes, id) => shapes.some((shape) => find(shape, id)?.ms)

function time({ ms, disturbed, against }) {
  if (!ms) return 'not measured'
  const eager = against[EAGER]
  return starred({ ...ms, disturbed }) + (eager ? `, ×${digits(eager.median)}` : '')
}

const name = ({ id }) => id.replace('x', ' x ')

function timeTable(shapes) {
  const columns = shapes[0].targets.filter(({ id }) => isMeasured(shapes, id))
  const body = shapes.map((shape) => [
    `${name(shape)} (${shape.rounds} rounds)`,
    ...columns.map(({ id }) => time(find(shape, id))),
  ])
  return markdownTable([['batch x tokens', ...columns.map(({ label }) => label)], ...body])
}

/** How many samples the gate rejected, and where disturbed rounds do not count because enough others do. */
function rejections(shapes) {
  const counts = shapes.flatMap((shape) => {
    const rejected = shape.targets.reduce((sum, target) => sum + (target.rejected ?? 0), 0)
    const least = Math.min(...shape.targets.map(({ counted = shape.rounds }) => counted))
    const counting = least < shape.rounds ? ` (at least ${least} of the rounds count)` : ''
    return rejected || counting ? [`${name(shape)}: ${rejected}${counting}`] : []
  })
  return counts.length > 0 ? wrap(`Samples rejected: ${counts.join('; ')}.`) : undefined
}

/** One table for each rival. */
function ratioTables(shapes) {
  const ours = shapes[0].targets.filter(({ family, id }) => family === 'ours' && isMeasured(shapes, id))
  const rivals = ours.length > 0 ? RIVALS.filter((id) => isMeasured(shapes, id)) : []
  return rivals.map((rival) => {
    const body = shapes.map((shape) => [
      name(shape),
      ...ours.map(({ id }) => {
        const found = find(shape, id).against?.[rival]
        return found ? starred(found) : ''
      }),
    ])
    const head = [`÷ ${find(shapes[0], rival).label}`, ...ours.map(({ label }) => label)]
    return markdownTable([head, ...body])
  })
}

/** A row for each step, a column for each shape: time, ratio to torch eager, and error. */
function ladder(shapes) {
  const steps = shapes[0].targets.filter(
    ({ id }) => isMeasured(shapes, id) && shapes.some(({ errors }) => errors?.[id] !== undefined),
  )
  if (steps.length === 0) return []
  const cell = (shape, id) => {
    const found = find(shape, id)
    const error = shape.errors?.[id]
    if (!found.ms || error === undefined) return ''
    return [
      digits(found.ms.median),
      `×${digits(found.against[EAGER]?.median ?? 1)}`,
      error.toExponential(0),
    ].join(', ')
  }
  const head = ['ms, × torch eager, error', ...shapes.map(name)]
  const body = steps.map(({ id, label }) => [label, ...shapes.map((shape) => cell(shape, id))])
  return [
    markdownTable([head, ...body]),
    wrap("Error: the largest difference to the first row's output, a pair of numbers below 1."),
  ]
}

/** Which targets could not be measured, where and why. */
function missing(shapes) {
  const reasons = shapes.flatMap(({ id, targets }) =>
    targets.flatMap(({ label, notMeasured, failed }) => {
      if (!notMeasured && !failed) return []
      const text = notMeasured ? `not measured: ${notMeasured}` : `measured until it failed: ${failed}`
      return [{ id, text: `${label}: ${text}.` }]
    }),
  )
  return [...new Set(reasons.map(({ text }) => text))].map((text) => {
    const ids = reasons.filter((reason) => reason.text === text).map(({ id }) => id)
    return wrap(ids.length === shapes.length ? text : `${ids.join(', ')}: ${text}`)
  })
}

const COMMON =
  "the median over rounds of each round's median, (quartiles), and the ratio to torch eager's time (× below 1 is faster). " +
  'The ratios (÷) compare rounds that ran moments apart, which the plain medians do not: median (quartiles) over rounds; ' +
  'below 1 is faster. '
const LEGEND = {
  cpu: `Milliseconds per run: ${COMMON}Runs in flight together share the time: their figure is the total divided by their number. Each target runs in its own process with the same number of threads, and the targets take turns. A star marks a sample that other work disturbed.`,
  cuda: `Milliseconds per run, from inputs in host memory to outputs in host memory: ${COMMON}`.trimEnd(),
}

/** Ratios to Python compare versions too, where these differ. */
function warnings({ versions }) {
  const [node, python] = [versions.onnxruntime, versions['onnxruntime (Python)']]
  if (!python || python === node) return []
  return [
    `Python's ONNX Runtime is ${python}, Node's is ${node}: ratios to Python also compare these versions.`,
  ]
}

const heading = ({ rehearsal, model, device }, precision) =>
  `${rehearsal ? 'REHEARSAL, no GPU: ' : ''}${model.title}, ${device.toUpperCase()}, ${precision}`

const byPrecision = ({ shapes }) =>
  [...new Set(shapes.map(({ precision }) => precision))].map((precision) => ({
    precision,
    shapes: shapes.filter((shape) => shape.precision === precision),
  }))

/** @param {any} report of cpu.mjs or cuda.mjs */
function section(report) {
  const machine =
    report.device === 'cpu'
      ? [setup(report), wrap(describeGate(report.gate, report.counts))]
      : [wrap(report.machine)]
  const tables = byPrecision(report).flatMap(({ precision, shapes }) => [
    `**${heading(report, precision)}**`,
    timeTable(shapes),
    rejections(shapes),
    ...ratioTables(shapes),
    ...ladder(shapes),
    ...missing(shapes),
  ])
  return [...machine, ...warnings(report), wrap(LEGEND[report.device]), ...tables]
    .filter(Boolean)
    .join('\n\n')
}

/**
 * One section per device; for a device that was not measured, how to do that.
 * @param {any} report
 * @param {any} [other] an earlier report of the other device
 */
export function markdown(report, other) {
  const { cpu, cuda } = { [report.device]: report, ...(other && { [other.device]: other }) }
  const parts = [
    cpu ? section(cpu) : '**CPU**: not yet measured (`npm run bench:bert`).',
    cuda
      ? section(cuda)
      : '**CUDA**, fp32 and fp16: not yet measured (`npm run bench:bert -- --device cuda`).',
  ]
  return [MARKERS[0], parts.join('\n\n'), MARKERS[1]].join('\n')
}

const legend = { torch: 'PyTorch', theirs: 'onnxruntime-node and Python', ours: 'onnxruntime-iobinding' }

/** A panel per shape, with its own axis from zero: a bar to each target's median, a whisker over its quartiles. */
export function plot(report) {
  const sequences = [...new Set(report.shapes.map(({ sequence }) => sequence))].sort((a, b) => a - b)
  const panels = byPrecision(report).flatMap(({ precision, shapes }) =>
    shapes
      .slice()
      .sort((a, b) => a.batch - b.batch || a.sequence - b.sequence)
      .map(({ id, sequence, targets }) =>
        rows(
          targets.filter(({ ms }) => ms).map((target) => ({ ...target, mark: target.disturbed ? ' *' : '' })),
          {
            title: `${name({ id })}${report.device === 'cpu' ? '' : `, ${precision}`}`,
            measure: ({ ms: { median, q1, q3 } }) => ({ at: median, from: q1, to: q3 }),
            width: 190,
            labels: sequence === sequences[0],
            legend,
          },
        ),
      ),
  )
  const subtitle = [
    'Bar: median over rounds; whisker: quartiles. Less is better.',
    'Each panel (batch x tokens) has its own axis.',
    measuredOn(report),
  ]
  const precisions = byPrecision(report).map(({ precision }) => precision)
  return page({
    title: `${heading(report, precisions.join(' and '))}: milliseconds per run`,
    subtitle,
    panels,
    columns: sequences.length,
  })
}
