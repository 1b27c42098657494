import type { ExecutionProvider, SessionOptions } from '../../index'
import { type OptionValues, UsageError } from '../cli/command'
import { readInteger, readNumber, readProviders, toNumber } from '../cli/options'

/** How a binding is run. */
export type Form = 'runSync' | 'run'

/** How long to measure. */
export type Limit = { readonly seconds: number } | { readonly runs: number }

/** Integers include both ends, fractions exclude the high one. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** What `bench` measures. It is sent to child processes: plain data only. */
export interface BenchPlan {
  readonly model: string
  readonly executionProviders: readonly ExecutionProvider[]
  /** `intraOpNumThreads` */
  readonly threads?: number
  /** Runs that are in flight at the same time, each of a binding of its own. */
  readonly callers: number
  /** Default: those that the engine has. */
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
  /** Further session options, which `tune` tries. */
  readonly options?: SessionOptions
}

/**
 * A plan for each number of threads.
 *
 * @throws UsageError that names the option
 */
export function readPlans(model: string, values: OptionValues): [BenchPlan, ...BenchPlan[]] {
  const threads = values.threads as string | undefined
  const plan = readPlan(model, values)
  if (threads === undefined) return [plan]
  const plans = threads.split(',').map((text) => ({
    ...plan,
    threads: readInteger({ threads: text }, 'threads', 0)!,
  }))
  return plans as [BenchPlan, ...BenchPlan[]]
}

function readPlan(model: string, values: OptionValues): BenchPlan {
  const seconds = readNumber(values, 'seconds', 0.001, 3600)
  const runs = readInteger(values, 'runs', 1)
  if (seconds !== undefined && runs !== undefined)
    throw new UsageError('--seconds and --runs are mutually exclusive')
  const warmup = readInteger(values, 'warmup', 0)
  const forms: Form[] = values.sync ? ['runSync'] : []
  if (values.async) forms.push('run')
  const callers = readInteger(values, 'concurrency', 1) ?? 1
  if (callers > 1) {
    if (values.sync) throw new UsageError('--concurrency needs binding.run(): use --async')
    forms.splice(0, forms.length, 'run')
  }
  return {
    model,
    executionProviders: readProviders(values),
    callers,
    ...(forms.length > 0 && { forms }),
    limit: runs === undefined ? { seconds: seconds ?? 3 } : { runs },
    warmup: warmup === undefined ? { seconds: 0.5 } : { runs: warmup },
    graph: values.graph === true,
    shapes: readNamed(values, 'shape', 'NAME=1x128', readShape),
    ranges: readNamed(values, 'range', 'NAME=0..1000', readRange),
    seed: readInteger(values, 'seed', 0) ?? 1,
  }
}

/** The values of an option `NAME=VALUE` that may be given for many names. */
function readNamed<T>(
  values: OptionValues,
  key: string,
  form: string,
  read: (value: string) => T | string,
): Map<string, T> {
  const result = new Map<string, T>()
  for (const text of (values[key] ?? []) as readonly string[]) {
    // A name may contain =, a value does not.
    const at = text.lastIndexOf('=')
    const value = at > 0 ? read(text.slice(at + 1)) : form
    if (typeof value === 'string') throw new UsageError(`--${key}: expected ${value}, got '${text}'`)
    result.set(text.slice(0, at), value)
  }
  return result
}

/** The shape, or what was expected. */
function readShape(text: string): readonly number[] | string {
  if (text === 'scalar') return []
  return /^\d+(x\d+)*$/.test(text)
    ? text.split('x').map(Number)
    : "sizes with x between them, such as 1x128, or 'scalar'"
}

function readRange(text: string): Range | string {
  const numbers = text.split('..').map(toNumber)
  const [low = Number.NaN, high = Number.NaN] = numbers
  return numbers.length === 2 && numbers.every(Number.isFinite) && low <= high
    ? { low, high }
    : 'the lowest and the highest number, such as 0..1000'
}
