import { graph, model, node, tensor, value } from './onnx-graph.mjs'

/** Small random graphs, all of whose inputs and outputs have one type and shape, so that any value fits any of them. */

/** Every tensor is SIZE x SIZE. */
export const SIZE = 3
const DIMS = [SIZE, SIZE]
const ORDER = [2, 0, 1]

const ints = (name, values, dims = [values.length]) => tensor(name, 'int64', dims, values.map(BigInt))

const INITIALIZERS = [
  ints('order', ORDER),
  ints('pairs', [0, 1, 2, 0, 1, 2], [3, 2]),
  ints('zero', [0]),
  ints('one', [1]),
  ints('end', [SIZE]),
  ints('flat', [SIZE * SIZE]),
  ints('square', DIMS),
  ints('axis', [0], []),
  ints('trips', [2], []),
]

/** @typedef {(input: () => string, output: string) => object[]} Operator nodes of SIZE x SIZE tensors to one */

/** @type {Record<string, Operator>} */
const OPERATORS = {
  neg: (input, output) => [node('Neg', [input()], [output])],
  abs: (input, output) => [node('Abs', [input()], [output])],
  identity: (input, output) => [node('Identity', [input()], [output])],
  add: (input, output) => [node('Add', [input(), input()], [output])],
  sub: (input, output) => [node('Sub', [input(), input()], [output])],
  max: (input, output) => [node('Max', [input(), input()], [output])],
  transpose: (input, output) => [node('Transpose', [input()], [output])],
  gatherRows: (input, output) => [node('Gather', [input(), 'order'], [output], { axis: 0 })],
  gatherColumns: (input, output) => [node('Gather', [input(), 'order'], [output], { axis: 1 })],
  reshape: (input, output) => [
    node('Reshape', [input(), 'flat'], [`${output}_flat`]),
    node('Reshape', [`${output}_flat`, 'square'], [output]),
  ],
  shift: (input, output) => {
    const from = input()
    return [
      node('Slice', [from, 'one', 'end', 'zero'], [`${output}_kept`]),
      node('Slice', [input(), 'zero', 'one', 'zero'], [`${output}_new`]),
      node('Concat', [`${output}_kept`, `${output}_new`], [output], { axis: 0 }),
    ]
  },
  split: (input, output) => {
    const parts = ORDER.map((i) => `${output}_${i}`)
    return [
      node(
        'Split',
        [input()],
        ['0', '1', '2'].map((i) => `${output}_${i}`),
        { axis: 1 },
      ),
      node('Concat', parts, [output], { axis: 1 }),
    ]
  },
  matMul: (input, output) => [node('MatMul', [input(), input()], [output])],
  cumSum: (input, output) => [node('CumSum', [input(), 'axis'], [output], { reverse: 1 })],
  scatter: (input, output) => [
    node('Slice', [input(), 'zero', 'end', 'zero'], [`${output}_updates`]),
    node('ScatterElements', [input(), 'indices', `${output}_updates`], [output], { axis: 1 }),
  ],
  sum: (input, output) => [
    node('ReduceSum', [input(), 'one'], [`${output}_sum`]),
    node('Add', [`${output}_sum`, input()], [output]),
  ],
}

/** Those that compute nothing, for types of which ONNX Runtime has few kernels. */
const MOVES = 'identity transpose gatherRows gatherColumns reshape shift split scatter'.split(' ')
const COMPUTED = ['float32', 'float64', 'int32', 'int64']

/**
 * @param {() => number} random
 * @param {string} type
 */
export function randomGraph(random, type) {
  const below = (/** @type {number} */ n) => Math.floor(random() * n)
  const pick = (list) => list[below(list.length)]
  const inputs = Array.from({ length: 1 + below(3) }, (_, i) => `in${i}`)
  const known = [...inputs, 'constant']
  const made = []
  const nodes = []
  const names = COMPUTED.includes(type) ? Object.keys(OPERATORS) : MOVES
  const branch = (name) => {
    const operator = pick(names)
    const body = OPERATORS[operator](() => pick(known), name)
    const outputs = [value(name, type, DIMS)]
    return { text: operator, graph: graph({ name, inputs: [], outputs, nodes: body }) }
  }
  const steps = []
  for (let i = 0; i < 1 + below(5); i++) {
    const output = `made${i}`
    const kind = below(8)
    if (kind === 0) {
      const [yes, no] = [branch(`${output}_then`), branch(`${output}_else`)]
      nodes.push(
        node('If', [pick(['yes', 'no'])], [output], { then_branch: yes.graph, else_branch: no.graph }),
      )
      steps.push(`if(${yes.text}, ${no.text})`)
    } else if (kind === 1 && COMPUTED.includes(type)) {
      const body = loop(output, type, branch(`${output}_next`), random)
      nodes.push(node('Loop', ['trips', '', pick(known)], [output], { body: body.graph }))
      steps.push(`loop(${body.text})`)
    } else {
      const operator = pick(names)
      nodes.push(...OPERATORS[operator](() => pick(known), output))
      steps.push(operator)
    }
    known.push(output)
    made.push(output)
  }
  // An output can be an input or a constant, and can be read by later nodes.
  const candidates = [...made, ...[...inputs, 'constant'].filter(() => below(4) === 0)]
  const outputs = candidates.filter((name) => name === made.at(-1) || below(2) === 0)
  const rows = Array.from({ length: SIZE }, (_, i) => [0, 1, 2].map((j) => (i + j) % SIZE)).flat()
  const constant = rows.map((one) => (type === 'int64' ? BigInt(one) : one))
  const bytes = model({
    inputs: inputs.map((name) => value(name, type, DIMS)),
    outputs: outputs.map((name) => value(name, type, DIMS)),
    nodes,
    initializers: [
      ...INITIALIZERS,
      ints('indices', rows, DIMS),
      tensor('constant', type, DIMS, constant),
      tensor('yes', 'bool', [], [1]),
      tensor('no', 'bool', [], [0]),
    ],
  })
  return { bytes, inputs, outputs, text: `${type} ${steps.join(', ')} -> ${outputs.join(', ')}` }
}

/** A body that reads the state, and values of the outer graph. */
function loop(output, type, step, random) {
  const [state, next] = [`${output}_state`, `${output}_carried`]
  const combine = random() < 0.5 ? 'Add' : 'Max'
  const inner = graph({
    name: `${output}_body`,
    inputs: [
      value(`${output}_trip`, 'int64', []),
      value(`${output}_more`, 'bool', []),
      value(state, type, DIMS),
    ],
    outputs: [value(`${output}_again`, 'bool', []), value(next, type, DIMS)],
    nodes: [
      node('Identity', [`${output}_more`], [`${output}_again`]),
      ...step.graph.node,
      node('Transpose', [state], [`${output}_transposed`]),
      node(combine, [`${output}_transposed`, `${output}_next`], [next]),
    ],
  })
  return { text: `${step.text}, ${combine}`, graph: inner }
}
