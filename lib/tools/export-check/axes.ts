import type { InferenceSession } from '../../index'
import { isWhole, resized } from '../tensors/host-tensor'
import type { Tensors } from './runner'

/** An axis of an input. */
export interface Axis {
  readonly input: string
  readonly axis: number
}

/** A dimension that the model declares dynamic: all axes of one name, or a single axis without a name. */
export interface DynamicDim {
  readonly name: string
  readonly axes: readonly Axis[]
}

export const axisText = ({ input, axis }: Axis): string => `axis ${axis} of '${input}'`

/** An axis whose declared size differs from the sample's. */
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

/** The size that axes of one dimension have in these inputs; undefined where an input has a lower rank. */
export function axesSize([first]: readonly Axis[], inputs: Tensors): number | undefined {
  return inputs.get(first!.input)!.dims[first!.axis]
}

/** Whether the inputs can be resized along these axes: an empty tensor has nothing to repeat. */
export const canResize = (axes: readonly Axis[], inputs: Tensors): boolean =>
  axes.every(({ input, axis }) => {
    const { type, dims } = inputs.get(input)!
    return isWhole(type) && dims[axis] !== undefined && dims[axis] > 0
  })

/** The inputs with another size along these axes; larger ones repeat their content. */
export function withSize(axes: readonly Axis[], inputs: Tensors, size: number): Tensors {
  const changed = new Map(inputs)
  for (const { input, axis } of axes) changed.set(input, resized(changed.get(input)!, axis, size))
  return changed
}

/** The inputs larger by one along these axes; undefined where they cannot be resized. */
export function grown(axes: readonly Axis[], inputs: Tensors): Tensors | undefined {
  return canResize(axes, inputs) ? withSize(axes, inputs, axesSize(axes, inputs)! + 1) : undefined
}
