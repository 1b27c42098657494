// Plots: Vega-Lite specifications of panels with a common title and legend. The colors have middle brightness and there is
// no background, so that a plot reads on a light page and on a dark one.
import { digits } from './statistics.mjs'

const COLORS = { limit: '#8b8f98', ours: '#2f9e6e', theirs: '#d0743c', torch: '#8a70c8' }
const GRAY = '#7d838c'
const FONT = 'system-ui, -apple-system, Segoe UI, sans-serif'

const CONFIG = {
  background: null,
  font: FONT,
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: GRAY,
    subtitleColor: GRAY,
    fontSize: 13,
    subtitleFontSize: 11.5,
    offset: 8,
  },
  axis: {
    labelColor: GRAY,
    titleColor: GRAY,
    gridColor: GRAY,
    gridOpacity: 0.25,
    domain: false,
    ticks: false,
  },
  axisY: { labelLimit: 300, labelPadding: 8 },
  legend: {
    labelColor: GRAY,
    titleColor: GRAY,
    orient: 'top',
    title: null,
    labelLimit: 300,
    symbolOpacity: 1,
  },
  concat: { spacing: 22 },
}

/** The color of a value by its family. @param {Record<string, string>} legend the families' names */
const familyColor = (legend) => ({
  field: 'family',
  type: 'nominal',
  scale: { domain: Object.values(legend), range: Object.keys(legend).map((family) => COLORS[family]) },
})

/** A logarithmic scale that fits the values, with ticks at 1, 2 and 5 times powers of ten. @param {number[]} values */
export function logScale(values) {
  const domain = [Math.min(...values) * 0.7, Math.max(...values) * 1.25]
  const decades = Array.from({ length: 16 }, (_, i) => 10 ** (i - 7))
  const ticks = decades
    .flatMap((decade) => [1, 2, 5].map((digit) => Number((digit * decade).toPrecision(1))))
    .filter((tick) => tick >= domain[0] && tick <= domain[1])
  return { scale: { type: 'log', domain, nice: false }, axis: { values: ticks, format: '~g' } }
}

/**
 * A panel with a row per target: on a logarithmic axis a dot and a whisker, on a linear one a bar from zero and a whisker.
 * @param {any[]} values with `label` and `family`
 * @param {object} options
 * @param {string} options.title
 * @param {(value: any) => { at: number, from: number, to: number }} options.measure the dot or bar, and the whisker
 * @param {boolean} [options.log]
 * @param {number} options.width
 * @param {boolean} options.labels
 * @param {Record<string, string>} options.legend the names of all the plot's families
 */
export function rows(values, { title, measure, log = false, width, labels, legend }) {
  const data = values.map((value) => ({
    ...measure(value),
    label: value.label,
    family: legend[value.family],
    text: `${digits(measure(value).at)}${value.mark ?? ''}`,
  }))
  const numbers = data.flatMap(({ at, to }) => [at, to])
  const linear = {
    scale: { domain: [0, 1.15 * Math.max(...numbers)] },
    axis: { tickCount: 4, format: ',.12~g' },
  }
  const x = { type: 'quantitative', title: null, ...(log ? logScale(numbers) : linear) }
  const color = familyColor(legend)
  const whisker = { x: { field: 'from', ...x }, x2: { field: 'to' } }
  const mark = { x: { field: 'at', ...x }, color }
  return {
    title: { text: title, frame: 'group', fontSize: 12 },
    width,
    height: { step: 19 },
    data: { values: data },
    encoding: { y: { field: 'label', type: 'nominal', sort: null, title: null, axis: labels ? {} : null } },
    layer: [
      ...(log
        ? [
            { mark: { type: 'rule', strokeWidth: 2 }, encoding: { ...whisker, color } },
            { mark: { type: 'point', filled: true, size: 70, opacity: 1 }, encoding: mark },
          ]
        : [
            { mark: { type: 'bar', height: 11 }, encoding: mark },
            { mark: { type: 'rule', color: GRAY, strokeWidth: 2 }, encoding: whisker },
          ]),
      {
        mark: { type: 'text', align: 'left', dx: 7, color: GRAY, fontSize: 10.5 },
        encoding: { x: { field: 'to', ...x }, text: { field: 'text' } },
      },
    ],
  }
}

