import { describe, OrtRangeError, OrtTypeError } from '../errors'

/** @throws OrtTypeError, OrtRangeError `ERR_INVALID_DIMS` unless `dims` are non-negative integers */
export function checkDims(given: unknown, argument: string): readonly number[] {
  // A copy: what is checked is what is used.
  const dims: unknown = Array.isArray(given) ? [...given] : given
  if (!Array.isArray(dims)) {
    throw new OrtTypeError('ERR_INVALID_DIMS', `'${argument}' is not a shape`, {
      expected: 'an array of non-negative integers',
      given: describe(dims),
    })
  }
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new OrtRangeError('ERR_INVALID_DIMS', `'${argument}' has an invalid dimension`, {
        expected: 'non-negative integers',
        given: describe(dims),
      })
    }
  }
  if (!Number.isSafeInteger(elementCount(dims))) {
    throw new OrtRangeError('ERR_INVALID_DIMS', `'${argument}' is too large`, { given: describe(dims) })
  }
  return dims as readonly number[]
}

/** A shape as a model declares it: symbolic dimensions by name. */
export type DeclaredShape = readonly (number | string)[]

/** Such a shape as text; `?` for a dimension without a name. */
export function shapeText(shape: DeclaredShape): string {
  return `[${shape.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`
}

/** Elements of a shape; 1 for a scalar's `[]`. */
export function elementCount(dims: readonly number[]): number {
  let size = 1
  for (const dim of dims) size *= dim
  return size
}

/** Whether `dims` are what a model declares: as many, and equal wherever the model names a number. */
export function matches(declared: DeclaredShape | undefined, dims: readonly number[]): boolean {
  if (declared === undefined) return true
  return (
    declared.length === dims.length && declared.every((dim, i) => typeof dim === 'string' || dim === dims[i])
  )
}

/**
 * The shape that follows from what the inputs' shapes say of the symbolic dimensions, or undefined where it does not.
 * It is a hint: a model may declare what it does not keep.
 */
export function resolveShape(
  declared: DeclaredShape | undefined,
  symbols: ReadonlyMap<string, number>,
): number[] | undefined {
  if (declared === undefined) return undefined
  const dims: number[] = []
  for (const dim of declared) {
    const size = typeof dim === 'number' ? dim : symbols.get(dim)
    if (size === undefined) return undefined
    dims.push(size)
  }
  return dims
}

/** Sizes of the symbolic dimensions; one that two inputs disagree on says nothing. */
export function symbolSizes(
  inputs: Iterable<{ declared: DeclaredShape; dims: readonly number[] }>,
): Map<string, number> {
  const sizes = new Map<string, number>()
  const ambiguous = new Set<string>([''])
  for (const { declared, dims } of inputs) {
    declared.forEach((dim, i) => {
      const size = dims[i]
      if (typeof dim !== 'string' || size === undefined) return
      if (sizes.has(dim) && sizes.get(dim) !== size) ambiguous.add(dim)
      sizes.set(dim, size)
    })
  }
  for (const name of ambiguous) sizes.delete(name)
  return sizes
}
