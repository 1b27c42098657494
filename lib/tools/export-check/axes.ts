import type { InferenceSession } from '../../session/session'
import { isWhole, resized } from './elements'
import type { Tensors } from './runner'

/** An axis of an input. */
export interface Axis {
  readonly input: string
  readonly axis: number
}

/** A dimension that the model declares dynamic: every axis of that name, or one that has none. */
export interface DynamicDim {
  readonly name: string
  readonly axes: readonly Axis[]
}

export const axisText = ({ input, axis }: Axis): string => `axis ${axis} of '${input}'`

/** A declared size that is a number, and not the sample's. */
export interface Fixed extends Axis {
  readonly declared: number
  readonly given: number
}

export function fixedAxes({ inputMetadata }: InferenceSession, inputs: Tensors): Fixed[] {
  return inputMetadata.flatMap((metadata) => {
    const dims = inputs.get(metadata.name)?.dims
    if (!metadata.isTensor || dims?.length !== metadata.shape.length) return []
    return metadata.shape.flatMap((declared, axis) => {
      const given = dims[axis]!
      return typeof declared === 'number' && declared !== given
        ? [{ input: metadata.name, axis, declared, given }]
        : []
    })
  })
}

export function dynamicDims({ inputMetadata }: InferenceSession): DynamicDim[] {
  const named = new Map<string, Axis[]>()
  for (const metadata of inputMetadata) {
    if (!metadata.isTensor) continue
    metadata.shape.forEach((dim, axis) => {
      if (typeof dim === 'number') return
      const one = { input: metadata.name, axis }
      const name = dim === '' ? axisText(one) : dim
      named.set(name, [...(named.get(name) ?? []), one])
    })
  }
  return [...named].map(([name, axes]) => ({ name, axes }))
}

/** The size of a dimension among these inputs; undefined where they have not that rank. */
export function sizeOfDim({ axes: [first] }: DynamicDim, inputs: Tensors): number | undefined {
  return inputs.get(first!.input)!.dims[first!.axis]
}

/** Whether these inputs can be made of another size along a dimension: what is not there cannot be repeated. */
export const canResize = ({ axes }: Pick<DynamicDim, 'axes'>, inputs: Tensors): boolean =>
  axes.every(({ input, axis }) => {
    const { type, dims } = inputs.get(input)!
    return isWhole(type) && dims[axis] !== undefined && dims[axis] > 0
  })

/** The inputs with one dimension of another size; what is new repeats what is there. */
export function withSize({ axes }: Pick<DynamicDim, 'axes'>, inputs: Tensors, size: number): Tensors {
  const changed = new Map(inputs)
  for (const { input, axis } of axes) changed.set(input, resized(changed.get(input)!, axis, size))
  return changed
}

/** The inputs with one dimension larger by one; undefined where that cannot be. */
export function grown(dim: Pick<DynamicDim, 'axes'>, inputs: Tensors): Tensors | undefined {
  if (!canResize(dim, inputs)) return undefined
  const [{ input, axis }] = dim.axes as [Axis]
  return withSize(dim, inputs, inputs.get(input)!.dims[axis]! + 1)
}
