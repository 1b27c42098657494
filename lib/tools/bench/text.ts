import { styleText } from 'node:util'
import type { BenchInput } from './inputs'
import type { BenchReport, Measured } from './report'
import type { Bucket, Spread } from './statistics'

const BAR = 40

/** @param terminal whether there may be colours and bars of eighths */
export function toText({ model, inputs, graph, machine, measured }: BenchReport, terminal: boolean): string {
  const bold = (text: string) => (terminal ? styleText('bold', text) : text)
  const { cpu, cores, system, load, node, threads } = machine
  const slowest = Math.max(...measured.map(({ microseconds }) => microseconds.p50))
  const unit: Unit = slowest < 1000 ? { name: 'µs', size: 1 } : { name: 'ms', size: 1000 }
  return [
    bold(model),
    ...inputs.map(inputLine),
    `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${system}; load average ${load}${load > cores ? ': BUSY, and so are the figures' : ''}`,
    `Node ${node}; onnxruntime-iobinding ${machine.package} (${machine.engine}); ${providersText(measured)}`,
    `intraOpNumThreads ${threads ?? "left to ONNX Runtime's choice"}${graph ? '; the runs replay a captured graph' : ''}`,
    '',
    ...table(measured, unit).map((line, i) => (i === 0 ? bold(line) : line)),
    ...(measured.some(({ microseconds: { p99, p999 } }) => p99 === undefined || p999 === undefined)
      ? ['-: so few runs that none lies beyond it']
      : []),
    ...ratioLines(measured),
    ...measured.flatMap(({ name, histogram }) => [
      '',
      bold(`${name}: how many runs took how long, ${unit.name}`),
      ...histogramLines(histogram, unit, terminal),
    ]),
  ].join('\n')
}

interface Unit {
  readonly name: string
  /** In microseconds. */
  readonly size: number
}

function inputLine({ name, type, dims, range }: BenchInput): string {
  const filled = range === undefined ? 'single letters' : `${range.low}..${range.high}`
  return `  ${name}  ${type} [${dims.join(', ')}]  ${filled}`
}

/** Once, where all have the same. */
function providersText(measured: readonly Measured[]): string {
  const texts = measured.map(({ onnxruntime, executionProviders }) => {
    const on = executionProviders?.join(', ') ?? 'what was asked for, as far as it can'
    return `ONNX Runtime ${onnxruntime} on ${on}`
  })
  const [first] = texts
  return texts.every((text) => text === first)
    ? first!
    : measured.map(({ name }, i) => `${name}: ${texts[i]}`).join('; ')
}

function table(measured: readonly Measured[], { name, size }: Unit): string[] {
  const heads = ['min', 'p50', 'p90', 'p99', 'p99.9', 'max', 'mean']
  const rows = [
    ['', 'runs', ...heads.map((head) => `${head} ${name}`), 'runs/s'],
    ...measured.map((one) => {
      const { min, p50, p90, p99, p999, max, mean } = one.microseconds
      const times = [min, p50, p90, p99, p999, max, mean].map((us) =>
        us === undefined ? '-' : digits(us / size),
      )
      return [one.name, String(one.runs), ...times, digits(one.runsPerSecond)]
    }),
  ]
  return aligned(rows)
}

/** How the bindings stand to onnxruntime-node. */
function ratioLines(measured: readonly Measured[]): string[] {
  const compared = measured.filter(({ ratios }) => ratios !== undefined)
  if (compared.length === 0) return []
  const rows = [
    ['times faster than onnxruntime-node', 'p50', 'p99'],
    ...compared.map(({ name, ratios }) => [
      name,
      spread(ratios!.p50),
      ratios!.p99 ? spread(ratios!.p99) : '-',
    ]),
  ]
  const { rounds } = compared[0]!.ratios!
  return [
    '',
    ...aligned(rows),
    `median (and quartiles) of ${rounds} rounds, which ran in turn; the results agree`,
  ]
}

function spread({ median, q1, q3 }: Spread): string {
  return `${digits(median)} (${digits(q1)}..${digits(q3)})`
}

/** The first column to the left, all others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  '),
  )
}

function histogramLines(buckets: readonly Bucket[], { size }: Unit, terminal: boolean): string[] {
  const all = buckets.reduce((sum, { runs }) => sum + runs, 0)
  const most = Math.max(...buckets.map(({ runs }) => runs))
  const rows = buckets.map(({ from, to, runs }) => [
    '',
    digits(from / size),
    to === undefined ? 'and more' : `.. ${digits(to / size)}`,
    `${((runs / all) * 100).toFixed(2)} %`,
  ])
  const bars = buckets.map(({ runs }) => bar((runs / most) * BAR, terminal))
  return aligned(rows).map((line, i) => `${line}  ${bars[i]}`.trimEnd())
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function bar(length: number, terminal: boolean): string {
  if (!terminal) return '#'.repeat(Math.round(length))
  const eighths = Math.round(length * 8)
  return styleText('cyan', '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!)
}

/** Three digits, and no more than it has. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
