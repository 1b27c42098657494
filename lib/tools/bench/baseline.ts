import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { type OptionValues, UsageError } from '../cli/command'
import { readNumber } from '../cli/options'
import type { BenchReport, Machine } from './report'

/** Measured earlier. */
export interface Baseline {
  readonly file: string
  readonly report: BenchReport
  readonly tolerance: number
}

/** This run's times divided by the baseline's. */
export interface BaselineReport {
  readonly file: string
  /** In percent. */
  readonly tolerance: number
  /** What differs, as text. */
  readonly machine: readonly string[]
  readonly ratios: readonly { readonly name: string; readonly p50: number; readonly p99?: number }[]
  /** Whether a median is longer by more than the tolerance. */
  readonly isSlower: boolean
}

/** @throws UsageError for a file that `--save` did not write */
export function readBaseline(values: OptionValues): Baseline | undefined {
  const file = values.baseline as string | undefined
  const tolerance = readNumber(values, 'tolerance', 0, 1000)
  if (file === undefined) {
    if (tolerance !== undefined) throw new UsageError('--tolerance needs --baseline')
    return undefined
  }
  return { file, report: read(file), tolerance: tolerance ?? 10 }
}

function read(file: string): BenchReport {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    if (Array.isArray(report?.measured) && Array.isArray(report.inputs)) return report
  } catch (error) {
    throw new UsageError(`--baseline: ${(error as Error).message}`)
  }
  throw new UsageError(`--baseline: '${file}' is not a file that bench --save wrote`)
}

/** Times are compared of the same work alone: the model's name and the machine may differ. */
const WORK = ['inputs', 'seed', 'graph', 'callers'] as const
const MACHINE = ['cpu', 'cores', 'system', 'node', 'package', 'engine'] as const

/** @throws UsageError if the baseline is of other inputs or forms */
export function compareWith(
  { file, report: before, tolerance }: Baseline,
  after: BenchReport,
): BaselineReport {
  const other = WORK.find((key) => !isDeepStrictEqual(toJson(after[key]), toJson(before[key])))
  if (other !== undefined) {
    const [given, expected] = [after, before].map((report) => JSON.stringify(report[other]))
    throw new UsageError(`--baseline: '${file}' has other ${other}: ${expected}, and this run ${given}`)
  }
  const ratios = after.measured.map(({ name, microseconds }) => {
    const saved = before.measured.find((one) => one.name === name)?.microseconds
    if (saved === undefined) {
      const names = before.measured.map((one) => one.name).join('; ')
      throw new UsageError(`--baseline: '${file}' has no '${name}'; it has ${names}`)
    }
    const { p50, p99 } = microseconds
    return {
      name,
      p50: p50 / saved.p50,
      ...(p99 !== undefined && saved.p99 !== undefined && { p99: p99 / saved.p99 }),
    }
  })
  const isSlower = ratios.some(({ p50 }) => p50 > 1 + tolerance / 100)
  return { file, tolerance, machine: differences(before.machine, after.machine), ratios, isSlower }
}

const toJson = (value: unknown) => JSON.parse(JSON.stringify(value))

const differences = (before: Machine, after: Machine) =>
  MACHINE.filter((key) => before[key] !== after[key]).map((key) => `${key} ${before[key]} -> ${after[key]}`)