const PALETTE = ['#d0743c', '#8a70c8', '#3f8fc4', '#2f9e6e', '#7d9a2c', '#b58a22', '#c2559d']

/**
 * A panel with a line per target on a logarithmic axis, a dot at each point and a whisker over its quartiles.
 * @param {{ label: string, x: number, y: number, from: number, to: number, hollow: boolean }[]} values
 * @param {{ title: string, width: number, height: number, xTitle: string, yTitle: string }} options
 */
export function lines(values, { title, width, height, xTitle, yTitle }) {
  const labels = [...new Set(values.map(({ label }) => label))]
  const y = { type: 'quantitative', title: yTitle, ...logScale(values.flatMap(({ from, to }) => [from, to])) }
  const color = { field: 'label', type: 'nominal', scale: { domain: labels, range: PALETTE } }
  const points = (isHollow) => ({
    transform: [{ filter: `datum.hollow == ${isHollow}` }],
    mark: { type: 'point', filled: !isHollow, size: 45, opacity: 1, strokeWidth: 1.5 },
    encoding: { y: { field: 'y', ...y }, color },
  })
  const xAxis = { grid: false, values: [...new Set(values.map(({ x }) => x))] }
  return {
    title: { text: title, frame: 'group', fontSize: 12 },
    width,
    height,
    data: { values },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: xTitle,
        scale: { zero: false, nice: false },
        axis: xAxis,
      },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { y: { field: 'y', ...y }, color } },
      {
        mark: { type: 'rule', strokeWidth: 5, opacity: 0.3 },
        encoding: { y: { field: 'from', ...y }, y2: { field: 'to' }, color },
      },
      points(false),
      points(true),
    ],
  }
}

/**
 * A panel with one line over time, on a linear axis that need not begin at zero.
 * @param {{ x: number, y: number }[]} values
 * @param {{ title: string, width: number, height: number, xTitle: string }} options
 */
export const series = (values, { title, width, height, xTitle }) => ({
  title: { text: title, frame: 'group', fontSize: 12 },
  width,
  height,
  data: { values },
  mark: { type: 'line', strokeWidth: 2, color: COLORS.ours },
  encoding: {
    x: { field: 'x', type: 'quantitative', title: xTitle },
    y: { field: 'y', type: 'quantitative', title: null, scale: { zero: false } },
  },
})

/** Panels in columns, with a title, lines below it and the legend. */
export const page = ({ title, subtitle, panels, columns = 1 }) => ({
  title: { text: title, subtitle, fontSize: 15, offset: 14 },
  columns,
  concat: panels,
  config: CONFIG,
})

/** What the figures were measured on, for a subtitle. */
export const measuredOn = ({ hardware, versions, date, shapes }) =>
  [
    `${hardware.cpu}, ${hardware.cores} cores; Node.js ${versions.node}, ONNX Runtime ${versions.onnxruntime}`,
    ...(shapes && versions.torch ? [`torch ${versions.torch}`] : []),
    date.slice(0, 10),
  ].join(', ')

/** Draws a specification. @returns {Promise<string>} an SVG file, small since the package contains the plots */
export async function svg(specification) {
  const [{ parse, View }, { compile }, { optimize }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('svgo'),
  ])
  const drawn = await new View(parse(compile(specification).spec), { renderer: 'none' }).toSVG()
  // Pages show it as an image, whose alternative text is all that is read.
  const attrs = ['class', 'aria-.*', 'pointer-events']
  const plugins = ['preset-default', { name: 'removeAttrs', params: { attrs } }]
  return `${optimize(drawn, { multipass: true, floatPrecision: 2, plugins }).data}\n`
}
