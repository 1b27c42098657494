// Outputs whose shape depends on the data: found from the graph alone, and compared with runs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { afterAll, describe, expect, test } from 'vitest'
import { dataDependentShapes } from '../../lib/tools/inspect/data-shapes.ts'
import { readOnnxModel } from '../../lib/tools/inspect/onnx-model.ts'
import { graph, model, node, tensor, value } from '../helpers/onnx-graph.mjs'
import { float32, int64 } from '../helpers/values.ts'

const folder = mkdtempSync(join(tmpdir(), 'data-shapes-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0

/** The cause of each output of a model, by its operator. */
function findCauses(bytes: Uint8Array, inputs: readonly string[]): Record<string, string> {
  const path = join(folder, `${files++}.onnx`)
  writeFileSync(path, bytes)
  const causes = dataDependentShapes(readOnnxModel(path)!.graph, inputs)
  return Object.fromEntries([...causes].map(([output, { opType }]) => [output, opType]))
}

const axis = tensor('axis', 'int64', [1], [0n])
const one = tensor('one', 'int64', [1], [1n])
const x = value('x', 'float32', ['n'])
const k = value('k', 'int64', [1])
const y = value('y', 'float32', [null])

interface Case {
  readonly nodes: object[]
  readonly inputs?: object[]
  readonly initializers?: object[]
  readonly opset?: number
  /** The shapes of y for two sets of data of the same shapes. */
  readonly differs: boolean
  readonly cause?: string
}

const feeds = [
  { x: float32([1, 0, 0, 2]), k: int64([2]) },
  { x: float32([0, 0, 3, 0]), k: int64([4]) },
]

const cases: Record<string, Case> = {
  'indices of nonzero elements': {
    nodes: [node('NonZero', ['x'], ['i']), node('Cast', ['i'], ['y'], { to: 1 })],
    differs: true,
    cause: 'NonZero',
  },
  'a length from an input': {
    nodes: [node('Slice', ['x', 'axis', 'k'], ['y'])],
    inputs: [x, k],
    initializers: [axis],
    differs: true,
    cause: 'Slice',
  },
  'a length computed from an input': {
    nodes: [node('Add', ['k', 'one'], ['more']), node('Expand', ['c', 'more'], ['y'])],
    inputs: [k],
    initializers: [one, tensor('c', 'float32', [1], [1])],
    differs: true,
    cause: 'Expand',
  },
  'the shape of a shape that depends on data': {
    nodes: [
      node('NonZero', ['x'], ['i']),
      node('Shape', ['i'], ['s']),
      node('ConstantOfShape', ['s'], ['y']),
    ],
    differs: true,
    cause: 'ConstantOfShape',
  },
  'a branch that depends on the data': {
    nodes: [
      node('ReduceSum', ['x'], ['sum'], { keepdims: 0 }),
      node('Cast', ['sum'], ['many'], { to: 6 }),
      node('Equal', ['many', 'three'], ['is']),
      node('If', ['is'], ['y'], {
        then_branch: graph({
          inputs: [],
          outputs: [value('a', 'float32', [null])],
          nodes: [node('Identity', ['x'], ['a'])],
        }),
        else_branch: graph({
          inputs: [],
          outputs: [value('b', 'float32', [null])],
          nodes: [node('Concat', ['x', 'x'], ['b'], { axis: 0 })],
        }),
      }),
    ],
    initializers: [tensor('three', 'int32', [], [1])],
    differs: false,
    cause: 'If',
  },
  'a loop with an iteration count from an input': {
    nodes: [
      node('Squeeze', ['k'], ['trips']),
      node('Loop', ['trips', '', 'c'], ['last', 'y'], { body: loopBody() }),
    ],
    inputs: [k],
    initializers: [tensor('c', 'float32', [], [1])],
    differs: true,
    cause: 'Loop',
  },
  'a loop with an iteration count from a shape': {
    nodes: [
      node('Shape', ['x'], ['s']),
      node('Squeeze', ['s'], ['trips']),
      node('Loop', ['trips', '', 'c'], ['last', 'y'], { body: loopBody() }),
    ],
    initializers: [tensor('c', 'float32', [], [1])],
    differs: false,
  },
  'arithmetic with shapes': {
    nodes: [
      node('Shape', ['x'], ['s']),
      node('Mul', ['s', 's'], ['squared']),
      node('Add', ['squared', 'one'], ['more']),
      node('Unsqueeze', ['x', 'axis'], ['row']),
      node('Transpose', ['row'], ['column']),
      node('Mul', ['row', 'column'], ['products']),
      node('Reshape', ['products', 'squared'], ['flat']),
      node('Expand', ['c', 'more'], ['ones']),
      node('Concat', ['flat', 'ones'], ['y'], { axis: 0 }),
    ],
    initializers: [axis, one, tensor('c', 'float32', [1], [1])],
    differs: false,
  },
  'data that determine no shape': {
    nodes: [
      node('CumSum', ['x', 'axis'], ['sums']),
      node('Relu', ['sums'], ['positive']),
      node('ReduceSum', ['positive', 'axis'], ['y'], { keepdims: 1 }),
    ],
    initializers: [axis],
    differs: false,
  },
  'the k largest': {
    nodes: [node('TopK', ['x', 'k'], ['y', 'where'])],
    inputs: [x, k],
    differs: true,
    cause: 'TopK',
  },
}

/** Collects a number a turn. */
function loopBody() {
  return graph({
    inputs: [value('turn', 'int64', []), value('more', 'bool', []), value('state', 'float32', [])],
    outputs: [value('again', 'bool', []), value('next', 'float32', []), value('collected', 'float32', [])],
    nodes: [
      node('Identity', ['more'], ['again']),
      node('Add', ['state', 'state'], ['next']),
      node('Identity', ['state'], ['collected']),
    ],
  })
}

describe.each(Object.entries(cases))(
  '%s',
  (_title, { nodes, inputs = [x], initializers = [], differs, cause }) => {
    const bytes = model({ inputs, outputs: [y], nodes, initializers, opset: 17 })

    test('has the expected cause in the graph', () => {
      expect(findCauses(bytes, ['x', 'k'])).toEqual(cause === undefined ? {} : { y: cause })
    })

    test('is confirmed by runs', async () => {
      await using session = await InferenceSession.create(bytes, { logSeverityLevel: 4 })
      const shapes: string[] = []
      for (const all of feeds) {
        const given = Object.entries(all).filter(([name]) => session.inputNames.includes(name))
        shapes.push(`${(await session.run(Object.fromEntries(given))).y!.dims}`)
      }
      expect(shapes[0] !== shapes[1]).toBe(differs)
    })
  },
)

test("ONNX Runtime's own operators with shapes that do not depend on data are known", () => {
  const bytes = model({
    inputs: [x],
    outputs: [y],
    nodes: [node('FastGelu', ['x'], ['y'], {}, { domain: 'com.microsoft' })],
    domains: { 'com.microsoft': 1 },
  })
  expect(findCauses(bytes, ['x'])).toEqual({})
})

test('an operator of another domain is unknown', () => {
  const bytes = model({
    inputs: [x],
    outputs: [y],
    nodes: [node('Shape', ['x'], ['s'], {}, { domain: 'com.example' }), node('Expand', ['c', 's'], ['y'])],
    initializers: [tensor('c', 'float32', [1], [1])],
    domains: { 'com.example': 1 },
  })
  expect(findCauses(bytes, ['x'])).toEqual({ y: 'Shape' })
})
