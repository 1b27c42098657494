import { FileBytes, Message } from './protobuf'

/** What a model's file says that ONNX Runtime does not tell; its weights are not read. */
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
  /** `''` for an optional one that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Bodies of If, Loop, Scan; they may read any value of the graphs around them. */
  readonly subgraphs: readonly OnnxGraph[]
}

export interface OnnxValue {
  readonly name: string
  /** False of a tensor whose shape is not declared at all. */
  readonly hasRank: boolean
}

/** Undefined for a model in ONNX Runtime's own format (.ort), which is no protobuf. */
export function readOnnxModel(path: string): OnnxModel | undefined {
  using bytes = new FileBytes(path)
  if (bytes.length >= 8 && bytes.text(4, 8) === 'ORTM') return undefined
  let irVersion = 0
  const opsetImports: { domain: string; version: number }[] = []
  let graph: OnnxGraph = { nodes: [], inputs: [], outputs: [] }
  // Field numbers are those of onnx.proto.
  new Message(bytes, 0, bytes.length).read(
    {
      7: (message) => {
        graph = readGraph(message)
      },
      8: (message) => {
        const opset = { domain: '', version: 0 }
        message.read(
          {
            1: (domain) => {
              // Two names of one domain.
              opset.domain = domain.text().replace(/^ai\.onnx$/, '')
            },
          },
          {
            2: (version) => {
              opset.version = version
            },
          },
        )
        opsetImports.push(opset)
      },
    },
    {
      1: (version) => {
        irVersion = version
      },
    },
  )
  return { irVersion, opsetImports, graph }
}

function readGraph(message: Message): OnnxGraph {
  const nodes: OnnxNode[] = []
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  message.read({
    1: (node) => nodes.push(readNode(node)),
    11: (input) => inputs.push(readValue(input)),
    12: (output) => outputs.push(readValue(output)),
  })
  return { nodes, inputs, outputs }
}

function readNode(message: Message): OnnxNode {
  const text = { name: '', domain: '', opType: '' }
  const inputs: string[] = []
  const outputs: string[] = []
  const subgraphs: OnnxGraph[] = []
  const put = (key: keyof typeof text) => (value: Message) => {
    text[key] = value.text()
  }
  const graph = (value: Message) => subgraphs.push(readGraph(value))
  message.read({
    1: (input) => inputs.push(input.text()),
    2: (output) => outputs.push(output.text()),
    3: put('name'),
    4: put('opType'),
    5: (attribute) => attribute.read({ 6: graph, 11: graph }),
    7: put('domain'),
  })
  return { ...text, domain: text.domain.replace(/^ai\.onnx$/, ''), inputs, outputs, subgraphs }
}

function readValue(message: Message): OnnxValue {
  const value = { name: '', hasRank: true }
  message.read({
    1: (name) => {
      value.name = name.text()
    },
    2: (type) =>
      type.read({
        1: (tensor) => {
          value.hasRank = false
          tensor.read({
            2: () => {
              value.hasRank = true
            },
          })
        },
      }),
  })
  return value
}
