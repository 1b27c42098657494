// What the simulator computes in cuDNN's place, against the CPU.
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { model, node, pseudoRandom, tensor, value } from '../helpers/model-builder.mjs'

interface Weight {
  readonly dims: number[]
  readonly data?: number[]
  readonly type?: 'int32'
}

interface Case {
  readonly op: string
  readonly x: number[]
  /** By the operator's order; null for one that is omitted. */
  readonly weights: (Weight | null)[]
  readonly outputs?: string[]
  readonly attributes?: Record<string, unknown>
  readonly relu?: boolean
}

const count = (dims: number[]) => dims.reduce((a, b) => a * b, 1)
const of = (...dims: number[]): Weight => ({ dims })

const CASES: Readonly<Record<string, Case>> = {
  'a convolution': { op: 'Conv', x: [2, 3, 7, 6], weights: [of(4, 3, 3, 2)] },
  'one with a bias': { op: 'Conv', x: [1, 3, 7, 6], weights: [of(4, 3, 3, 2), of(4)] },
  'one with a bias and Relu': { op: 'Conv', x: [1, 3, 5, 5], weights: [of(4, 3, 3, 3), of(4)], relu: true },
  'one of groups': {
    op: 'Conv',
    x: [1, 4, 6, 6],
    weights: [of(6, 2, 3, 3), of(6)],
    attributes: { group: 2 },
  },
  'one of single channels': {
    op: 'Conv',
    x: [1, 4, 6, 6],
    weights: [of(4, 1, 3, 3)],
    attributes: { group: 4 },
  },
  'one with strides, dilations and padding': {
    op: 'Conv',
    x: [1, 2, 11, 9],
    weights: [of(3, 2, 3, 3), of(3)],
    attributes: { strides: [2, 1], dilations: [1, 2], pads: [1, 2, 1, 2] },
  },
  'one padded unevenly': {
    op: 'Conv',
    x: [1, 2, 6, 6],
    weights: [of(3, 2, 3, 3)],
    attributes: { pads: [0, 1, 2, 0] },
  },
  'one of one dimension': { op: 'Conv', x: [2, 2, 20], weights: [of(3, 2, 5), of(3)] },
  'one of three dimensions': { op: 'Conv', x: [1, 2, 4, 5, 6], weights: [of(2, 2, 2, 3, 2), of(2)] },
  LSTM: {
    op: 'LSTM',
    x: [5, 2, 3],
    weights: [of(1, 16, 3), of(1, 16, 4), of(1, 32), null, of(1, 2, 4), of(1, 2, 4)],
    outputs: ['y', 'h', 'c'],
    attributes: { hidden_size: 4 },
  },
  'LSTM in both directions': {
    op: 'LSTM',
    x: [5, 2, 3],
    weights: [of(2, 16, 3), of(2, 16, 4)],
    outputs: ['y', 'h', 'c'],
    attributes: { hidden_size: 4, direction: 'bidirectional' },
  },
  'LSTM of sequences of different lengths': {
    op: 'LSTM',
    x: [5, 3, 3],
    weights: [of(2, 16, 3), of(2, 16, 4), of(2, 32), { dims: [3], data: [5, 2, 4], type: 'int32' }],
    outputs: ['y', 'h', 'c'],
    attributes: { hidden_size: 4, direction: 'bidirectional' },
  },
  'LSTM in reverse': {
    op: 'LSTM',
    x: [4, 1, 3],
    weights: [of(1, 16, 3), of(1, 16, 4), of(1, 32)],
    outputs: ['y', 'h', 'c'],
    attributes: { hidden_size: 4, direction: 'reverse' },
  },
  GRU: {
    op: 'GRU',
    x: [5, 2, 3],
    weights: [of(1, 12, 3), of(1, 12, 4), of(1, 24), null, of(1, 2, 4)],
    outputs: ['y', 'h'],
    attributes: { hidden_size: 4, linear_before_reset: 1 },
  },
  'RNN in both directions': {
    op: 'RNN',
    x: [3, 2, 3],
    weights: [of(2, 4, 3), of(2, 4, 4), of(2, 8)],
    outputs: ['y', 'h'],
    attributes: { hidden_size: 4, direction: 'bidirectional', activations: ['Tanh', 'Tanh'] },
  },
}

function build({ op, x, weights, outputs = ['y'], attributes, relu }: Case): Uint8Array {
  const inputs = weights.map((weight, i) => (weight === null ? '' : `w${i}`))
  const initializers = weights.flatMap((weight, i) => {
    if (weight === null) return []
    const { dims, type = 'float32', data } = weight
    return [tensor(`w${i}`, type, dims, data ?? [...pseudoRandom(count(dims), i + 2)])]
  })
  const made = relu ? ['before'] : outputs
  const nodes = [node(op, ['x', ...inputs], made, attributes)]
  if (relu) nodes.push(node('Relu', ['before'], outputs))
  const shapeless = outputs.map((name) => value(name, 'float32'))
  return model({ inputs: [value('x', 'float32', x)], outputs: shapeless, nodes, initializers })
}

test.each(Object.entries(CASES))('%s gives what the CPU gives', async (_, one) => {
  const x = new Tensor('float32', pseudoRandom(count(one.x), 1), one.x)
  const bytes = build(one)
  const cpu = await InferenceSession.create(bytes)
  const cuda = await InferenceSession.create(bytes, {
    executionProviders: [{ name: 'cuda', useTf32: false }],
  })
  const [expected, actual] = [await cpu.run({ x }), await cuda.run({ x })]
  for (const name of cpu.outputNames) {
    expect(actual[name]!.dims).toEqual(expected[name]!.dims)
    const [left, right] = [actual[name]!.data as Float32Array, expected[name]!.data as Float32Array]
    const differences = left.map((element, i) => Math.abs(element - right[i]!))
    expect(Math.max(...differences)).toBeLessThan(1e-5)
  }
  await Promise.all([cpu.release(), cuda.release()])
})
