// The plot: for each precision small multiples, a row of panels for each batch, a panel for each length; in each a bar for
// each contender to its median, a whisker over its quartiles. Colours of middle brightness, for light and dark pages.
import { digits } from './statistics.mjs'
import { COLOURS, coordinate, escaped, FONT, line, text } from './svg.mjs'

const FAMILIES = { ...COLOURS, torch: '#8a70c8' }
const [LABELS, PANEL, GAP, ROW, HEAD, FOOT, MARGIN] = [170, 190, 62, 18, 34, 14, 16]

/** @param {[number, number]} at left and top of the bar's row */
function bar({ family, ms, notMeasured, disturbed }, [left, top], x) {
  const middle = top + ROW / 2
  if (notMeasured) return [text(left + 4, middle + 4, 'not measured', { size: 10 })]
  const colour = FAMILIES[family]
  const [end, q1, q3] = [ms.median, ms.q1, ms.q3].map(x)
  const size = `width="${coordinate(end)}" height="${ROW - 7}"`
  return [
    `<rect x="${left}" y="${coordinate(top + 3.5)}" ${size} rx="2" fill="${colour}"/>`,
    line(left + q1, middle, left + q3, middle, COLOURS.text, 2),
    text(left + Math.max(end, q3) + 5, middle + 4, `${digits(ms.median)}${disturbed ? ' *' : ''}`, {
      size: 11,
    }),
  ]
}

/** The axis of a panel begins at nothing: bars are as long as what they stand for. */
function panel(shape, left, top) {
  const longest = Math.max(...shape.contenders.flatMap(({ ms }) => (ms ? [ms.q3] : [])), Number.MIN_VALUE)
  const x = (ms) => (ms / longest) * PANEL
  const bottom = top + HEAD + shape.contenders.length * ROW
  return [
    text(left, top + 22, `${shape.batch} x ${shape.sequence}, ms`, { size: 13, weight: 600 }),
    line(left, top + HEAD, left, bottom, COLOURS.grid, 1, 0.5),
    ...shape.contenders.flatMap((contender, i) => bar(contender, [left, top + HEAD + i * ROW], x)),
  ]
}

function row(shapes, columns, top) {
  const { contenders } = shapes[0]
  const parts = [
    ...contenders.map(({ label }, i) =>
      text(MARGIN + LABELS, top + HEAD + i * ROW + ROW / 2 + 4, label, { size: 12, anchor: 'end' }),
    ),
    ...shapes.flatMap((shape) => panel(shape, leftOf(columns.indexOf(shape.sequence)), top)),
  ]
  return { parts, bottom: top + HEAD + contenders.length * ROW + FOOT }
}

const leftOf = (column) => MARGIN + LABELS + 10 + column * (PANEL + GAP)

/** What each value of a property occurs with, in ascending order. */
const groups = (shapes, key) =>
  [...new Set(shapes.map((shape) => shape[key]))].map((value) =>
    shapes.filter((shape) => shape[key] === value),
  )

/** @param {any} report of bert-cpu.mjs or bert-cuda.mjs */
export function plot({ device, model, shapes, hardware, versions, date, rehearsal }) {
  const columns = [...new Set(shapes.map(({ sequence }) => sequence))].sort((a, b) => a - b)
  const parts = []
  let top = 6
  for (const ofPrecision of groups(shapes, 'precision')) {
    const heading = `${rehearsal ? 'REHEARSAL, no GPU: ' : ''}${model.title}, ${device.toUpperCase()}, ${ofPrecision[0].precision}`
    parts.push(text(MARGIN, top + 22, heading, { size: 15, weight: 600 }))
    top += 28
    for (const ofBatch of groups(ofPrecision, 'batch').sort(([a], [b]) => a.batch - b.batch)) {
      const { parts: drawn, bottom } = row(ofBatch, columns, top)
      parts.push(...drawn)
      top = bottom
    }
  }
  const software = [
    `ONNX Runtime ${versions.onnxruntime}`,
    versions.torch && `torch ${versions.torch}`,
  ].filter(Boolean)
  const what =
    'Time of a run by batch x tokens: bar median, line quartiles (ms; each panel has its own scale; *: not quiet).'
  const note = `${hardware.cpu}, ${hardware.cores} cores; ${software.join(', ')}; ${date.slice(0, 10)}.`
  parts.push(text(MARGIN, top + 20, what, { size: 12 }), text(MARGIN, top + 38, note, { size: 12 }))
  const [width, height] = [Math.max(leftOf(columns.length), 760), top + 52]
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${FONT} role="img" aria-label="${escaped(what)}">`
  return `${[head, ...parts].join('\n')}\n</svg>\n`
}
