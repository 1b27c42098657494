import { isOrtError, listed, OrtError, OrtTypeError } from '../errors'
import { type ElementType, elementTypeName, rawView, type TypedArray } from '../model/element-types'
import { shapeText } from '../model/shape'
import { SMALL_FLOATS } from '../model/small-floats'
import { type BatchModel, Group, ShapeVaries } from './group'
import type { BatchOutput } from './memory'
import type { EncodedRow } from './rows'
import { type RowResult, takeRow } from './sized'

interface Alone {
  readonly result: RowResult
  readonly dims: readonly (readonly number[])[]
}

export interface Verified {
  readonly outputs: readonly BatchOutput[]
  /** The shapes of a row's results. */
  readonly rowDims: readonly (readonly number[])[]
}

const SAMPLES_REMEDY = 'Give rows that the model accepts: samples: [{ … }, { … }]'

/** A row's results by themselves: in a batch of one, whatever the batcher's sizes are. */
async function runAlone(model: BatchModel, rows: readonly EncodedRow[]): Promise<Alone[]> {
  const group = new Group({ ...model, sizes: undefined, most: 1 }, rows[0]!)
  try {
    const all: Alone[] = []
    for (const row of rows) {
      const results = await group.run(0, [row])
      all.push({ result: takeRow(results, 1, 0), dims: results.dims })
    }
    return all
  } catch (error) {
    throw refused(error)
  } finally {
    group.dispose()
  }
}

function refused(error: unknown): unknown {
  if (!isOrtError(error) || !error.code.startsWith('ERR_ORT_')) return error
  return new OrtError(
    error.code,
    'the model refuses the sample rows, so that its batches cannot be verified',
    {
      remedy: SAMPLES_REMEDY,
      cause: error,
    },
  )
}

/**
 * The batch axes of the outputs whose axes are not given: the one that is 1 for a row alone, and 2 for two rows.
 *
 * @param axes undefined: to be found
 */
async function findAxes(
  model: Omit<BatchModel, 'outputs'>,
  axes: readonly (readonly [name: string, axis: number | null | undefined])[],
  rows: readonly EncodedRow[],
): Promise<BatchOutput[]> {
  const whole = { ...model, sizes: undefined, most: 2, outputs: axes.map(([name]) => ({ name, axis: null })) }
  const pair = [rows[0]!, rows[1 % rows.length]!]
  const group = new Group(whole, rows[0]!)
  try {
    const one = (await group.run(0, [rows[0]!])).dims
    const two = model.most === 1 ? undefined : await runPair(whole, pair)
    return axes.map(([name, axis], i) => ({
      name,
      axis: axis !== undefined ? axis : found(name, one[i]!, two?.[i]),
    }))
  } catch (error) {
    throw refused(error)
  } finally {
    group.dispose()
  }
}

/** In a group of its own, which does not expect the shapes of a row. */
async function runPair(
  model: BatchModel,
  rows: readonly EncodedRow[],
): Promise<readonly (readonly number[])[]> {
  const group = new Group(model, rows[0]!)
  try {
    return (await group.runUnchecked(0, rows)).dims
  } finally {
    group.dispose()
  }
}

function found(name: string, one: readonly number[], two: readonly number[] | undefined): number {
  const axes = one.flatMap((size, axis) =>
    size === 1 && (two === undefined || two[axis] === 2) ? [axis] : [],
  )
  if (two === undefined ? axes.length > 0 : axes.length === 1) return axes[0]!
  throw new OrtError(
    'ERR_NO_BATCH_AXIS',
    `output '${name}' does not have one axis that grows with the batch`,
    {
      given: `${shapeText(one)} for one row${two === undefined ? '' : `, ${shapeText(two)} for two`}`,
      remedy:
        'Name the axis in batchAxes, or null if the whole output belongs to every row; omit the output by fetches; or use session.createBindingPool',
    },
  )
}

/** Batches that show how a kernel treats the rest of a division by its width. */
function someSizes(most: number): number[] {
  const sizes = [2, 3, most]
  for (let power = 4; power < most; power *= 2) sizes.push(power - 1, power, power + 1)
  return [...new Set(sizes)].filter((size) => size <= most).sort((a, b) => a - b)
}

/** How many rows the runs of the verification have. */
function batchSizes(sizes: readonly number[] | undefined, most: number, all: boolean): number[] {
  if (sizes === undefined) return all ? Array.from({ length: most }, (_, i) => i + 1) : someSizes(most)
  // Full, and as empty as it is used.
  return [...new Set(sizes.flatMap((size, i) => [(sizes[i - 1] ?? 0) + 1, size]))]
}

