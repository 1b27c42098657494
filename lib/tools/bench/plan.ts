import type { ExecutionProvider } from '../../device/providers'
import { UsageError } from '../cli/command'
import { providersOf } from '../cli/providers'

/** How a binding is run. */
export type Form = 'runSync' | 'run'

/** How long a measurement goes on. */
export type Limit = { readonly seconds: number } | { readonly runs: number }

/** Both ends can come up for integers; the high one cannot for fractions. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** What `bench` was asked for. It goes to child processes: plain data only. */
export interface BenchPlan {
  readonly model: string
  readonly executionProviders: readonly ExecutionProvider[]
  /** `intraOpNumThreads` */
  readonly threads?: number
  /** Absent: those that the engine has. */
  readonly forms?: readonly Form[]
  readonly limit: Limit
  readonly warmup: Limit
  /** Whether the runs replay a captured graph. */
  readonly graph: boolean
  /** By input or output name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** By input name. */
  readonly ranges: ReadonlyMap<string, Range>
  readonly seed: number
}

/** @throws UsageError that names the option */
export function planOf(model: string, values: Readonly<Record<string, unknown>>): BenchPlan {
  const { sync, async: asynchronous, graph } = values
  const [seconds, runs, threads] = [
    numberOf(values, 'seconds', 0.001, 3600),
    integerOf(values, 'runs', 1),
    integerOf(values, 'threads', 0),
  ]
  if (seconds !== undefined && runs !== undefined)
    throw new UsageError('--seconds and --runs are one too many')
  const warmup = integerOf(values, 'warmup', 0)
  const forms: Form[] = [...(sync ? ['runSync' as const] : []), ...(asynchronous ? ['run' as const] : [])]
  return {
    model,
    executionProviders: providersOf(values.providers as string),
    ...(threads !== undefined && { threads }),
    ...(forms.length > 0 && { forms }),
    limit: runs === undefined ? { seconds: seconds ?? 3 } : { runs },
    warmup: warmup === undefined ? { seconds: 0.5 } : { runs: warmup },
    graph: graph === true,
    shapes: named(values, 'shape', shapeOf),
    ranges: named(values, 'range', rangeOf),
    seed: integerOf(values, 'seed', 0) ?? 1,
  }
}

function numberOf(values: Readonly<Record<string, unknown>>, key: string, least: number, most: number) {
  const text = values[key] as string | undefined
  if (text === undefined) return undefined
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (number >= least && number <= most) return number
  throw new UsageError(`--${key}: expected a number from ${least} to ${most}, got '${text}'`)
}

function integerOf(values: Readonly<Record<string, unknown>>, key: string, least: number) {
  const number = numberOf(values, key, least, 0x7fffffff)
  if (number === undefined || Number.isInteger(number)) return number
  throw new UsageError(`--${key}: expected an integer, got '${values[key]}'`)
}

/** The values of an option `NAME=VALUE` that may be given for many names. */
function named<T>(
  values: Readonly<Record<string, unknown>>,
  key: string,
  read: (value: string) => T | string,
): Map<string, T> {
  const result = new Map<string, T>()
  for (const text of (values[key] ?? []) as readonly string[]) {
    // A name may have = in it, a value has none.
    const at = text.lastIndexOf('=')
    const value = at > 0 ? read(text.slice(at + 1)) : `NAME=${key === 'shape' ? '1x128' : '0..1000'}`
    if (typeof value === 'string') throw new UsageError(`--${key}: expected ${value}, got '${text}'`)
    result.set(text.slice(0, at), value)
  }
  return result
}

/** The shape, or what was expected. */
function shapeOf(text: string): readonly number[] | string {
  if (text === 'scalar') return []
  return /^\d+(x\d+)*$/.test(text)
    ? text.split('x').map(Number)
    : "sizes with x between them, such as 1x128, or 'scalar'"
}

function rangeOf(text: string): Range | string {
  const [low, high, ...more] = text
    .split('..')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const isRange = low !== undefined && high !== undefined && more.length === 0
  return isRange && Number.isFinite(low) && Number.isFinite(high) && low <= high
    ? { low, high }
    : 'the least number and the largest, such as 0..1000'
}
