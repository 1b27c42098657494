// Shared by tests and benchmarks: sessions on the GPU, and comparisons of values.
import assert from 'node:assert/strict'
import { InferenceSession, OrtValue } from '../../dist/index.mjs'
import { compare as compareElements } from '../../dist/tools/tensors/compare.js'

export { pseudoRandom as random, randomize } from '../helpers/random.mjs'

/** Set by --rehearse: "cuda" is then the fake driver of the tests, over a session on the CPU. */
export const rehearsal = process.env.GPU_SUITE_REHEARSAL === '1'

/**
 * Without TF32, whose results cannot be compared with the CPU's, and without the search for the fastest convolution, which
 * takes seconds per model.
 */
export const CUDA = { name: 'cuda', useTf32: false, cudnnConvAlgoSearch: 'heuristic' }

/** Where ONNX Runtime allocates an output on the session's device. The fake driver's session has no such memory. */
export const allocatedBy = rehearsal ? 'cpu' : 'cuda'

/**
 * A session on the GPU alone; on the GPU and the CPU where the model has nodes that the GPU cannot run.
 *
 * @param {string | Uint8Array} model
 * @param {object} [options] of the session; `cuda`: of the provider
 */
export async function open(model, { cuda = {}, ...options } = {}) {
  const provider = { ...CUDA, ...cuda }
  // Errors only: `executionProviders` reports whether the CPU runs nodes.
  const create = (executionProviders, more = {}) =>
    InferenceSession.create(model, { logSeverityLevel: 3, ...options, executionProviders, ...more })
  const session = rehearsal
    ? await create([provider], { extra: { session: { disable_cpu_ep_fallback: '0' } } })
    : await create([provider]).catch((error) => {
        if (error.code !== 'ERR_CPU_FALLBACK') throw error
        return create([provider, 'cpu'])
      })
  // ['cuda', 'cpu'] may end on the CPU with a warning.
  assert.equal(session.device.name, 'cuda', 'the session runs on the GPU')
  return session
}

/** A session on the CPU, to compare the GPU's results with. */
export const openCpu = (model, options) => InferenceSession.create(model, { logSeverityLevel: 3, ...options })

/** A copy of a tensor in host or device memory. */
export function toOrtValue({ type, dims, data }, device = 'cpu', id = 0) {
  const value = OrtValue.allocate(type, dims, device, id)
  value.write(data)
  return value
}

export const toTensor = (tensor) => toOrtValue(tensor).toTensor()

export const toFeeds = (tensors) =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, toTensor(tensor)]))
export const toShapes = (tensors) => Object.fromEntries(tensors.map(({ name, dims }) => [name, dims]))

/** The elements of an OrtValue in any memory, of a Tensor in host memory, or of a data set's tensor. */
function tensorElements(tensor) {
  return tensor instanceof OrtValue ? tensor.read() : tensor.data
}

/**
 * @param {object} actual an OrtValue or a Tensor
 * @param {{ name?: string, type: string, dims: readonly number[], data: any }} expected
 * @param {{ rtol: number, atol: number }} tolerance
 * @returns {number} the largest difference
 */
export function compare(actual, expected, tolerance) {
  const what = expected.name ?? 'the output'
  const { type, dims } = expected
  assert.equal(actual.type, type, `${what}: element type`)
  assert.deepEqual([...actual.dims], [...dims], `${what}: dims`)
  const [left, right] = [actual, expected].map((tensor) => ({ type, dims, data: tensorElements(tensor) }))
  assert.equal(left.data.length, right.data.length, `${what}: length`)
  const { largest = 0, first } = compareElements(left, right, tolerance)
  if (first) assert.fail(`${what}: element ${first.index} is ${first.actual}, expected ${first.expected}`)
  return largest
}

export const toBytes = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)

/** Asserts that two arrays are the same bit for bit. */
export function assertSame(actual, expected, message) {
  if (toBytes(actual).equals(toBytes(expected))) return
  const at = actual.findIndex((value, i) => !Object.is(value, expected[i]))
  assert.fail(`${message}: element ${at} is ${actual[at]}, expected ${expected[at]}`)
}

/** The code that a call fails with, by an exception or a rejection. */
export async function errorCode(call) {
  try {
    await call()
  } catch (error) {
    return error.code ?? `no code: ${error}`
  }
  return undefined
}
