import { type ElementType, zeroed } from '../../model/element-types'
import type { ValueMetadata } from '../../model/io'
import { elementCount, shapeText, symbolSizes } from '../../model/shape'
import type { OrtValueData } from '../../value/data'
import { UsageError } from '../cli/command'
import { quote } from '../doctor/shell'
import { toBfloat16, toFloat16 } from '../export-check/small-floats'
import type { BenchPlan, Range } from './plan'

/** What an input is filled with. */
export interface BenchInput {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  /** Absent for strings. */
  readonly range?: Range
}

/** The least and the largest number of a type, as far as numbers are exact. */
const INTEGERS: Partial<Record<ElementType, Range>> = {
  bool: { low: 0, high: 1 },
  int8: { low: -128, high: 127 },
  uint8: { low: 0, high: 255 },
  int16: { low: -32768, high: 32767 },
  uint16: { low: 0, high: 65535 },
  int32: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  uint32: { low: 0, high: 2 ** 32 - 1 },
  int64: { low: Number.MIN_SAFE_INTEGER, high: Number.MAX_SAFE_INTEGER },
  uint64: { low: 0, high: Number.MAX_SAFE_INTEGER },
}
/** The largest that is finite; of float64 half of it, so that a range is finite too. */
const FRACTIONS: Partial<Record<ElementType, number>> = {
  float16: 65504,
  bfloat16: 2 ** 128 - 2 ** 120,
  float32: 2 ** 128 - 2 ** 104,
  float64: Number.MAX_VALUE / 2,
}

/**
 * The names of `--shape` and `--range` held against the model's, and every input's shape known: given, or fixed by the model.
 *
 * @throws UsageError that says what to add to the command
 */
export function checkNames(
  plan: BenchPlan,
  inputs: readonly ValueMetadata[],
  outputs: readonly ValueMetadata[],
): void {
  const namesOf = (ports: readonly ValueMetadata[]) => ports.map(({ name }) => name)
  const check = (option: string, known: readonly string[], given: Iterable<string>, what: string) => {
    for (const name of given) {
      if (known.includes(name)) continue
      throw new UsageError(`${option}: the model has no ${what} '${name}'; it has ${known.join(', ')}`)
    }
  }
  const inputNames = namesOf(inputs)
  check('--shape', [...inputNames, ...namesOf(outputs)], plan.shapes.keys(), 'input or output')
  check('--range', inputNames, plan.ranges.keys(), 'input')
  const other = inputs.find(({ isTensor }) => !isTensor)
  if (other !== undefined)
    throw new UsageError(`input '${other.name}' is no tensor, and bench fills nothing else`)
  const open = inputs.filter((input) => {
    return (
      input.isTensor && !plan.shapes.has(input.name) && input.shape.some((dim) => typeof dim === 'string')
    )
  })
  if (open.length === 0) return
  const texts = open.map((input) => `  ${input.name}  ${shapeText(input.isTensor ? input.shape : [])}`)
  throw new UsageError(
    `the model leaves dimensions of its inputs open:\n${texts.join('\n')}\nGive their shapes, such as\n  ${suggestion(plan, inputs, open)}`,
  )
}

/** The command with a shape for each input that lacks one. What is given says the sizes of the dimensions it names. */
function suggestion(
  { model, shapes }: BenchPlan,
  inputs: readonly ValueMetadata[],
  open: readonly ValueMetadata[],
): string {
  const sizes = symbolSizes(
    inputs.flatMap((input) => {
      const dims = shapes.get(input.name)
      return input.isTensor && dims !== undefined ? [{ declared: input.shape, dims }] : []
    }),
  )
  const size = (dim: number | string, axis: number): number => {
    if (typeof dim === 'number') return dim
    // Most often the first axis is the batch, and one that has no name too.
    if (dim === '') return 1
    const chosen = sizes.get(dim) ?? (axis === 0 ? 1 : 128)
    sizes.set(dim, chosen)
    return chosen
  }
  const given = [...shapes].map(([name, dims]) => `${name}=${dims.length === 0 ? 'scalar' : dims.join('x')}`)
  const wanted = open.map((input) => `${input.name}=${input.isTensor ? input.shape.map(size).join('x') : ''}`)
  return [
    'npx onnxruntime-iobinding bench',
    quote(model),
    ...[...given, ...wanted].map((text) => `--shape ${quote(text)}`),
  ].join(' ')
}

/** @throws UsageError for a type that there is nothing to fill with, or a range that is not the type's */
export function checkRange(name: string, type: ElementType, given: Range | undefined): Range | undefined {
  if (type === 'string') {
    if (given === undefined) return undefined
    throw new UsageError(`--range: input '${name}' is of strings, which have no range`)
  }
  const largest = FRACTIONS[type]
  const all = INTEGERS[type] ?? (largest === undefined ? undefined : { low: -largest, high: largest })
  if (all === undefined) {
    throw new UsageError(`input '${name}' is ${type}, and bench has nothing to fill it with`)
  }
  const range = given ?? { low: 0, high: 1 }
  const isOfType = largest !== undefined || (Number.isInteger(range.low) && Number.isInteger(range.high))
  if (isOfType && range.low >= all.low && range.high <= all.high) return range
  const numbers = largest === undefined ? 'integers' : 'numbers'
  throw new UsageError(
    `--range: expected ${numbers} from ${all.low} to ${all.high} for '${name}', which is ${type}, got ${range.low}..${range.high}`,
  )
}

/** Pseudorandom elements, the same for the same seed. float16 and bfloat16 are their bits, strings single letters. */
export function elementsOf({ type, dims, range }: BenchInput, seed: number): OrtValueData {
  let state = seed >>> 0
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const length = elementCount(dims)
  if (range === undefined) {
    return Array.from({ length }, () => String.fromCharCode(97 + Math.floor(random() * 26)))
  }
  const { low, high } = range
  const integer = () => low + Math.floor(random() * (high - low + 1))
  const fraction = () => low + random() * (high - low)
  if (type === 'float16') return Uint16Array.from({ length }, () => toFloat16(fraction()))
  if (type === 'bfloat16') return Uint16Array.from({ length }, () => toBfloat16(fraction()))
  const array = zeroed(type, length)
  const next = FRACTIONS[type] === undefined ? integer : fraction
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) array[i] = BigInt(next())
  } else {
    for (let i = 0; i < length; i++) array[i] = next()
  }
  return array
}
