import type { BenchReport, Measured } from './report'
import { chooseUnit, digits, type Unit } from './text'

const [WIDTH, LEFT, BARS, GAP] = [760, 210, 90, 34]

/** The histograms one above the other, on one axis: run times grow to the right. */
export function toSvg({ model, measured }: BenchReport): string {
  const height = 40 + measured.length * (BARS + GAP)
  const panels = measured.map((one, i) => panel(one, 40 + i * (BARS + GAP), chooseUnit(measured)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="10" y="22" font-size="14" font-weight="bold">${escapeXml(model)}: run times in ${chooseUnit(measured).name}</text>
${panels.join('\n')}
</svg>
`
}

function panel({ name, microseconds, histogram }: Measured, top: number, { name: unit, size }: Unit): string {
  const width = (WIDTH - LEFT - 20) / histogram.length
  const most = Math.max(...histogram.map(({ runs }) => runs))
  const bottom = top + BARS
  const bars = histogram.map(({ from, to, runs }, i) => {
    const height = (runs / most) * (BARS - 10)
    const range = `${digits(from / size)} ${to === undefined ? 'and more' : `to ${digits(to / size)}`} ${unit}`
    return `<rect x="${round(LEFT + i * width)}" y="${round(bottom - height)}" width="${round(width - 1)}" height="${round(height)}" fill="#3b7dd8"><title>${range}: ${runs} runs</title></rect>`
  })
  const labels = histogram.flatMap(({ from }, i) =>
    i % 2 === 0
      ? `<text x="${round(LEFT + i * width)}" y="${bottom + 14}" font-size="10" fill="#555">${digits(from / size)}</text>`
      : [],
  )
  const { p50, p99 } = microseconds
  const figures = [p50, p99].flatMap((us, i) =>
    us === undefined ? [] : `${['p50', 'p99'][i]} ${digits(us / size)} ${unit}`,
  )
  return [
    `<text x="10" y="${top + 40}">${escapeXml(name)}</text>`,
    `<text x="10" y="${top + 58}" fill="#555">${figures.join(', ')}</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${bottom}" y2="${bottom}" stroke="#999"/>`,
    ...bars,
    ...labels,
  ].join('\n')
}

const round = (value: number) => Math.round(value * 100) / 100

const escapeXml = (text: string) =>
  text.replace(/[&<>]|\p{Cc}/gu, (character) => `&#${character.codePointAt(0)};`)
