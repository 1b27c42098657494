import { graph, model, node, optionalType, sequenceType, tensor, tensorType, value } from './onnx-graph.mjs'
import { pseudoRandom } from './random.mjs'
import { elementTypes } from './tensors.mjs'

export * from './onnx-graph.mjs'
export { pseudoRandom } from './random.mjs'

/** @typedef {import('./onnx-graph.mjs').Dim} Dim */

/** y = x + 1 of one element: next to nothing but the cost of a call. */
export function oneNode() {
  return model({
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
    nodes: [node('Add', ['x', 'one'], ['y'])],
    initializers: [tensor('one', 'float32', [1], [1])],
  })
}

/** Three layers of Gemm and Relu, 128 wide, of a batch of any size. */
export function mlp() {
  const width = 128
  const layers = [0, 1, 2]
  // Scaled so that the activations stay of one size from layer to layer.
  const weights = (/** @type {number} */ seed) => pseudoRandom(width * width, seed).map((w) => w / 4.6)
  const names = ['x', 'hidden0', 'hidden1', 'y']
  return model({
    inputs: [value('x', 'float32', ['batch', width])],
    outputs: [value('y', 'float32', ['batch', width])],
    nodes: layers.flatMap((i) => [
      node('Gemm', [names[i], `weight${i}`, `bias${i}`], [`gemm${i}`]),
      node('Relu', [`gemm${i}`], [names[i + 1]]),
    ]),
    initializers: layers.flatMap((i) => [
      tensor(`weight${i}`, 'float32', [width, width], weights(i + 1)),
      tensor(`bias${i}`, 'float32', [width], pseudoRandom(width, i + 11)),
    ]),
  })
}

/**
 * y = x.
 * @param {string} type
 * @param {readonly Dim[]} [dims]
 */
export function identity(type, dims) {
  const info = { inputs: [value('x', type, dims)], outputs: [value('y', type, dims)] }
  if (type.endsWith('int4')) {
    // ONNX Runtime has no Identity of these, but a Cast to what they are.
    const cast = node('Cast', ['x'], ['y'], { to: elementTypes[type].code })
    return model({ ...info, nodes: [cast], opset: 21, irVersion: 10 })
  }
  const nodes = [node('Identity', ['x'], ['y'])]
  return model({ ...info, nodes, ...(type.startsWith('float8') && { opset: 19, irVersion: 9 }) })
}

/** As many products of 96x96 matrices, one after the other, as trips says, which sets how long it runs. */
export function slowLoop() {
  const dims = [96, 96]
  const body = graph({
    name: 'body',
    inputs: [value('trip', 'int64', []), value('more', 'bool', []), value('state', 'float32', dims)],
    outputs: [value('more_out', 'bool', []), value('next', 'float32', dims)],
    nodes: [
      node('Identity', ['more'], ['more_out']),
      node('MatMul', ['state', 'matrix'], ['product']),
      // Without this the state would overflow, or shrink to denormal numbers, which are slow to compute with.
      node('Abs', ['product'], ['magnitude']),
      node('ReduceMax', ['magnitude'], ['largest'], { keepdims: 0 }),
      node('Div', ['product', 'largest'], ['next']),
    ],
  })
  return model({
    inputs: [value('trips', 'int64', []), value('x', 'float32', dims)],
    outputs: [value('y', 'float32', dims)],
    nodes: [node('Loop', ['trips', '', 'x'], ['y'], { body })],
    initializers: [tensor('matrix', 'float32', dims, pseudoRandom(96 * 96))],
  })
}

/** The indices of the elements that are not zero: the shape of y depends on the data of x. */
export function nonZero() {
  return model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'int64', [1, 'count'])],
    nodes: [node('NonZero', ['x'], ['y'])],
  })
}

/** y = x in the shape that an input gives, while the model declares two elements. */
export function wrongShapeDeclared() {
  return model({
    inputs: [value('x', 'float32', ['n']), value('shape', 'int64', [1])],
    outputs: [value('y', 'float32', [2])],
    nodes: [node('Reshape', ['x', 'shape'], ['y'])],
  })
}

/** y = [1, 2], without inputs */
export function constant() {
  return model({
    inputs: [],
    outputs: [value('y', 'float32', [2])],
    nodes: [node('Identity', ['constant'], ['y'])],
    initializers: [tensor('constant', 'float32', [2], [1, 2])],
  })
}

/** new_state = state + 1 */
export function counter() {
  return model({
    inputs: [value('state', 'float32', [1])],
    outputs: [value('new_state', 'float32', [1])],
    nodes: [node('Add', ['state', 'one'], ['new_state'])],
    initializers: [tensor('one', 'float32', [1], [1])],
  })
}

/**
 * y = x + 1 + 1 ..., which loads for seconds if there are thousands of nodes.
 * @param {number} count
 */
export function longChain(count) {
  const names = ['x', ...Array.from({ length: count - 1 }, (_, i) => `sum${i}`), 'y']
  return model({
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
    nodes: Array.from({ length: count }, (_, i) => node('Add', [names[i], 'one'], [names[i + 1]])),
    initializers: [tensor('one', 'float32', [1], [1])],
  })
}

/** sum = a + b, prod = a * b */
/** y = the sum of as many ones as `count` says, which ONNX Runtime makes in its arena. */
export function sumOfOnes() {
  return model({
    inputs: [value('one', 'float32', [1]), value('count', 'int64', [1])],
    outputs: [value('y', 'float32', [1])],
    nodes: [
      node('Expand', ['one', 'count'], ['ones']),
      node('Abs', ['ones'], ['same']),
      node('ReduceSum', ['same'], ['y'], { keepdims: 1 }),
    ],
  })
}

export function twoInputs() {
  return model({
    inputs: [value('a', 'float32', ['n']), value('b', 'float32', ['n'])],
    outputs: [value('sum', 'float32', ['n']), value('prod', 'float32', ['n'])],
    nodes: [node('Add', ['a', 'b'], ['sum']), node('Mul', ['a', 'b'], ['prod'])],
  })
}

/** y = each string of a followed by that of b */
export function concatStrings() {
  return model({
    inputs: [value('a', 'string', ['n']), value('b', 'string', ['n'])],
    outputs: [value('y', 'string', ['n'])],
    nodes: [node('StringConcat', ['a', 'b'], ['y'])],
    opset: 20,
    irVersion: 9,
  })
}

/** sequence = [a, b] */
export function sequenceInsert() {
  return model({
    inputs: [value('a', 'float32', [null]), value('b', 'float32', [null])],
    outputs: [value('sequence', sequenceType(tensorType('float32', [null])))],
    nodes: [node('SequenceConstruct', ['a', 'b'], ['sequence'])],
  })
}

/** y = sequence[index] */
export function sequenceAt() {
  return model({
    inputs: [value('sequence', sequenceType(tensorType('float32', [null]))), value('index', 'int64', [])],
    outputs: [value('y', 'float32', [null])],
    nodes: [node('SequenceAt', ['sequence', 'index'], ['y'])],
  })
}

/** y is whether optional has a value. */
export function optionalHasElement() {
  return model({
    inputs: [value('optional', optionalType(tensorType('float32', [null])))],
    outputs: [value('y', 'bool', [])],
    nodes: [node('OptionalHasElement', ['optional'], ['y'])],
  })
}
