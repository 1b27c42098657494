// Models whose results JavaScript computes: simple functions of tensors, strings and sequences.
import { graph, model, node, sequenceType, tensor, tensorType, value } from '../helpers/model-builder.mjs'

/**
 * What a value holds: a tensor, or a sequence of tensors.
 * @typedef {{ type: string, dims: number[], data: (number | bigint | string)[] }} TensorContent
 * @typedef {{ type: 'sequence', elements: TensorContent[] }} SequenceContent
 * @typedef {TensorContent | SequenceContent} Content
 *
 * @typedef {object} Model
 * @property {Record<string, string>} inputs types by name; `sequence(type)` for a sequence
 * @property {Record<string, string>} outputs
 * @property {Record<string, string>} [passed] outputs that are an input
 * @property {string[]} [dynamic] outputs whose shape no bound memory fits
 * @property {boolean} [onGpu] a real CUDA provider runs all of its nodes, and can capture them
 * @property {boolean} [noGraph] the addon sees before a capture that no graph can hold a run
 * @property {() => Uint8Array} build
 * @property {(inputs: Record<string, any>) => Record<string, Content> | undefined} compute undefined where ONNX Runtime
 *   refuses the shapes
 */

/** @typedef {'float32' | 'int64' | 'string'} Type */

const f32 = Math.fround
const i64 = (/** @type {bigint} */ n) => BigInt.asIntN(64, n)
/** @param {TensorContent} like */
const withData = (like, data, dims = like.dims) => ({ type: like.type, dims, data })
const same = (a, b) => String(a.dims) === String(b.dims)

const double = (nodes, type) => ({
  nodes: [node('Mul', ['x', 'two'], ['twice']), node('Add', ['twice', 'one'], ['y']), ...nodes],
  initializers: [
    tensor('two', type, [1], type === 'int64' ? [2n] : [2]),
    tensor('one', type, [1], type === 'int64' ? [1n] : [1]),
  ],
})

/** @param {'float32' | 'int64'} type */
const affine = (type) =>
  model({ inputs: [value('x', type, ['n'])], outputs: [value('y', type, ['n'])], ...double([], type) })

function pass() {
  return model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'float32', ['n']), value('x', 'float32', ['n'])],
    ...double([], 'float32'),
  })
}

function state() {
  return model({
    inputs: [value('state', 'float32', ['n']), value('x', 'float32', ['n'])],
    outputs: [value('next', 'float32', ['n']), value('y', 'float32', ['n'])],
    nodes: [node('Add', ['state', 'x'], ['next']), node('Add', ['state', 'state'], ['y'])],
  })
}

function loop() {
  const body = graph({
    name: 'body',
    inputs: [value('trip', 'int64', []), value('more', 'bool', []), value('sum', 'int64', ['n'])],
    outputs: [value('more_out', 'bool', []), value('next', 'int64', ['n'])],
    nodes: [node('Identity', ['more'], ['more_out']), node('Add', ['sum', 'one'], ['next'])],
  })
  return model({
    inputs: [value('trips', 'int64', []), value('x', 'int64', ['n'])],
    outputs: [value('y', 'int64', ['n'])],
    nodes: [node('Loop', ['trips', '', 'x'], ['y'], { body })],
    initializers: [tensor('one', 'int64', [1], [1n])],
  })
}

function concat() {
  return model({
    inputs: [value('a', 'string', ['n']), value('b', 'string', ['n'])],
    outputs: [value('y', 'string', ['n'])],
    nodes: [node('StringConcat', ['a', 'b'], ['y'])],
    opset: 20,
    irVersion: 9,
  })
}

function nonZero() {
  return model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'int64', [1, 'count'])],
    nodes: [node('NonZero', ['x'], ['y'])],
  })
}

/** @param {string} type */
const tensorSequence = (type) => sequenceType(tensorType(type, [null]))

