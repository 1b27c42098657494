import type { OnnxGraph, OnnxNode } from './onnx-model'
import { nodeReads } from './used-names'

/** What is known of a value if the shapes of the graph's inputs are known, and their elements are not. */
interface Known {
  /** Its elements may depend on the inputs' elements. */
  readonly fromData: boolean
  /** The node that may make its shape depend on them; undefined where its shape follows from the inputs' shapes. */
  readonly cause: OnnxNode | undefined
}

/** What is known of a graph's values, and of those of the graphs around it. A copy of theirs would be large. */
class Scope {
  readonly #values = new Map<string, Known>()

  constructor(private readonly outer?: Scope) {}

  get(name: string): Known | undefined {
    return this.#values.get(name) ?? this.outer?.get(name)
  }

  set(name: string, known: Known): void {
    this.#values.set(name, known)
  }
}

const CONSTANT: Known = { fromData: false, cause: undefined }
const DATA: Known = { fromData: true, cause: undefined }

/** The inputs of ONNX's own operators whose elements determine an output's shape; other operators have none. */
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
 * Operators of com.microsoft, ONNX Runtime's own domain, whose output shapes follow from the inputs' shapes: those that
 * optimizers and quantizers insert most.
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
 * The outputs whose shape may depend on the inputs' elements, each with the first node that causes it. The shapes of all
 * other outputs follow from the inputs' shapes. The converse does not hold: the elements may be the same for all data, and
 * an unknown operator counts as a cause.
 */
export function dataDependentShapes(
  graph: OnnxGraph,
  inputs: readonly string[],
): ReadonlyMap<string, OnnxNode> {
  const causes = new Map<string, OnnxNode>()
  const scope = new Scope()
  for (const name of inputs) scope.set(name, DATA)
  const results = follow(graph, scope)
  graph.outputs.forEach(({ name }, i) => {
    const cause = results[i]?.cause
    if (cause !== undefined) causes.set(name, cause)
  })
  return causes
}

/** What is known of the graph's outputs. Values outside the scope are constants. */
function follow({ nodes, outputs }: OnnxGraph, scope: Scope): Known[] {
  for (const node of nodes) {
    const results = nodeResults(node, scope)
    node.outputs.forEach((name, i) => {
      if (name !== '') scope.set(name, results(i))
    })
  }
  return outputs.map(({ name }) => scope.get(name) ?? CONSTANT)
}

/** Whether it is known which of the node's inputs determine its output shapes. */
export function isKnown({ domain, opType }: OnnxNode): boolean {
  return domain === '' || domain === 'ai.onnx.ml' || (domain === 'com.microsoft' && CONTRIBUTED.has(opType))
}

function nodeResults(node: OnnxNode, scope: Scope): (output: number) => Known {
  const inputs = node.inputs.map((name) => scope.get(name) ?? CONSTANT)
  const own = isKnown(node)
  if (own && node.opType === 'If') return ifResults(node, inputs, scope)
  if (own && (node.opType === 'Loop' || node.opType === 'Scan')) return loopResults(node, inputs, scope)
  const cause = firstCause(inputs)
  // A shape's elements depend on data only where the shape does.
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
  const branches = node.subgraphs.map((graph) => follow(graph, new Scope(scope)))
  return (output: number): Known => {
    const results = branches.flatMap((branch) => branch[output] ?? [])
    return {
      fromData: condition.fromData || results.some(({ fromData }) => fromData),
      cause: firstCause([condition, ...results]) ?? (condition.fromData ? node : undefined),
    }
  }
}

/** Each iteration reads what the one before computed: all of it counts as data, and one open shape opens all. */
function loopResults(node: OnnxNode, inputs: readonly Known[], scope: Scope) {
  const [body] = node.subgraphs
  const inner = new Scope(scope)
  const isLoop = node.opType === 'Loop'
  for (const [i, { name }] of (body?.inputs ?? []).entries()) {
    // A Loop's iteration number and condition, which are examined below.
    inner.set(name, isLoop && i < 2 ? CONSTANT : DATA)
  }
  const results = body === undefined ? [] : follow(body, inner)
  // A Loop's outputs grow with its iterations; a Scan's iterations follow from its inputs' shapes.
  const counts = isLoop ? [inputs[0], inputs[1], results[0]] : []
  const open = counts.some((known) => known?.fromData)
  const cause = firstCause([...inputs, ...results]) ?? (open ? node : undefined)
  return (): Known => ({ fromData: true, cause })
}

function firstCause(known: readonly Known[]): OnnxNode | undefined {
  return known.find(({ cause }) => cause !== undefined)?.cause
}
