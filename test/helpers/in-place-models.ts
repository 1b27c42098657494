// Models whose outputs are written over their inputs, and their values.
import { model, node, tensor, value } from './model-builder.mjs'

/** A model of one state. */
export const stateful = (
  dims: readonly (number | string)[],
  nodes: object[],
  initializers: object[] = [],
  type: 'float32' | 'int64' | 'int32' = 'float32',
) =>
  model({
    inputs: [value('state', type, dims)],
    outputs: [value('next', type, dims)],
    nodes,
    initializers,
  })

export const ints = (name: string, values: readonly number[], dims: readonly number[] = [values.length]) =>
  tensor(name, 'int64', dims, values.map(BigInt))

/** A graph that returns its input. */
export function passThrough() {
  return model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('plus', 'float32', ['n']), value('x', 'float32', ['n'])],
    nodes: [node('Add', ['x', 'ten'], ['plus'])],
    initializers: [tensor('ten', 'float32', [1], [10])],
  })
}

export const numbers = (data: Iterable<number | bigint>) => Array.from(data, Number)
export const counting = (dims: readonly number[]) =>
  Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => i + 1)
