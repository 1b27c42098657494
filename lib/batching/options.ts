import { array, bare, boolean, type Check, checkOptions, integer, isRecord, record } from '../check'
import { describe, OrtRangeError, OrtTypeError } from '../errors'
import type { Priority } from './queue'
import type { RowData } from './rows'
import { milliseconds, WAIT_OPTIONS, type WaitOptions } from './wait'

/** Options of `session.createBatcher`. */
export interface BatcherOptions {
  /** The most rows in one run. Default 32, or the largest of `sizes`. */
  readonly maxBatchSize?: number
  /**
   * How long a row may wait for others while no run is in flight. Default 0: what waits when a run ends goes together, and a row
   * that finds nothing in flight goes with those of the same turn of the event loop.
   */
  readonly maxQueueDelayMs?: number
  /** With `maxQueueDelayMs`: as many rows go without that delay, while no run is in flight. Default: none. */
  readonly preferredSizes?: readonly number[]
  /** How many rows may wait; a further one is refused (`ERR_QUEUE_FULL`). Default 1024. */
  readonly maxQueueSize?: number
  /** Batches are kept so small that a run is expected to take no longer, by the time of earlier runs. Default: no limit. */
  readonly maxBatchTimeMs?: number
  /**
   * The axis of each input and output along which rows are put together. Default 0 for inputs; for outputs the axis that grows
   * with the batch. `null`: there is none; an input then has one value for all rows of a batch (rows of different values go in
   * different batches), and each row gets the whole output.
   */
  readonly batchAxes?: Readonly<Record<string, number | null>>
  /** The outputs of a result. Default: all. */
  readonly fetches?: readonly string[]
  /** `'exact'` (the default): a run has as many rows as go together. Numbers: the sizes of runs; what is missing is padded. */
  readonly sizes?: 'exact' | readonly number[]
  /** The elements of the rows that fill up a size, by input. Default 0, and empty strings. */
  readonly pad?: Readonly<Record<string, number | bigint | string>>
  /**
   * How a batch is compared with its rows alone when the batcher is created: `true` (the default) by bits, or with a tolerance:
   * `|batch - alone| <= tolerance * max(1, |alone|)`.
   */
  readonly verify?: true | { readonly tolerance: number }
  /**
   * The rows of that comparison. Default: floats of varied magnitude, integers 0 and 1, masks (by their name) of ones, and 8 for
   * each `'?'`.
   */
  readonly samples?: readonly Readonly<Record<string, RowData>>[]
  /** Runs every size once when the batcher is created, and compares it. Default true; else some sizes are compared. */
  readonly warmup?: boolean
}

/** Options of `batcher.run`. */
export interface BatcherRunOptions extends WaitOptions {
  /** `'high'`: before all rows of normal priority. Default `'normal'`. */
  readonly priority?: Priority
}

export interface ResolvedOptions {
  readonly maxBatchSize: number
  readonly maxQueueDelayMs: number
  /** Ascending. */
  readonly preferredSizes: readonly number[]
  readonly maxQueueSize: number
  readonly maxBatchTimeMs: number | undefined
  readonly batchAxes: Readonly<Record<string, number | null>>
  readonly fetches: readonly string[] | undefined
  /** Ascending; undefined: every size. */
  readonly sizes: readonly number[] | undefined
  readonly pad: Readonly<Record<string, unknown>>
  /** Undefined: bits. */
  readonly tolerance: number | undefined
  readonly samples: readonly unknown[] | undefined
  readonly warmup: boolean
}

const MOST_ROWS = 2 ** 16

const axes: Check<Readonly<Record<string, number | null>>> = (value, name) => {
  const given = record(value, name)
  for (const key of Object.keys(given))
    if (given[key] !== null) integer(0, MOST_ROWS)(given[key], `${name}.${key}`)
  return given as Record<string, number | null>
}

const ascending = (given: readonly unknown[], name: string): readonly number[] =>
  given.map((size) => integer(1, MOST_ROWS)(size, name)).sort((a, b) => a - b)

const preferredSizes: Check<readonly number[]> = (value, name) =>
  ascending(array('an array of numbers')(value, name), name)

const sizes: Check<readonly number[] | undefined> = (value, name) => {
  if (value === 'exact') return undefined
  const checked = ascending(array("'exact' or an array of numbers")(value, name), name)
  if (checked.length > 0) return checked
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is empty`, {
    expected: "'exact' or at least one size",
  })
}

const verify: Check<number | undefined> = (value, name) => {
  if (value === true) return undefined
  const details = { expected: 'true or { tolerance: number }', given: describe(value) }
  if (!isRecord(value)) throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `invalid '${name}'`, details)
  const { tolerance } = checkOptions(value, { tolerance: (given) => given }, 'option of verify')
  if (typeof tolerance === 'number' && tolerance >= 0) return tolerance
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
    ...details,
    given: describe(tolerance),
  })
}

const samples: Check<readonly unknown[]> = (value, name) => {
  const given = array('an array of rows')(value, name)
  if (given.length > 0) return given
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is empty`, { expected: 'at least one row' })
}

const names: Check<readonly string[]> = (value, name) => array('an array of names')(value, name) as string[]

const OPTIONS = {
  maxBatchSize: integer(1, MOST_ROWS),
  maxQueueDelayMs: milliseconds,
  preferredSizes,
  maxQueueSize: integer(1, 2 ** 24),
  maxBatchTimeMs: milliseconds,
  batchAxes: axes,
  fetches: names,
  sizes,
  pad: record,
  verify,
  samples,
  warmup: boolean,
}

/** @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError naming the option */
export function resolveOptions(options: unknown): ResolvedOptions {
  const given = checkOptions(options, OPTIONS, 'option of createBatcher')
  const largest = given.sizes?.at(-1)
  const { maxBatchSize = largest ?? 32 } = given
  if (largest !== undefined && largest !== maxBatchSize) {
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', "'sizes' does not end with 'maxBatchSize'", {
      expected: String(maxBatchSize),
      given: String(largest),
    })
  }
  const { preferredSizes = [] } = given
  const tooLarge = preferredSizes.find((size) => size > maxBatchSize)
  if (tooLarge !== undefined) {
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', "'preferredSizes' has a size beyond 'maxBatchSize'", {
      expected: `at most ${maxBatchSize}`,
      given: String(tooLarge),
    })
  }
  return {
    maxBatchSize,
    maxQueueDelayMs: given.maxQueueDelayMs ?? 0,
    preferredSizes,
    maxQueueSize: given.maxQueueSize ?? 1024,
    maxBatchTimeMs: given.maxBatchTimeMs,
    batchAxes: given.batchAxes ?? {},
    fetches: given.fetches,
    sizes: given.sizes,
    pad: given.pad ?? {},
    tolerance: given.verify,
    samples: given.samples,
    warmup: given.warmup ?? true,
  }
}

const priority: Check<Priority> = (value, name) => {
  if (value === 'high' || value === 'normal') return value
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
    expected: "'high' or 'normal'",
    given: describe(value),
  })
}

const NONE: BatcherRunOptions = Object.freeze(bare({}))
const RUN_OPTIONS = { ...WAIT_OPTIONS, priority }

/** @throws the reason of an aborted signal; OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError */
export function resolveRun(options: BatcherRunOptions | undefined): BatcherRunOptions {
  if (options === undefined) return NONE
  const checked = checkOptions(options, RUN_OPTIONS, 'option of run')
  checked.signal?.throwIfAborted()
  return checked
}