function construct() {
  return model({
    inputs: [value('a', 'float32', [null]), value('b', 'float32', [null])],
    outputs: [value('s', tensorSequence('float32'))],
    nodes: [node('SequenceConstruct', ['a', 'b'], ['s'])],
  })
}

function join() {
  return model({
    inputs: [value('s', tensorSequence('float32'))],
    outputs: [value('y', 'float32', [null])],
    nodes: [node('ConcatFromSequence', ['s'], ['y'], { axis: 0 })],
  })
}

function last() {
  return model({
    inputs: [value('s', tensorSequence('string'))],
    outputs: [value('y', 'string', [null])],
    nodes: [node('SequenceAt', ['s', 'index'], ['y'])],
    initializers: [tensor('index', 'int64', [], [-1n])],
  })
}

const plusOne = ({ x }) => ({
  y: withData(
    x,
    x.data.map((n) => f32(f32(n * 2) + 1)),
  ),
})

/** @type {Record<string, Model>} */
export const MODELS = {
  affine32: {
    inputs: { x: 'float32' },
    outputs: { y: 'float32' },
    onGpu: true,
    build: () => affine('float32'),
    compute: plusOne,
  },
  affine64: {
    inputs: { x: 'int64' },
    outputs: { y: 'int64' },
    onGpu: true,
    build: () => affine('int64'),
    compute: ({ x }) => ({
      y: withData(
        x,
        x.data.map((n) => i64(n * 2n + 1n)),
      ),
    }),
  },
  state: {
    inputs: { state: 'float32', x: 'float32' },
    outputs: { next: 'float32', y: 'float32' },
    onGpu: true,
    build: state,
    compute({ state, x }) {
      if (!same(state, x)) return undefined
      return {
        next: withData(
          state,
          state.data.map((n, i) => f32(n + x.data[i])),
        ),
        y: withData(
          state,
          state.data.map((n) => f32(n * 2)),
        ),
      }
    },
  },
  loop: {
    inputs: { trips: 'int64', x: 'int64' },
    outputs: { y: 'int64' },
    build: loop,
    compute: ({ trips, x }) => ({
      y: withData(
        x,
        x.data.map((n) => i64(n + trips.data[0])),
      ),
    }),
  },
  pass: {
    inputs: { x: 'float32' },
    outputs: { y: 'float32', x: 'float32' },
    passed: { x: 'x' },
    build: pass,
    compute: ({ x }) => ({ ...plusOne({ x }), x }),
  },
  concat: {
    inputs: { a: 'string', b: 'string' },
    outputs: { y: 'string' },
    build: concat,
    compute: ({ a, b }) =>
      same(a, b)
        ? {
            y: withData(
              a,
              a.data.map((s, i) => s + b.data[i]),
            ),
          }
        : undefined,
  },
  nonZero: {
    inputs: { x: 'float32' },
    outputs: { y: 'int64' },
    dynamic: ['y'],
    noGraph: true,
    build: nonZero,
    compute({ x }) {
      const data = x.data.flatMap((n, i) => (n === 0 ? [] : [BigInt(i)]))
      return { y: { type: 'int64', dims: [1, data.length], data } }
    },
  },
  construct: {
    inputs: { a: 'float32', b: 'float32' },
    outputs: { s: 'sequence(float32)' },
    dynamic: ['s'],
    build: construct,
    compute: ({ a, b }) => ({ s: { type: 'sequence', elements: [a, b] } }),
  },
  join: {
    inputs: { s: 'sequence(float32)' },
    outputs: { y: 'float32' },
    dynamic: ['y'],
    build: join,
    compute({ s }) {
      const data = s.elements.flatMap((element) => element.data)
      return { y: { type: 'float32', dims: [data.length], data } }
    },
  },
  last: {
    inputs: { s: 'sequence(string)' },
    outputs: { y: 'string' },
    dynamic: ['y'],
    build: last,
    compute: ({ s }) => ({ y: s.elements.at(-1) }),
  },
}
