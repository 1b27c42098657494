// The plot of latency against load: a panel for each model, a line for each contender through its p99s, named at its end.
// Colours of middle brightness and no background, so that it reads on a light page and on a dark one.
import { COLOURS, coordinate, escaped, FONT, line, logAxis, text } from './svg.mjs'
import { sustained } from './throughput-statistics.mjs'

const [WIDTH, LEFT, RIGHT, HEIGHT, HEAD, FOOT] = [900, 70, 220, 380, 44, 56]
const LABEL_HEIGHT = 16
const PALETTE = ['#d0743c', '#8a70c8', '#3f8fc4', '#2f9e6e', '#7d9a2c', '#b58a22', '#c2559d']

function linearAxis(loads) {
  const [first, last] = [loads[0], loads[loads.length - 1]]
  return (load) => LEFT + ((load - first) / (last - first)) * (WIDTH - LEFT - RIGHT)
}

/** A load that was kept up with has a full point, another's is hollow. */
function point(at, x, y, colour) {
  const [cx, cy] = [coordinate(x(at.load)), coordinate(y(at.p99.median))]
  const fill = sustained(at) ? colour : 'none'
  return [
    line(cx, y(at.p99.q1), cx, y(at.p99.q3), colour, 5, 0.3),
    `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${fill}" stroke="${colour}" stroke-width="1.5"/>`,
  ]
}

/** Labels beside the ends of their lines, moved apart where they would cover each other. */
function labels(ends, bottom) {
  const sorted = ends.toSorted((a, b) => a.y - b.y)
  let lowest = Number.NEGATIVE_INFINITY
  for (const end of sorted) {
    end.labelY = Math.max(end.y, lowest + LABEL_HEIGHT)
    lowest = end.labelY
  }
  const tooLow = Math.max(0, lowest - bottom)
  const left = WIDTH - RIGHT + 24
  return sorted.flatMap(({ x, y, labelY, label, colour }) => [
    line(x + 6, y, left - 5, labelY - tooLow, colour, 1, 0.5),
    text(left, labelY - tooLow + 4, label, { size: 12, weight: 600, colour }),
  ])
}

function panel({ title, loads, contenders }, top) {
  const lines = contenders.map(({ label, summaries }, i) => ({
    label,
    colour: PALETTE[i % PALETTE.length],
    points: summaries.filter(({ overloaded }) => overloaded === 0),
  }))
  const drawn = lines.filter(({ points }) => points.length > 0)
  const [first, last] = [top + HEAD, top + HEAD + HEIGHT]
  const x = linearAxis(loads)
  const values = drawn.flatMap(({ points }) => points.flatMap(({ p99 }) => [p99.q1, p99.q3]))
  const { decades, at } = logAxis(values)
  const y = (ms) => first + (1 - at(ms)) * HEIGHT
  const ends = drawn.map(({ label, colour, points }) => {
    const end = points[points.length - 1]
    return { label, colour, x: x(end.load), y: y(end.p99.median) }
  })
  const right = WIDTH - RIGHT
  const parts = [
    text(LEFT, top + 24, title, { size: 15, weight: 600 }),
    ...decades.flatMap((ms) => [
      line(LEFT, y(ms), right, y(ms), COLOURS.grid, 1, 0.35),
      text(LEFT - 8, y(ms) + 4, `${ms} ms`, { size: 11, anchor: 'end' }),
    ]),
    ...loads.map((load) => text(x(load), last + 18, `${load} %`, { size: 11, anchor: 'middle' })),
    ...drawn.flatMap(({ colour, points }) => {
      const path = points.map(({ load, p99 }) => `${coordinate(x(load))},${coordinate(y(p99.median))}`)
      return [
        `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...points.flatMap((at) => point(at, x, y, colour)),
      ]
    }),
    ...labels(ends, last),
  ]
  return { parts, bottom: last + FOOT }
}

/** Models with three loads or more, and something to show. */
const isDrawn = ({ loads, contenders }) =>
  loads.length > 2 && contenders.some(({ summaries }) => summaries.some(({ overloaded }) => overloaded === 0))

/** @param {object} report of throughput.mjs */
export function plotLines({ models, hardware, versions, date }) {
  const parts = []
  let top = 0
  for (const model of models.filter(isDrawn)) {
    const { parts: drawn, bottom } = panel(model, top)
    parts.push(...drawn)
    top = bottom
  }
  const software = `Node.js ${versions.node}, ONNX Runtime ${versions.onnxruntime}`
  const notes = [
    "p99 latency (logarithmic) by offered load, in percent of what onnxruntime-node's run can do at most; bars: quartiles.",
    `Hollow: the load was not kept up with. ${hardware.cpu}, ${hardware.cores} cores, ${software}, ${date.slice(0, 10)}`,
  ]
  parts.push(...notes.map((note, i) => text(16, top + 10 + i * 18, note, { size: 12 })))
  const height = top + 44
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${FONT} role="img" aria-label="${escaped(notes[0])}">`
  return `${[head, ...parts].join('\n')}\n</svg>\n`
}
