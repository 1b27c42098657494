import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare } from '../../dist/tools/tensors/compare.js'
import { decode } from './onnx-proto.mjs'
import { readTensor, typeName } from './tensors.mjs'

/**
 * `type` of a sequence is the element type of its tensors, where tensors are what it holds.
 * @typedef {import('./tensors.mjs').TensorValue} TensorValue
 * @typedef {{ name: string, kind: 'sequence', type?: string, elements: Value[] }} SequenceValue
 * @typedef {{ name: string, kind: 'optional', value: Value | null }} OptionalValue
 * @typedef {TensorValue | SequenceValue | OptionalValue} Value
 * @typedef {{ inputs: Value[], outputs: Value[] }} DataSet
 * @typedef {{ type: string, dims: ArrayLike<number>, data: ArrayLike<any> }} TensorLike
 * @typedef {{ rtol?: number, atol?: number }} Tolerance
 */

/** @type {Record<string, string>} */
const elementFields = {
  TensorProto: 'tensorValues',
  SequenceProto: 'sequenceValues',
  OptionalProto: 'optionalValues',
}

/**
 * Reads a case of the layout of ONNX's backend tests: DIR/model.onnx and, for each run,
 * DIR/test_data_set_N/input_I.pb and output_I.pb.
 * @param {string} dir
 * @returns {{ modelPath: string, dataSets: DataSet[] }}
 */
export function loadCase(dir) {
  const modelPath = join(dir, 'model.onnx')
  const { graph } = decode('ModelProto', readFileSync(modelPath))
  const dataSets = numbered(dir, 'test_data_set_').map((path) => ({
    inputs: readValues(numbered(path, 'input_'), requiredInputs(graph)),
    outputs: readValues(numbered(path, 'output_'), [graph.output]),
  }))
  return { modelPath, dataSets }
}

/**
 * Paths of the entries of a folder that are a prefix and a number, in the order of the numbers.
 * @param {string} dir
 * @param {string} prefix
 */
function numbered(dir, prefix) {
  const number = (/** @type {string} */ entry) => Number.parseInt(entry.slice(prefix.length), 10)
  return readdirSync(dir)
    .filter((entry) => entry.startsWith(prefix))
    .sort((a, b) => number(a) - number(b))
    .map((entry) => join(dir, entry))
}

/**
 * The inputs that the files may stand for: all of them, or those without an initializer as their default.
 * @param {any} graph
 * @returns {any[][]}
 */
function requiredInputs({ input, initializer, sparseInitializer }) {
  const tensors = [...initializer, ...sparseInitializer.map((/** @type {any} */ { values }) => values)]
  const defaults = new Set(tensors.map(({ name }) => name))
  return [input, input.filter((/** @type {any} */ { name }) => !defaults.has(name))]
}

/**
 * @param {string[]} paths
 * @param {any[][]} candidates lists of ValueInfoProto; the first with one for each path counts
 * @returns {Value[]}
 */
function readValues(paths, candidates) {
  const infos = candidates.find(({ length }) => length === paths.length)
  if (!infos) throw new Error(`${paths.length} files for ${candidates[0].length} values of the model`)
  return paths.map((path, index) => {
    const { name, type } = infos[index]
    return readValue(decode(findMessage(type), readFileSync(path)), name, type)
  })
}

/**
 * @param {any} type a TypeProto
 * @returns {import('./onnx-proto.mjs').MessageName}
 */
function findMessage(type) {
  if (type.tensorType) return 'TensorProto'
  if (type.sequenceType) return 'SequenceProto'
  if (type.optionalType) return 'OptionalProto'
  throw new Error(`values of ${Object.keys(type)} are not supported`)
}

/**
 * @param {any} proto a TensorProto, SequenceProto or OptionalProto
 * @param {string} name
 * @param {any} type the TypeProto that says which
 * @returns {Value}
 */
function readValue(proto, name, type) {
  if (type.tensorType) return readTensor(proto, name)
  if (type.sequenceType) {
    const inner = type.sequenceType.elemType
    const elements = proto[elementFields[findMessage(inner)]]
    return {
      name,
      kind: 'sequence',
      type: inner.tensorType && typeName(inner.tensorType.elemType),
      elements: elements.map((/** @type {any} */ element) => readValue(element, element.name ?? '', inner)),
    }
  }
  const inner = type.optionalType.elemType
  const value = proto.tensorValue ?? proto.sequenceValue ?? proto.optionalValue
  return { name, kind: 'optional', value: value ? readValue(value, value.name ?? '', inner) : null }
}

/**
 * @param {TensorLike} actual
 * @param {TensorLike} expected
 * @param {Tolerance} [tolerance] of floating-point elements except float8; all others must be equal
 * @returns {string | null} the first mismatch
 */
export function compareTensors(actual, expected, { rtol = 1e-3, atol = 1e-4 } = {}) {
  const { type } = expected
  if (actual.type !== type) return `type is ${actual.type}, expected ${type}`
  const [dims, expectedDims] = [actual, expected].map((tensor) => `[${Array.from(tensor.dims)}]`)
  if (dims !== expectedDims) return `dims are ${dims}, expected ${expectedDims}`
  const { length } = expected.data
  if (actual.data.length !== length) return `length is ${actual.data.length}, expected ${length}`
  const { first } = compare(/** @type {any} */ (actual), /** @type {any} */ (expected), { rtol, atol })
  return first ? `element ${first.index} of ${length} is ${first.actual}, expected ${first.expected}` : null
}

/**
 * Compares values of any kind.
 * @param {Value} actual
 * @param {Value} expected
 * @param {Tolerance} [tolerance]
 * @returns {string | null} the first mismatch
 */
export function compareValues(actual, expected, tolerance) {
  if (actual.kind === 'tensor' && expected.kind === 'tensor') {
    return compareTensors(actual, expected, tolerance)
  }
  if (actual.kind === 'optional' && expected.kind === 'optional') {
    if (actual.value && expected.value) return compareValues(actual.value, expected.value, tolerance)
    return actual.value === expected.value ? null : `${present(actual)}, expected ${present(expected)}`
  }
  if (actual.kind !== 'sequence' || expected.kind !== 'sequence') {
    return `kind is ${actual.kind}, expected ${expected.kind}`
  }
  const { elements } = actual
  if (elements.length !== expected.elements.length) {
    return `sequence of ${elements.length}, expected ${expected.elements.length}`
  }
  for (const [index, element] of expected.elements.entries()) {
    const mismatch = compareValues(elements[index], element, tolerance)
    if (mismatch) return `[${index}]: ${mismatch}`
  }
  return null
}

/** @param {OptionalValue} optional */
function present({ value }) {
  return value ? 'a value' : 'none'
}