/** Sample rows of one shape, alone and together. @throws OrtError `ERR_BATCH_MISMATCH`, `ERR_NO_BATCH_AXIS`; those of a run */
export async function verifyRows(
  model: Omit<BatchModel, 'outputs'>,
  axes: readonly (readonly [name: string, axis: number | null | undefined])[],
  rows: readonly EncodedRow[],
  { tolerance, all }: { tolerance: number | undefined; all: boolean },
): Promise<Verified> {
  const outputs = await findAxes(model, axes, rows)
  const complete = { ...model, outputs }
  const alone = await runAlone(complete, rows)
  checkMeaningful(alone)
  const group = new Group<never>(complete, rows[0]!)
  group.learn(alone[0]!.dims)
  try {
    for (const size of batchSizes(model.sizes, model.most, all)) {
      const chosen = Array.from({ length: size }, (_, i) => (i + size) % rows.length)
      const results = await runTogether(
        group,
        chosen.map((i) => rows[i]!),
      )
      chosen.forEach((i, slot) => {
        const together = results === undefined ? undefined : takeRow(results, group.sizeFor(size), slot)
        for (const { name } of outputs) {
          const differs =
            together === undefined
              ? 'another shape'
              : difference(model, name, alone[i]!.result, together, tolerance)
          if (differs !== undefined) throw mismatch(name, size, differs, tolerance)
        }
      })
    }
  } finally {
    group.dispose()
  }
  return { outputs, rowDims: alone[0]!.dims }
}

/** Undefined where the results have another shape than those of a row. */
async function runTogether(group: Group<never>, rows: readonly EncodedRow[]) {
  try {
    return await group.run(0, rows)
  } catch (error) {
    if (error instanceof ShapeVaries) return undefined
    throw refused(error)
  }
}

/** A comparison of nothing but NaN would verify nothing. */
function checkMeaningful(alone: readonly Alone[]): void {
  const isNaNs = (data: RowResult[string]) =>
    (data instanceof Float32Array || data instanceof Float64Array) &&
    data.length > 0 &&
    data.every(Number.isNaN)
  const names = Object.keys(alone[0]!.result)
  const empty = names.filter((name) => alone.every(({ result }) => isNaNs(result[name]!)))
  if (empty.length === 0 || empty.length < names.length) return
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', 'the model gives nothing but NaN for the sample rows', {
    given: listed(empty),
    remedy: SAMPLES_REMEDY,
  })
}

/** A text of how a row's output differs from the one that it has alone. */
function difference(
  { host }: Pick<BatchModel, 'host'>,
  name: string,
  alone: RowResult,
  together: RowResult,
  tolerance: number | undefined,
): string | undefined {
  const [expected, actual] = [alone[name]!, together[name]!]
  const type = elementTypeName(host.outputs.info(host.outputs.indexOf(name, 'outputs')).type)
  if (expected.length !== actual.length) return 'another shape'
  if (Array.isArray(expected) || Array.isArray(actual))
    return String(expected) === String(actual) ? undefined : 'another text'
  const [one, other] = [bytes(expected), bytes(actual)]
  if (one.equals(other)) return undefined
  const [from, to] = [numbers(type, expected), numbers(type, actual)]
  let [largest, of, outside] = [0, 0, false]
  for (let i = 0; i < from.length; ++i) {
    const distance = Object.is(from[i], to[i]) ? 0 : Math.abs(Number(from[i]) - Number(to[i]))
    if (!(distance <= (tolerance ?? 0) * Math.max(1, Math.abs(Number(from[i]))))) outside = true
    if (!(distance <= largest)) [largest, of] = [distance, Math.abs(Number(from[i]))]
  }
  // Bits can differ between equal numbers: 0 and -0.
  if (tolerance !== undefined && !outside) return undefined
  return `a difference of ${largest.toPrecision(2)} at ${of.toPrecision(2)}`
}

function bytes(array: TypedArray): Buffer {
  const { buffer, byteOffset, byteLength } = rawView(array)
  return Buffer.from(buffer, byteOffset, byteLength)
}

function numbers(type: ElementType | undefined, array: TypedArray): ArrayLike<number | bigint> {
  const codec = type && SMALL_FLOATS[type]
  return codec === undefined ? array : Array.from(rawView(array) as Uint16Array, codec.decode)
}

function mismatch(name: string, size: number, given: string, tolerance: number | undefined): OrtError {
  return new OrtError(
    'ERR_BATCH_MISMATCH',
    `output '${name}' of a row depends on the other rows of its batch`,
    {
      expected: `what the row gives alone${tolerance === undefined ? ', bit for bit' : ` within ${tolerance}`}`,
      given: `${given} in a batch of ${size}`,
      remedy:
        'Kernels can sum in another order (a small difference), and dynamic quantization scales the whole batch (a large one): accept it with verify: { tolerance }, or use session.createBindingPool',
    },
  )
}
