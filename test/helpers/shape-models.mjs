import { graph, model, node, tensor, value } from './onnx-graph.mjs'

/** Models whose outputs do not have the shapes that they declare. */

/** y = x followed by x, while the model declares the length of x. */
export function twice() {
  return model({
    inputs: [value('x', 'float32', ['batch'])],
    outputs: [value('y', 'float32', ['batch'])],
    nodes: [node('Concat', ['x', 'x'], ['y'], { axis: 0 })],
  })
}

/** y = |x|, while the model declares one row of three. */
export function threeDeclared() {
  return model({
    inputs: [value('x', 'float32', ['rows', 'columns'])],
    outputs: [value('y', 'float32', [1, 3])],
    nodes: [node('Abs', ['x'], ['y'])],
  })
}

/** y = x transposed, while the model declares the shape of x. */
export function transposed() {
  return model({
    inputs: [value('x', 'float32', ['rows', 'columns'])],
    outputs: [value('y', 'float32', ['rows', 'columns'])],
    nodes: [node('Transpose', ['x'], ['y'])],
  })
}

/** y = the elements of x before `end`, while the model declares the length of x. */
export function firstElements() {
  return model({
    inputs: [value('x', 'float32', ['n']), value('end', 'int64', [1])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('Slice', ['x', 'zero', 'end'], ['y'])],
    initializers: [tensor('zero', 'int64', [1], [0n])],
  })
}

/** y = x, or x followed by x if `double` is true, while the model declares the length of x. */
export function branches() {
  const branch = (name, inputs) =>
    graph({
      name,
      inputs: [],
      outputs: [value(name, 'float32')],
      nodes: [node('Concat', inputs, [name], { axis: 0 })],
    })
  return model({
    inputs: [value('x', 'float32', ['n']), value('double', 'bool', [])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [
      node('If', ['double'], ['y'], {
        then_branch: branch('two', ['x', 'x']),
        else_branch: branch('one', ['x']),
      }),
    ],
  })
}

/** right = |x| and wrong = x followed by x, while both declare the length of x. */
export function oneWrong() {
  return model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('right', 'float32', ['n']), value('wrong', 'float32', ['n'])],
    nodes: [node('Abs', ['x'], ['right']), node('Concat', ['x', 'x'], ['wrong'], { axis: 0 })],
  })
}

/**
 * new_state = state + 1, which is written before y = the first `end` elements of x; y declares the length of x.
 * @param {boolean} isFirst whether the state is written before y
 */
export function stateful(isFirst = true) {
  const state = node('Add', ['state', 'one'], ['new_state'])
  const output = node('Slice', ['x', 'zero', 'end'], ['y'])
  return model({
    inputs: [value('x', 'float32', ['n']), value('end', 'int64', [1]), value('state', 'float32', [1])],
    outputs: [value('new_state', 'float32', [1]), value('y', 'float32', ['n'])],
    nodes: isFirst ? [state, output] : [output, state],
    initializers: [tensor('one', 'float32', [1], [1]), tensor('zero', 'int64', [1], [0n])],
  })
}
