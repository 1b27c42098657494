/** Most elements of an input that a case feeds. */
const MOST_ELEMENTS = 2 ** 20

/**
 * Small dimensions for the inputs that are tensors; undefined if one is large.
 * @param {readonly { name: string, isTensor: boolean, shape?: readonly (number | string)[] }[]} inputs
 * @returns {[string, number[]][] | undefined}
 */
export function smallShapes(inputs) {
  const sizes = new Map()
  /** @type {[string, number[]][]} */
  const shapes = []
  for (const { name, isTensor, shape = [] } of inputs) {
    if (!isTensor) continue
    const dims = shape.map((dim) => {
      if (typeof dim === 'number') return dim
      if (!sizes.has(dim)) sizes.set(dim, 1 + (sizes.size % 3))
      return sizes.get(dim)
    })
    if (dims.reduce((product, dim) => product * dim, 1) > MOST_ELEMENTS) return undefined
    shapes.push([name, dims])
  }
  return shapes
}
