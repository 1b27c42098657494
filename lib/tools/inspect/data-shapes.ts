import type { OnnxGraph, OnnxNode } from './onnx-model'
import { nodeReads } from './used-names'

/** What is known of a value when the shapes of the graph's inputs are, and their elements are not. */
interface Known {
  /** Its elements may depend on the inputs' elements. */
  readonly fromData: boolean
  /** The node by which its shape may depend on them; absent: its shape follows from the inputs' shapes. */
  readonly cause: OnnxNode | undefined
}

type Scope = Map<string, Known>

const CONSTANT: Known = { fromData: false, cause: undefined }
const DATA: Known = { fromData: true, cause: undefined }

/** The inputs of ONNX's own operators whose elements, not shapes, make the shape of an output. Of all other operators none. */
const SHAPING_INPUTS: Readonly<Record<string, readonly number[]>> = {
  AffineGrid: [1],
  BlackmanWindow: [0],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  Compress: [1],
  ConstantOfShape: [0],
  DFT: [1, 2],
  Expand: [1],
  HammingWindow: [0],
  HannWindow: [0],
  ImageDecoder: [0],
  MaxUnpool: [2],
  MelWeightMatrix: [0, 1],
  NonMaxSuppression: [0, 1, 2, 3, 4],
  NonZero: [0],
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  STFT: [1, 3],
  SequenceAt: [1],
  SequenceErase: [1],
  SequenceInsert: [2],
  Slice: [1, 2, 3, 4],
  Split: [1],
  SplitToSequence: [1],
  Squeeze: [1],
  StringNormalizer: [0],
  StringSplit: [0],
  Tile: [1],
  TopK: [1],
  Unique: [0],
  Unsqueeze: [1],
  Upsample: [1],
}
/**
 * Operators of com.microsoft, ONNX Runtime's own domain, whose outputs have shapes that follow from the inputs' shapes: those that
 * optimizers and quantizers put into a model most.
 */
const CONTRIBUTED = new Set([
  'BiasAdd',
  'BiasGelu',
  'DynamicQuantizeMatMul',
  'FastGelu',
  'FusedConv',
  'FusedGemm',
  'FusedMatMul',
  'Gelu',
  'MatMulIntegerToFloat',
  'MatMulNBits',
  'QLinearAdd',
  'QLinearMul',
  'QuickGelu',
  'RotaryEmbedding',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
])
const RANDOM = /^(Random|Multinomial$|Bernoulli$)/

/**
 * The outputs whose shape may depend on the inputs' elements, each with the first node by which it does. The shape of an
 * output that is not among them follows from the inputs' shapes. The other way round it is no proof: the elements may come
 * out the same whatever the data are, and an operator that is not known here is taken for such a node.
 */
export function dataDependentShapes(
  graph: OnnxGraph,
  inputs: readonly string[],
): ReadonlyMap<string, OnnxNode> {
  const causes = new Map<string, OnnxNode>()
  const results = follow(graph, new Map(inputs.map((name) => [name, DATA])))
  graph.outputs.forEach(({ name }, i) => {
    const cause = results[i]?.cause
    if (cause !== undefined) causes.set(name, cause)
  })
  return causes
}

/** What is known of the graph's outputs. What the scope does not name is a constant. */
function follow({ nodes, outputs }: OnnxGraph, scope: Scope): Known[] {
  for (const node of nodes) {
    const results = nodeResults(node, scope)
    node.outputs.forEach((name, i) => {
      if (name !== '') scope.set(name, results(i))
    })
  }
  return outputs.map(({ name }) => scope.get(name) ?? CONSTANT)
}

/** Whether it is known which of the node's inputs make the shapes of its outputs. */
export function isKnown({ domain, opType }: OnnxNode): boolean {
  return domain === '' || domain === 'ai.onnx.ml' || (domain === 'com.microsoft' && CONTRIBUTED.has(opType))
}

function nodeResults(node: OnnxNode, scope: Scope): (output: number) => Known {
  const inputs = node.inputs.map((name) => scope.get(name) ?? CONSTANT)
  const own = isKnown(node)
  if (own && node.opType === 'If') return ifResults(node, inputs, scope)
  if (own && (node.opType === 'Loop' || node.opType === 'Scan')) return loopResults(node, inputs, scope)
  const cause = firstCause(inputs)
  // The elements of a shape are no data, unless the shape is.
  if (own && (node.opType === 'Shape' || node.opType === 'Size')) {
    return () => ({ fromData: cause !== undefined, cause: undefined })
  }
  const reads = own && node.subgraphs.length === 0 ? inputs : nodeReads(node).map((name) => scope.get(name))
  const fromData = reads.some((read) => read?.fromData || read?.cause) || (own && RANDOM.test(node.opType))
  const shaping = /^Reduce/.test(node.opType) ? [1] : (SHAPING_INPUTS[node.opType] ?? [])
  const shapes =
    own && node.subgraphs.length === 0 ? shaping.some((index) => inputs[index]?.fromData) : fromData
  return () => ({ fromData, cause: cause ?? (shapes ? node : undefined) })
}

function ifResults(node: OnnxNode, [condition = CONSTANT]: readonly Known[], scope: Scope) {
  const branches = node.subgraphs.map((graph) => follow(graph, new Map(scope)))
  return (output: number): Known => {
    const results = branches.flatMap((branch) => branch[output] ?? [])
    return {
      fromData: condition.fromData || results.some(({ fromData }) => fromData),
      cause: firstCause([condition, ...results]) ?? (condition.fromData ? node : undefined),
    }
  }
}

/** What one turn computes the next one reads: all of it is taken for data, and one open shape for the openness of all. */
function loopResults(node: OnnxNode, inputs: readonly Known[], scope: Scope) {
  const [body] = node.subgraphs
  const inner = new Map(scope)
  const isLoop = node.opType === 'Loop'
  for (const [i, { name }] of (body?.inputs ?? []).entries()) {
    // A Loop's number of the turn, and whether it goes on, which is looked at below.
    inner.set(name, isLoop && i < 2 ? CONSTANT : DATA)
  }
  const results = body === undefined ? [] : follow(body, inner)
  // How often a Loop turns is how long what it collects gets; how often a Scan turns its inputs' shapes say.
  const turns = isLoop ? [inputs[0], inputs[1], results[0]] : []
  const open = turns.some((known) => known?.fromData)
  const cause = firstCause([...inputs, ...results]) ?? (open ? node : undefined)
  return (): Known => ({ fromData: true, cause })
}

function firstCause(known: readonly Known[]): OnnxNode | undefined {
  return known.find(({ cause }) => cause !== undefined)?.cause
}
