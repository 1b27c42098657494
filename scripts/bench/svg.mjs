// The plot: a panel for each model, a bar for each contender from the axis to its p50, a whisker on to its p99.
// Colours of middle brightness and no background, so that it reads on a light page and on a dark one.
import { digits } from './statistics.mjs'

export const COLOURS = {
  limit: '#8b8f98',
  ours: '#2f9e6e',
  theirs: '#d0743c',
  text: '#7d838c',
  grid: '#7d838c',
}
const [WIDTH, LABELS, RIGHT, ROW, HEAD, FOOT] = [900, 330, 120, 24, 44, 26]
export const FONT = 'font-family="system-ui, -apple-system, Segoe UI, sans-serif"'

export const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
export const coordinate = (value) => Number(value.toFixed(1))

export function text(
  x,
  y,
  content,
  { size = 13, anchor = 'start', weight = 400, colour = COLOURS.text } = {},
) {
  const at = `x="${coordinate(x)}" y="${coordinate(y)}"`
  const style = `font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${colour}"`
  return `<text ${at} ${style}>${escaped(content)}</text>`
}

export function line(x1, y1, x2, y2, colour, width = 1, opacity = 1) {
  const [a, b, c, d] = [x1, y1, x2, y2].map(coordinate)
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}" stroke-width="${width}" opacity="${opacity}"/>`
}

/** A logarithmic axis over whole decades: their values, and where a value is, from 0 to 1. */
export function logAxis(values) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  return { decades, at: (value) => (Math.log10(value) - low) / (high - low) }
}

function bar({ label, family, p50, p99 }, y, x) {
  const middle = y + ROW / 2
  const colour = COLOURS[family]
  const [from, p50X, p99X] = [LABELS, x(p50), x(p99)]
  const width = coordinate(p50X - from)
  return [
    text(LABELS - 10, middle + 4, label, { anchor: 'end' }),
    `<rect x="${from}" y="${coordinate(y + 5)}" width="${width}" height="${ROW - 10}" rx="2" fill="${colour}"/>`,
    line(p50X, middle, p99X, middle, colour, 2),
    line(p99X, middle - 5, p99X, middle + 5, colour, 2),
    text(p99X + 8, middle + 4, `${digits(p50)} / ${digits(p99)}`, { size: 12 }),
  ]
}

function panel({ title, contenders }, top) {
  const measured = contenders.filter(({ notMeasured }) => !notMeasured)
  const { decades, at } = logAxis(measured.flatMap(({ p50, p99 }) => [p50, p99]))
  const x = (us) => LABELS + at(us) * (WIDTH - LABELS - RIGHT)
  const [first, last] = [top + HEAD, top + HEAD + measured.length * ROW]
  const parts = [
    text(LABELS, top + 24, title, { size: 15, weight: 600 }),
    ...decades.flatMap((decade) => [
      line(x(decade), first, x(decade), last, COLOURS.grid, 1, 0.35),
      text(x(decade), last + 16, `${decade} µs`, { size: 11, anchor: 'middle' }),
    ]),
    ...measured.flatMap((contender, i) => bar(contender, first + i * ROW, x)),
  ]
  return { parts, bottom: last + FOOT }
}

export function plot({ models, hardware, versions, date }) {
  const parts = []
  let top = 0
  for (const model of models) {
    const { parts: drawn, bottom } = panel(model, top)
    parts.push(...drawn)
    top = bottom
  }
  const software = `Node.js ${versions.node}, ONNX Runtime ${versions.onnxruntime}`
  const note = `Time of one call: bar p50, whisker p99 (µs, logarithmic). ${hardware.cpu}, ${software}, ${date.slice(0, 10)}`
  parts.push(text(16, top + 20, note, { size: 12 }))
  const size = `width="${WIDTH}" height="${top + 34}" viewBox="0 0 ${WIDTH} ${top + 34}"`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${FONT} role="img" aria-label="${escaped(note)}">`
  return `${[head, ...parts].join('\n')}\n</svg>\n`
}
