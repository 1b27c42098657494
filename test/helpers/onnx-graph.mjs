import { encode } from './onnx-proto.mjs'
import { elementTypes, tensor, utf8 } from './tensors.mjs'

export { tensor }

/**
 * A size, a name for a size, or null for a size that is not known.
 * @typedef {number | string | null} Dim
 * @typedef {object} Graph the fields are GraphProto's, in the builders' own form
 * @property {object[]} inputs
 * @property {object[]} outputs
 * @property {object[]} nodes
 * @property {object[]} [initializers]
 * @property {object[]} [sparseInitializers] SparseTensorProtos
 * @property {string} [name]
 */

/**
 * @param {string} type
 * @param {readonly Dim[]} [dims] omitted if not even the rank is known
 * @returns a TypeProto
 */
export function tensorType(type, dims) {
  const shape = dims && { dim: dims.map(dimension) }
  return { tensorType: { elemType: elementTypes[type].code, ...(shape && { shape }) } }
}

/** @param {Dim} dim */
function dimension(dim) {
  if (dim === null) return {}
  return typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim }
}

/** @param {object} elemType a TypeProto */
export function sequenceType(elemType) {
  return { sequenceType: { elemType } }
}

/**
 * @param {string} type
 * @param {readonly Dim[]} dims
 */
export function sparseType(type, dims) {
  return { sparseTensorType: { elemType: elementTypes[type].code, shape: { dim: dims.map(dimension) } } }
}

/**
 * @param {string} keys
 * @param {object} valueType a TypeProto
 */
export function mapType(keys, valueType) {
  return { mapType: { keyType: elementTypes[keys].code, valueType } }
}

/** @param {object} elemType a TypeProto */
export function optionalType(elemType) {
  return { optionalType: { elemType } }
}

/**
 * An input or output of a graph.
 * @param {string} name
 * @param {string | object} type the element type of a tensor, or a TypeProto
 * @param {readonly Dim[]} [dims]
 */
export function value(name, type, dims) {
  return { name, type: typeof type === 'string' ? tensorType(type, dims) : type }
}

/**
 * @param {string} op
 * @param {readonly string[]} inputs '' for an omitted one
 * @param {readonly string[]} outputs
 * @param {Record<string, any>} [attributes] see `makeAttribute`
 * @param {{ name?: string, domain?: string }} [rest]
 */
export function node(op, inputs, outputs, attributes = {}, rest = {}) {
  const attribute = Object.entries(attributes).map(([name, content]) => ({ name, ...makeAttribute(content) }))
  return { opType: op, input: inputs, output: outputs, attribute, ...rest }
}

/**
 * Marks an attribute as FLOAT or FLOATS, which whole numbers do not show.
 * @param {number | number[]} content
 */
export function float(content) {
  return Array.isArray(content) ? { type: 'FLOATS', floats: content } : { type: 'FLOAT', f: content }
}

/** @param {any} content a number, a string, an array of either, a tensor, a graph, or what float() gives */
function makeAttribute(content) {
  if (Array.isArray(content)) {
    if (typeof content[0] === 'string') return { type: 'STRINGS', strings: content.map(utf8) }
    return content.every(isWhole) ? { type: 'INTS', ints: content } : float(content)
  }
  if (typeof content === 'string') return { type: 'STRING', s: utf8(content) }
  if (typeof content !== 'object') return isWhole(content) ? { type: 'INT', i: content } : float(content)
  if ('type' in content) return content
  if ('tensorType' in content) return { type: 'TYPE_PROTO', tp: content }
  return 'node' in content ? { type: 'GRAPH', g: content } : { type: 'TENSOR', t: content }
}

/** @param {number | bigint} content */
function isWhole(content) {
  return typeof content === 'bigint' || Number.isInteger(content)
}

/**
 * A GraphProto, which as an attribute is a subgraph.
 * @param {Graph} parts
 */
export function graph({
  inputs,
  outputs,
  nodes,
  initializers = [],
  sparseInitializers = [],
  name = 'graph',
}) {
  return {
    name,
    input: inputs,
    output: outputs,
    node: nodes,
    initializer: initializers,
    sparseInitializer: sparseInitializers,
  }
}

/**
 * @typedef {object} ModelOptions
 * @property {number} [opset]
 * @property {Record<string, number>} [domains] versions of further operator sets
 * @property {number} [irVersion]
 * @property {Record<string, string>} [metadata]
 * @property {string} [producerName]
 * @property {string} [producerVersion]
 * @property {string} [domain]
 * @property {number} [modelVersion]
 * @property {string} [docString]
 * @property {object[]} [functions] FunctionProtos
 */

/**
 * @param {Graph & ModelOptions} parts
 * @returns the bytes of a model
 */
export function model({
  inputs,
  outputs,
  nodes,
  initializers,
  sparseInitializers,
  name,
  opset = 17,
  domains = {},
  irVersion = 8,
  metadata = {},
  ...info
}) {
  return encode('ModelProto', {
    irVersion,
    opsetImport: Object.entries({ '': opset, ...domains }).map(([domain, version]) => ({ domain, version })),
    metadataProps: Object.entries(metadata).map(([key, text]) => ({ key, value: text })),
    graph: graph({ inputs, outputs, nodes, initializers, sparseInitializers, name }),
    ...info,
  })
}
