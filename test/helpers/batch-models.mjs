import { model, node, tensor, value } from './onnx-graph.mjs'

/** y = x less the largest of the batch: a row's result depends on the others. */
export function lessLargest() {
  return model({
    inputs: [value('x', 'float32', ['batch', 4])],
    outputs: [value('y', 'float32', ['batch', 4])],
    nodes: [
      node('ReduceMax', ['x'], ['largest'], { axes: [0], keepdims: 1 }),
      node('Sub', ['x', 'largest'], ['y']),
    ],
    opset: 13,
  })
}

/** next = state + x * scale, where the rows of the state are along its second axis, and scale is the same for all rows. */
export function stateful() {
  return model({
    inputs: [
      value('x', 'float32', ['batch', 3]),
      value('state', 'float32', [2, 'batch', 3]),
      value('scale', 'float32', []),
    ],
    outputs: [value('next', 'float32', [2, 'batch', 3]), value('used', 'float32', [])],
    nodes: [
      node('Mul', ['x', 'scale'], ['scaled']),
      node('Add', ['state', 'scaled'], ['next']),
      node('Identity', ['scale'], ['used']),
    ],
    opset: 13,
  })
}

/** y is the row of a table at each id; one that the table does not have fails the run. */
export function lookup(rows = 4) {
  return model({
    inputs: [value('ids', 'int64', ['batch', 'length'])],
    outputs: [value('y', 'float32', ['batch', 'length', 2])],
    nodes: [node('Gather', ['table', 'ids'], ['y'])],
    initializers: [
      tensor(
        'table',
        'float32',
        [rows, 2],
        Array.from({ length: rows * 2 }, (_, i) => i + 1),
      ),
    ],
    opset: 13,
  })
}

/** y is as many of the elements of x as the largest length of the batch: the shape depends on the data. */
export function prefix() {
  return model({
    inputs: [value('x', 'float32', ['batch', 4]), value('length', 'int64', ['batch', 1])],
    outputs: [value('y', 'float32', ['batch', 'longest'])],
    nodes: [
      node('ReduceMax', ['length'], ['longest'], { axes: [0], keepdims: 0 }),
      node('Slice', ['x', 'zero', 'longest', 'one'], ['y']),
    ],
    initializers: [tensor('zero', 'int64', [1], [0n]), tensor('one', 'int64', [1], [1n])],
    opset: 13,
  })
}

/** sum of all rows: an output without a row for each. */
export function total() {
  return model({
    inputs: [value('x', 'float32', ['batch', 2])],
    outputs: [value('sum', 'float32', [1, 2])],
    nodes: [node('ReduceSum', ['x', 'axes'], ['sum'], { keepdims: 1 })],
    initializers: [tensor('axes', 'int64', [1], [0n])],
    opset: 13,
  })
}

/** y = log(-1 - |x|), which no number has. */
export function nothingButNaN() {
  return model({
    inputs: [value('x', 'float32', ['batch', 2])],
    outputs: [value('y', 'float32', ['batch', 2])],
    nodes: [
      node('Abs', ['x'], ['magnitude']),
      node('Sub', ['minusOne', 'magnitude'], ['below']),
      node('Log', ['below'], ['y']),
    ],
    initializers: [tensor('minusOne', 'float32', [1], [-1])],
    opset: 13,
  })
}
