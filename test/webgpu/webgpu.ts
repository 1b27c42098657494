import { InferenceSession, OrtValue, type SessionOptions } from 'onnxruntime-iobinding'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

/** A session on WebGPU, where every node is. */
export function create(model: Uint8Array, options: SessionOptions = {}): Promise<InferenceSession> {
  return InferenceSession.create(model, { executionProviders: ['webgpu'], logSeverityLevel: 3, ...options })
}

/** A session of a model with nodes that the device has no kernel for. */
export function createMixed(model: Uint8Array, options: SessionOptions = {}): Promise<InferenceSession> {
  return create(model, { executionProviders: ['webgpu', 'cpu'], ...options })
}

export const floats = (...values: number[]) => Float32Array.from(values)

/** A value in the device's memory. */
export function onDevice(data: Iterable<number>, dims?: readonly number[]): OrtValue {
  return OrtValue.fromTensor(float32(data, dims), 'webgpu')
}

/** y = x * 2 of any shape. */
export const double = () =>
  model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('Mul', ['x', 'two'], ['y'])],
    initializers: [tensor('two', 'float32', [1], [2])],
  })

/** The input itself is an output, beside one that is computed from it. */
export const passThrough = () =>
  model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('x', 'float32', ['n']), value('y', 'float32', ['n'])],
    nodes: [node('Add', ['x', 'x'], ['y'])],
  })
