import { checkOptions, integer } from '../check'
import { OrtRangeError, OrtTypeError } from '../errors'
import { arrayBytes, type ElementType } from '../model/element-types'

/** Options of `OrtValue.view`. */
export interface ViewOptions {
  /** The tensor's element at which the view begins; 0 by default. */
  readonly offset?: number | undefined
}

/**
 * The element of a tensor of `size` elements at which a view of `count` elements begins.
 *
 * @throws OrtTypeError `ERR_TYPE_MISMATCH`, OrtRangeError `ERR_INVALID_LENGTH`, `ERR_INVALID_ARG_VALUE`, and those of
 *   `checkOptions`
 */
export function checkView(type: ElementType, size: number, count: number, options: ViewOptions): number {
  const { offset = 0 } = checkOptions(options, { offset: integer(0, Number.MAX_SAFE_INTEGER) }, 'option')
  if (type === 'string') {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'a string tensor has no views', {
      remedy: 'Use read() and write()',
    })
  }
  const end = offset + count
  if (end > size) {
    throw new OrtRangeError('ERR_INVALID_LENGTH', 'the view ends beyond the tensor', {
      expected: `at most ${size} elements`,
      given: `elements ${offset} to ${end}`,
    })
  }
  // The rest of a byte would be another element, which a write of the view changes.
  if (
    !Number.isInteger(arrayBytes(type, offset)) ||
    (end < size && !Number.isInteger(arrayBytes(type, end)))
  ) {
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `the view begins or ends within a byte of ${type}`, {
      expected: `multiples of ${1 / arrayBytes(type, 1)} elements`,
      given: `elements ${offset} to ${end}`,
    })
  }
  return offset
}
