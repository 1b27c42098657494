import { styleText } from 'node:util'
import { alignColumns, counted, hasColors, paint } from '../cli/terminal'
import { tensorText } from '../tensors/host-tensor'
import type { BaselineReport } from './baseline'
import type { BenchInput } from './inputs'
import type { BenchReport, Machine, Measured } from './report'
import type { Bucket, Spread } from './statistics'

const BAR = 40

export interface Unit {
  readonly name: string
  /** In microseconds. */
  readonly size: number
}

/** That of the slowest. */
export function chooseUnit(measured: readonly Measured[]): Unit {
  const slowest = Math.max(...measured.map(({ microseconds }) => microseconds.p50))
  return slowest < 1000 ? { name: 'µs', size: 1 } : { name: 'ms', size: 1000 }
}

type Report = BenchReport & { readonly baseline?: BaselineReport }

export function toText({ model, inputs, graph, callers, machine, measured, baseline }: Report): string {
  const { cpu, cores, system, load, node } = machine
  const unit = chooseUnit(measured)
  return [
    paint('bold', model),
    ...inputs.map(inputLine),
    `${cpu}, ${counted(cores, 'core')}, ${system}; load average ${load}${load > cores ? ': BUSY, the times are unreliable' : ''}`,
    `Node ${node}; onnxruntime-iobinding ${machine.package} (${machine.engine}); ${providersText(measured)}`,
    [
      `intraOpNumThreads ${threadsText(machine, measured)}`,
      ...(callers > 1 ? [`${callers} callers at the same time`] : []),
      ...(graph ? ['the runs replay a captured graph'] : []),
    ].join('; '),
    '',
    ...table(measured, unit).map((line, i) => (i === 0 ? paint('bold', line) : line)),
    ...(measured.some(({ microseconds: { p99, p999 } }) => p99 === undefined || p999 === undefined)
      ? ['-: too few runs for this percentile']
      : []),
    ...ratioLines(measured),
    ...baselineLines(baseline),
    ...measured.flatMap(({ name, histogram }) => [
      '',
      paint('bold', `${name}: run times in ${unit.name}`),
      ...histogramLines(histogram, unit),
    ]),
  ].join('\n')
}

function threadsText({ threads }: Machine, measured: readonly Measured[]): string {
  const several = new Set(measured.flatMap(({ threads }) => threads ?? []))
  return several.size > 0 ? [...several].join(', ') : String(threads ?? 'default')
}

function inputLine({ name, type, dims, range }: BenchInput): string {
  const filled = range === undefined ? 'single letters' : `${range.low}..${range.high}`
  return `  ${name}  ${tensorText({ type, dims })}  ${filled}`
}

/** Once, where all are the same. */
function providersText(measured: readonly Measured[]): string {
  const texts = measured.map(({ onnxruntime, executionProviders }) => {
    const providers =
      executionProviders?.join(', ') ?? 'the requested providers, as far as they are available'
    return `ONNX Runtime ${onnxruntime} on ${providers}`
  })
  return new Set(texts).size === 1
    ? texts[0]!
    : measured.map(({ name }, i) => `${name}: ${texts[i]}`).join('; ')
}

const PERCENTILES = {
  min: 'min',
  p50: 'p50',
  p90: 'p90',
  p99: 'p99',
  p999: 'p99.9',
  max: 'max',
  mean: 'mean',
}

function table(measured: readonly Measured[], { name, size }: Unit): string[] {
  const keys = Object.keys(PERCENTILES) as (keyof typeof PERCENTILES)[]
  const rows = measured.map(({ name, runs, runsPerSecond, microseconds }) => {
    const times = keys
      .map((key) => microseconds[key])
      .map((us) => (us === undefined ? '-' : digits(us / size)))
    return [name, String(runs), ...times, digits(runsPerSecond)]
  })
  const heads = Object.values(PERCENTILES).map((head) => `${head} ${name}`)
  return alignColumns([['', 'runs', ...heads, 'runs/s'], ...rows], 1)
}

/** The bindings compared with onnxruntime-node. */
function ratioLines(measured: readonly Measured[]): string[] {
  const compared = measured.flatMap(({ name, ratios }) => (ratios === undefined ? [] : { name, ...ratios }))
  if (compared.length === 0) return []
  const rows = compared.map(({ name, p50, p99 }) => [name, spreadText(p50), p99 ? spreadText(p99) : '-'])
  return [
    '',
    ...alignColumns([['speedup over onnxruntime-node', 'p50', 'p99'], ...rows], 1),
    `median (quartiles) of ${compared[0]!.rounds} rounds that alternate; the results agree`,
  ]
}

function baselineLines(baseline: BaselineReport | undefined): string[] {
  if (baseline === undefined) return []
  const { file, tolerance, machine, ratios } = baseline
  const rows = ratios.map(({ name, p50, p99 }) => [
    name,
    digits(p50),
    p99 === undefined ? '-' : digits(p99),
    p50 > 1 + tolerance / 100 ? `SLOWER by more than ${tolerance} %` : '',
  ])
  return [
    '',
    ...alignColumns([[`time divided by that of ${file}`, 'p50', 'p99'], ...rows], 1),
    ...machine.map((difference) => `another machine: ${difference}`),
  ]
}

function spreadText({ median, q1, q3 }: Spread): string {
  return `${digits(median)} (${digits(q1)}..${digits(q3)})`
}

function histogramLines(buckets: readonly Bucket[], { size }: Unit): string[] {
  const all = buckets.reduce((sum, { runs }) => sum + runs, 0)
  const most = Math.max(...buckets.map(({ runs }) => runs))
  const rows = buckets.map(({ from, to, runs }) => [
    '',
    digits(from / size),
    to === undefined ? 'and more' : `.. ${digits(to / size)}`,
    `${((runs / all) * 100).toFixed(2)} %`,
  ])
  return alignColumns(rows, 1).map((line, i) => `${line}  ${bar((buckets[i]!.runs / most) * BAR)}`.trimEnd())
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function bar(length: number): string {
  if (!hasColors()) return '#'.repeat(Math.round(length))
  const eighths = Math.round(length * 8)
  return styleText('cyan', '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!)
}

/** Three significant digits, and all digits before the point. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
