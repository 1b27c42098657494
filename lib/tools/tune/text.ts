import type { Spread } from '../bench/statistics'
import { digits } from '../bench/text'
import { alignColumns, counted, paint } from '../cli/terminal'
import type { Found, Tried } from './search'

/** What `--json` prints. */
export interface TuneReport extends Found {
  readonly model: string
  readonly objective: string
  readonly callers: number
  readonly seconds: number
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly load: number
    readonly node: string
  }
}

const BAR = 40

export function toText(report: TuneReport): string {
  const { model, objective, callers, seconds, machine, options, tried, untried, compared } = report
  const slowest = Math.max(...compared.map(({ milliseconds }) => milliseconds.median))
  const rows = compared.map(({ name, milliseconds, speedup }) => [
    name,
    spreadText(milliseconds, 1000),
    spreadText(speedup),
    '#'.repeat(Math.max(1, Math.round((milliseconds.median / slowest) * BAR))),
  ])
  return [
    paint('bold', model),
    `${objective} of ${counted(callers, 'caller')}, in ${seconds.toFixed(0)} s`,
    `${machine.cpu}, ${counted(machine.cores, 'core')}; load average ${machine.load}; Node ${machine.node}`,
    '',
    ...alignColumns([['setting', 'time ÷ best before it', 'results', ''], ...tried.map(triedRow)]),
    ...(untried.length > 0 ? [`${counted(untried.length, 'setting')} untried: raise --budget`] : []),
    '',
    ...alignColumns([['', `${objective} µs`, 'speedup over onnxruntime-node'], ...rows]),
    'median (quartiles) of rounds that alternate',
    '',
    Object.keys(options).length === 0
      ? 'No setting is faster than the defaults beyond the spread.'
      : `const session = await InferenceSession.create(${JSON.stringify(model)}, ${JSON.stringify(options, null, 2)})`,
  ].join('\n')
}

function triedRow({ option, value, ratio, used, results, reason }: Tried): string[] {
  const outcome = reason ?? (used ? 'used' : '')
  return [`${option}: ${JSON.stringify(value)}`, ratio ? spreadText(ratio) : '-', results ?? '-', outcome]
}

function spreadText({ median, q1, q3 }: Spread, unit = 1): string {
  return `${digits(median * unit)} (${digits(q1 * unit)}..${digits(q3 * unit)})`
}
