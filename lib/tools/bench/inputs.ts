import { listed } from '../../errors'
import type { IoBinding, OrtValueData, ValueMetadata } from '../../index'
import { type ElementType, zeroed } from '../../model/element-types'
import { randomNumbers } from '../../model/random'
import { elementCount } from '../../model/shape'
import { SMALL_FLOATS } from '../../model/small-floats'
import { UsageError } from '../cli/command'
import { isInexact } from '../tensors/host-tensor'
import type { BenchPlan, Range } from './plan'

/** What an input is filled with. */
export interface BenchInput {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  /** Absent for strings. */
  readonly range?: Range
}

const symmetric = (high: number): Range => ({ low: -high, high })

/** The numbers of each type, as far as they are exact and finite. */
const RANGES: Partial<Record<ElementType, Range>> = {
  bool: { low: 0, high: 1 },
  int8: { low: -128, high: 127 },
  uint8: { low: 0, high: 255 },
  int16: { low: -32768, high: 32767 },
  uint16: { low: 0, high: 65535 },
  int32: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  uint32: { low: 0, high: 2 ** 32 - 1 },
  int64: symmetric(Number.MAX_SAFE_INTEGER),
  uint64: { low: 0, high: Number.MAX_SAFE_INTEGER },
  float16: symmetric(65504),
  bfloat16: symmetric(2 ** 128 - 2 ** 120),
  float32: symmetric(2 ** 128 - 2 ** 104),
  // Half of it: the width of a range is finite too.
  float64: symmetric(Number.MAX_VALUE / 2),
}

/** An input that bench can fill. */
export type TensorMetadata = Extract<ValueMetadata, { isTensor: true }>

/**
 * Checks the names of `--shape` and `--range`.
 *
 * @returns the inputs whose shapes are neither given nor fixed by the model
 * @throws UsageError that says what is known
 */
export function checkNames(
  plan: BenchPlan,
  inputs: readonly ValueMetadata[],
  outputs: readonly ValueMetadata[],
): TensorMetadata[] {
  const check = (option: string, known: readonly ValueMetadata[], given: Iterable<string>, what: string) => {
    const names = known.map(({ name }) => name)
    const unknown = [...given].find((name) => !names.includes(name))
    if (unknown === undefined) return
    throw new UsageError(`${option}: the model has no ${what} '${unknown}'; it has ${listed(names)}`)
  }
  check('--shape', [...inputs, ...outputs], plan.shapes.keys(), 'input or output')
  check('--range', inputs, plan.ranges.keys(), 'input')
  const other = inputs.find(({ isTensor }) => !isTensor)
  if (other !== undefined)
    throw new UsageError(`input '${other.name}' is not a tensor, and bench fills tensors only`)
  const tensors = inputs.filter((input) => input.isTensor)
  return tensors.filter(
    ({ name, shape }) => !plan.shapes.has(name) && shape.some((dim) => typeof dim === 'string'),
  )
}

/** @throws UsageError for a type that cannot be filled, or a range outside the type's */
function checkRange(name: string, type: ElementType, given: Range | undefined): Range | undefined {
  if (type === 'string') {
    if (given === undefined) return undefined
    throw new UsageError(`--range: input '${name}' holds strings, which have no range`)
  }
  const all = RANGES[type]
  if (all === undefined) {
    throw new UsageError(`input '${name}' is ${type}, which bench cannot fill`)
  }
  const { low, high } = given ?? { low: 0, high: 1 }
  const isOfType = isInexact(type) || (Number.isInteger(low) && Number.isInteger(high))
  if (isOfType && low >= all.low && high <= all.high) return { low, high }
  const numbers = isInexact(type) ? 'numbers' : 'integers'
  throw new UsageError(
    `--range: expected ${numbers} from ${all.low} to ${all.high} for '${name}', which is ${type}, got ${low}..${high}`,
  )
}

/** What each input is filled with. @throws UsageError of {@link checkRange} */
export function describeInputs(
  binding: IoBinding,
  names: readonly string[],
  ranges: ReadonlyMap<string, Range>,
): BenchInput[] {
  return names.map((name) => {
    const { type, dims } = binding.inputValue(name)!
    const range = checkRange(name, type, ranges.get(name))
    return { name, type, dims, ...(range !== undefined && { range }) }
  })
}

/** Writes pseudorandom elements into each input, the same for the same seed. */
export function fillInputs(binding: IoBinding, inputs: readonly BenchInput[], seed: number): void {
  inputs.forEach((input, i) => {
    binding.inputValue(input.name)!.write(fill(input, seed + i))
  })
}

/** Pseudorandom elements, the same for the same seed: bits for float16 and bfloat16, single letters for strings. */
export function fill({ type, dims, range }: BenchInput, seed: number): OrtValueData {
  const random = randomNumbers(seed)
  const length = elementCount(dims)
  if (range === undefined) {
    return Array.from({ length }, () => String.fromCharCode(97 + Math.floor(random() * 26)))
  }
  const { low, high } = range
  const integer = () => low + Math.floor(random() * (high - low + 1))
  const fraction = () => low + random() * (high - low)
  const codec = SMALL_FLOATS[type]
  if (codec !== undefined) return Uint16Array.from({ length }, () => codec.encode(fraction()))
  const array = zeroed(type, length)
  const next = isInexact(type) ? fraction : integer
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) array[i] = BigInt(next())
  } else {
    for (let i = 0; i < length; i++) array[i] = next()
  }
  return array
}
