import { FileBytes, Message } from '../../model/protobuf'

/** What ONNX Runtime does not report of a model's file. The weights are not read. */
export interface OnnxModel {
  readonly irVersion: number
  /** `''` is ONNX's own domain. */
  readonly opsetImports: readonly { readonly domain: string; readonly version: number }[]
  readonly graph: OnnxGraph
}

export interface OnnxGraph {
  /** In topological order, as ONNX has it. */
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

export interface OnnxNode {
  readonly name: string
  readonly domain: string
  readonly opType: string
  /** `''` for an omitted optional one. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Bodies of If, Loop and Scan, which may read any value of the surrounding graphs. */
  readonly subgraphs: readonly OnnxGraph[]
}

export interface OnnxValue {
  readonly name: string
  /** False for a tensor without a declared shape. */
  readonly hasRank: boolean
}

/** Undefined for a model in ONNX Runtime's own format (.ort), which is not a protobuf. */
export function readOnnxModel(path: string): OnnxModel | undefined {
  using bytes = new FileBytes(path)
  if (bytes.length >= 8 && bytes.text(4, 8) === 'ORTM') return undefined
  // The field numbers are those of onnx.proto.
  const model = new Message(bytes)
  return {
    irVersion: model.integer(1),
    opsetImports: model
      .messages(8)
      .map((opset) => ({ domain: readDomain(opset, 1), version: opset.integer(2) })),
    graph: model.messages(7).map(readGraph).at(-1) ?? { nodes: [], inputs: [], outputs: [] },
  }
}

function readGraph(graph: Message): OnnxGraph {
  return {
    nodes: graph.messages(1).map(readNode),
    inputs: graph.messages(11).map(readValue),
    outputs: graph.messages(12).map(readValue),
  }
}

function readNode(node: Message): OnnxNode {
  const graphs = node
    .messages(5)
    .flatMap((attribute) => [...attribute.messages(6), ...attribute.messages(11)])
  return {
    name: node.string(3),
    domain: readDomain(node, 7),
    opType: node.string(4),
    inputs: node.strings(1),
    outputs: node.strings(2),
    subgraphs: graphs.map(readGraph),
  }
}

/** ONNX's own domain has two names. */
function readDomain(message: Message, field: number): string {
  return message.string(field).replace(/^ai\.onnx$/, '')
}

function readValue(value: Message): OnnxValue {
  const tensors = value.messages(2).flatMap((type) => type.messages(1))
  return { name: value.string(1), hasRank: tensors.every((tensor) => tensor.messages(2).length > 0) }
}
