import { isOrtError, OrtError } from '../errors'
import type { SessionIO } from '../model/io'

/**
 * What a run failed with, where the inputs disagree on a dimension that the model has by one name: ONNX Runtime does not hold them
 * against each other, and fails at some node that does not fit.
 */
export function wrapShapeError(
  error: unknown,
  { infos }: SessionIO,
  dimsOf: (name: string) => readonly number[] | undefined,
): unknown {
  if (!isOrtError(error) || !error.code.startsWith('ERR_ORT_')) return error
  /** By dimension and size: the inputs that have it so. */
  const said = new Map<string, Map<number, string[]>>()
  for (const { name, shape } of infos) {
    const dims = dimsOf(name)
    shape?.forEach((dim, axis) => {
      const size = dims?.[axis]
      if (typeof dim !== 'string' || dim === '' || size === undefined) return
      const sizes = said.get(dim) ?? new Map<number, string[]>()
      said.set(dim, sizes.set(size, [...(sizes.get(size) ?? []), `'${name}'`]))
    })
  }
  const torn = [...said].filter(([, sizes]) => sizes.size > 1)
  if (torn.length === 0) return error
  const given = torn.map(([dim, sizes]) => {
    const parts = [...sizes].map(([size, names]) => `${size} in ${names.join(', ')}`)
    return `'${dim}' is ${parts.join(' and ')}`
  })
  return new OrtError(error.code, error.message, {
    given: given.join('; '),
    remedy: 'Give the inputs shapes that agree, unless the model means two sizes by one name',
    cause: error,
  })
}
