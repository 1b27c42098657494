import { describe, isOrtError, OrtError, OrtRangeError, OrtTypeError } from '../errors'

/** More than any model has: an array of any length would not fit into the memory. */
const HIGHEST_RANK = 1000

/** @throws OrtTypeError, OrtRangeError `ERR_INVALID_DIMS` unless `given` is an array of non-negative integers */
export function checkDims(given: unknown, argument: string): readonly number[] {
  if (!Array.isArray(given)) {
    throw new OrtTypeError('ERR_INVALID_DIMS', `'${argument}' is not a shape`, {
      expected: 'an array of non-negative integers',
      given: describe(given),
    })
  }
  if (given.length > HIGHEST_RANK) {
    throw new OrtRangeError('ERR_INVALID_DIMS', `'${argument}' has too many dimensions`, {
      expected: `at most ${HIGHEST_RANK}`,
      given: String(given.length),
    })
  }
  // A copy, which the caller cannot change after the check.
  const dims: unknown[] = [...given]
  if (!dims.every((dim) => Number.isSafeInteger(dim) && (dim as number) >= 0)) {
    throw new OrtRangeError('ERR_INVALID_DIMS', `'${argument}' has an invalid dimension`, {
      expected: 'non-negative integers',
      given: describe(dims),
    })
  }
  if (!Number.isSafeInteger(elementCount(dims as number[])))
    throw new OrtRangeError('ERR_INVALID_DIMS', `'${argument}' is too large`, { given: describe(dims) })
  return dims as number[]
}

/** A shape as a model declares it: dynamic dimensions by their symbolic name. */
export type DeclaredShape = readonly (number | string)[]

/** Text of a shape; `?` for a dynamic dimension without a name. */
export function shapeText(shape: DeclaredShape): string {
  return `[${shape.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`
}

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function elementCount(dims: readonly number[]): number {
  let size = 1
  for (const dim of dims) size *= dim
  return size
}

/** Whether ONNX Runtime takes `dims` for an input: those of the declared rank and fixed dimensions, and any for a scalar. */
export function matches(declared: DeclaredShape | undefined, dims: readonly number[]): boolean {
  if (declared === undefined || declared.length === 0) return true
  return (
    declared.length === dims.length && declared.every((dim, i) => typeof dim === 'string' || dim === dims[i])
  )
}

/** An input's declared shape, and the shape that it is given. */
interface GivenShape {
  readonly declared: DeclaredShape
  readonly dims: readonly number[]
  readonly name?: string
}

/** The sizes that inputs give each symbolic dimension, and the names of those inputs. */
function allSymbolSizes(inputs: Iterable<GivenShape>): Map<string, Map<number, string[]>> {
  const symbols = new Map<string, Map<number, string[]>>()
  for (const { declared, dims, name = '' } of inputs) {
    declared.forEach((dim, axis) => {
      const size = dims[axis]
      if (typeof dim !== 'string' || dim === '' || size === undefined) return
      const sizes = symbols.get(dim) ?? new Map<number, string[]>()
      symbols.set(dim, sizes.set(size, [...(sizes.get(size) ?? []), `'${name}'`]))
    })
  }
  return symbols
}

/** Sizes of the symbolic dimensions, without those that inputs disagree on. */
export function symbolSizes(inputs: Iterable<GivenShape>): Map<string, number> {
  const agreed = [...allSymbolSizes(inputs)].filter(([, sizes]) => sizes.size === 1)
  return new Map(agreed.map(([dim, sizes]) => [dim, [...sizes.keys()][0]!]))
}

/**
 * A declared shape with the sizes of its symbolic dimensions, or undefined where one is unknown. It is a hint: a model may
 * declare a shape that its output does not have.
 */
export function resolveShape(
  declared: DeclaredShape | undefined,
  symbols: ReadonlyMap<string, number>,
): number[] | undefined {
  const dims = declared?.map((dim) => (typeof dim === 'number' ? dim : symbols.get(dim)))
  return dims?.every((size) => size !== undefined) ? (dims as number[]) : undefined
}

/**
 * The error of a run whose inputs disagree on a symbolic dimension. ONNX Runtime does not compare inputs, and fails at the
 * first node whose operands do not match.
 */
export function wrapShapeError(error: unknown, inputs: Iterable<GivenShape>): unknown {
  if (!isOrtError(error) || !error.code.startsWith('ERR_ORT_')) return error
  const ambiguous = [...allSymbolSizes(inputs)].filter(([, sizes]) => sizes.size > 1)
  if (ambiguous.length === 0) return error
  const given = ambiguous.map(([dim, sizes]) => {
    const parts = [...sizes].map(([size, names]) => `${size} in ${names.join(', ')}`)
    return `'${dim}' is ${parts.join(' and ')}`
  })
  return new OrtError(error.code, error.message, {
    given: given.join('; '),
    remedy: 'Give the inputs shapes that agree, unless the model uses one name for two sizes',
    cause: error,
  })
}
