import {
  mapType,
  model,
  node,
  optionalType,
  sequenceType,
  sparseType,
  tensor,
  tensorType,
  value,
} from './onnx-graph.mjs'

/** Models of values that are not tensors. */

/**
 * s = [a, b]
 * @param {string} type
 */
export function construct(type) {
  return model({
    inputs: [value('a', type, [null]), value('b', type, [null])],
    outputs: [value('s', sequenceType(tensorType(type, [null])))],
    nodes: [node('SequenceConstruct', ['a', 'b'], ['s'])],
  })
}

/** next = sequence and x after it */
export function append() {
  const sequence = sequenceType(tensorType('float32', [null]))
  return model({
    inputs: [value('sequence', sequence), value('x', 'float32', [null])],
    outputs: [value('next', sequence)],
    nodes: [node('SequenceInsert', ['sequence', 'x'], ['next'])],
  })
}

/** s = [] */
export function empty() {
  return model({
    inputs: [],
    outputs: [value('s', sequenceType(tensorType('float32', [null])))],
    nodes: [node('SequenceEmpty', [], ['s'], { dtype: 1 })],
  })
}

/**
 * length of s
 * @param {string} type
 */
export function length(type) {
  return model({
    inputs: [value('s', sequenceType(tensorType(type, [null])))],
    outputs: [value('n', 'int64', [])],
    nodes: [node('SequenceLength', ['s'], ['n'])],
  })
}

/**
 * has = whether x has a value
 * @param {object} type a TypeProto
 */
export function hasElement(type) {
  return model({
    inputs: [value('x', optionalType(type))],
    outputs: [value('has', 'bool', [])],
    nodes: [node('OptionalHasElement', ['x'], ['has'])],
    opset: 18,
  })
}

/** y = x, an optional */
export function passOptional() {
  const type = optionalType(tensorType('float32', [null]))
  return model({
    inputs: [value('x', type)],
    outputs: [value('y', type)],
    nodes: [node('Identity', ['x'], ['y'])],
    opset: 18,
  })
}

/** maps = for each row of x a map of the keys 7 and 8 to its two elements */
export function zipMap() {
  return model({
    inputs: [value('x', 'float32', ['n', 2])],
    outputs: [value('maps', sequenceType(mapType('int64', tensorType('float32'))))],
    nodes: [node('ZipMap', ['x'], ['maps'], { classlabels_int64s: [7, 8] }, { domain: 'ai.onnx.ml' })],
    domains: { 'ai.onnx.ml': 3 },
  })
}

/** y = |x|, and s, a sparse initializer */
export function sparseOutput() {
  return model({
    inputs: [value('x', 'float32', [1])],
    outputs: [value('s', sparseType('float32', [2, 3])), value('y', 'float32', [1])],
    nodes: [node('Abs', ['x'], ['y'])],
    sparseInitializers: [
      {
        values: tensor('s', 'float32', [2], [5, 6]),
        indices: tensor('s_indices', 'int64', [2], [1n, 4n]),
        dims: [2, 3],
      },
    ],
  })
}

/**
 * y = x as `type`, and z = x
 * @param {string} type
 * @param {number} code
 */
export function castTo(type, code) {
  return model({
    inputs: [value('x', 'float32', [4])],
    outputs: [value('y', type, [4]), value('z', 'float32', [4])],
    nodes: [node('Cast', ['x'], ['y'], { to: code }), node('Identity', ['x'], ['z'])],
    opset: 21,
    irVersion: 10,
  })
}

/** y = the values of the keys a, b and c of x, or 0 */
export function vectorize() {
  return model({
    inputs: [value('x', mapType('string', tensorType('float32')))],
    outputs: [value('y', 'float32', [1, 3])],
    nodes: [
      node('DictVectorizer', ['x'], ['y'], { string_vocabulary: ['a', 'b', 'c'] }, { domain: 'ai.onnx.ml' }),
    ],
    domains: { 'ai.onnx.ml': 3 },
  })
}
