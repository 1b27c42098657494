import type { AssignedNode, AssignedSubgraph, ValueMetadata } from '../../index'
import { counted } from '../cli/terminal'
import { isKnown } from './data-shapes'
import type { OnnxNode } from './onnx-model'
import type { WrongShape } from './trial'

/** What breaks or slows a bound run. */
export type WarningCode =
  /** The output's shape may depend on the elements of the inputs. */
  | 'output-shape-from-data'
  /** The output's shape follows from the inputs' shapes, but not by the names of its dimensions. */
  | 'output-shape-not-declared'
  /** A run gives another shape than the model declares. */
  | 'output-shape-wrong'
  /** What the output's shape depends on is unknown. */
  | 'output-shape-unknown'
  /** The session is on a device, and some nodes run on the CPU. */
  | 'nodes-on-cpu'
  | 'float64'
  | 'input-unused'
  /** Not even the rank is declared. */
  | 'rank-unknown'

export interface Warning {
  readonly code: WarningCode
  readonly message: string
  readonly remedy: string
  readonly input?: string
  readonly output?: string
}

interface Inspected {
  readonly inputs: readonly ValueMetadata[]
  readonly outputs: readonly ValueMetadata[]
  readonly device: string
  readonly assignment?: readonly AssignedSubgraph[]
  /** Absent where the graph could not be read. */
  readonly graph?: {
    readonly unused: ReadonlySet<string>
    readonly rankless: ReadonlySet<string>
    readonly openShapes: ReadonlyMap<string, OnnxNode>
  }
  /** Absent where the model did not run. */
  readonly wrongShapes?: readonly WrongShape[]
}

const SPECIFY = 'specify it: createIoBinding(inputs, { outputs: { NAME: [...] } })'

export function findWarnings(inspected: Inspected): Warning[] {
  const declared = new Set<number | string>(
    inspected.inputs.flatMap((input) => (input.isTensor ? input.shape : [])),
  )
  return [
    ...inspected.outputs.flatMap((output) => shapeWarnings(output, declared, inspected)),
    ...(inspected.wrongShapes ?? []).map(wrongShapeWarning),
    ...nodesOnCpu(inspected),
    ...inspected.inputs.flatMap((input) => valueWarnings('input', input, inspected)),
    ...inspected.outputs.flatMap((output) => valueWarnings('output', output, inspected)),
  ]
}

/** @param declared the dimensions of all inputs */
function shapeWarnings(
  output: ValueMetadata,
  declared: ReadonlySet<number | string>,
  { graph }: Inspected,
): Warning[] {
  // A binding has ONNX Runtime allocate strings, and what is not a tensor, in any case.
  if (!output.isTensor || output.type === 'string') return []
  const { name } = output
  const open = output.shape.filter((dim) => dim === '' || (typeof dim === 'string' && !declared.has(dim)))
  const rankless = graph?.rankless.has(name) === true
  if (open.length === 0 && !rankless) return []
  const names = open.filter((dim) => dim !== '').map((dim) => `'${dim}'`)
  const nameless = open.length - names.length
  const dims = [...names, ...(nameless > 0 ? [`${nameless} without a name`] : [])].join(', ')
  const what = rankless
    ? `output '${name}' declares no shape`
    : `output '${name}' has ${open.length === 1 ? 'a dimension' : 'dimensions'} that no input has: ${dims}`
  const warning = (code: WarningCode, why: string, remedy: string): Warning[] => [
    { code, message: `${what}; ${why}`, remedy: `${remedy}, ${SPECIFY}`, output: name },
  ]
  const cause = graph?.openShapes.get(name)
  if (cause !== undefined && isKnown(cause)) {
    return warning(
      'output-shape-from-data',
      `it may depend on the data, by the node ${nodeText(cause)}`,
      "By default ONNX Runtime allocates it in each run ('dynamic'), and such a run cannot be captured as a graph. If its shape never changes",
    )
  }
  if (cause !== undefined || graph === undefined) {
    const why = cause === undefined ? '' : `: the node ${nodeText(cause)} computes it`
    return warning(
      'output-shape-unknown',
      `its dependencies are unknown${why}`,
      "By default ONNX Runtime allocates it in each run ('dynamic'). If its shape follows from the inputs' shapes",
    )
  }
  if (rankless) return []
  return warning(
    'output-shape-not-declared',
    "the graph derives it from the inputs' shapes",
    "By default ONNX Runtime allocates it in each run ('dynamic'). To allocate it once",
  )
}

function wrongShapeWarning({ output, declared, given, sizes }: WrongShape): Warning {
  return {
    code: 'output-shape-wrong',
    message: `output '${output}' declares the shape ${declared}, and a run ${sizes === '' ? '' : `with ${sizes} `}gave ${given}`,
    remedy: `The first run of a binding finds that out: it is repeated, and ONNX Runtime allocates the output from then on ('dynamic'). Correct the shape when you export the model, or, if it never changes, ${SPECIFY}`,
    output,
  }
}

function nodesOnCpu({ device, assignment = [] }: Inspected): Warning[] {
  const onCpu = assignment.filter(({ provider }) => provider === 'CPUExecutionProvider')
  const nodes = onCpu.flatMap((subgraph) => subgraph.nodes)
  if (device === 'cpu' || nodes.length === 0) return []
  return [
    {
      code: 'nodes-on-cpu',
      message: `${counted(nodes.length, 'node')} ${nodes.length === 1 ? 'runs' : 'run'} on the CPU: ${operators(nodes)}`,
      remedy:
        'Each run copies data between them and the device, and ONNX Runtime cannot capture a run with such copies. If they compute shapes, export the model with fixed shapes',
    },
  ]
}

function valueWarnings(side: 'input' | 'output', value: ValueMetadata, { graph }: Inspected): Warning[] {
  const { name } = value
  const warnings: Warning[] = []
  const warn = (code: WarningCode, message: string, remedy: string) =>
    warnings.push({ code, message, remedy, [side]: name })
  if (side === 'input' && graph?.unused.has(name)) {
    warn(
      'input-unused',
      `no output depends on input '${name}'`,
      'It must be bound nevertheless. Remove it from the export',
    )
  }
  if (value.isTensor && graph?.rankless.has(name)) {
    warn(
      'rank-unknown',
      `${side} '${name}' declares no shape, not even its rank`,
      side === 'input'
        ? 'A wrong shape fails only when the model runs. Declare the shape when you export the model'
        : `To allocate it once, if its shape never changes, ${SPECIFY}`,
    )
  }
  if (value.isTensor && value.type === 'float64') {
    warn(
      'float64',
      `${side} '${name}' is float64`,
      'It takes twice the memory of float32, and is much slower on most GPUs. Export float32 unless you need the precision',
    )
  }
  return warnings
}

function operatorText({ domain, opType }: Pick<AssignedNode, 'domain' | 'opType'>): string {
  return domain === '' ? opType : `${domain}.${opType}`
}

function nodeText(node: OnnxNode): string {
  const operator = operatorText(node)
  return node.name === '' ? operator : `'${node.name}' (${operator})`
}

/** The number of nodes of each operator, the most frequent first. */
export function operators(nodes: readonly AssignedNode[]): string {
  const counts = new Map<string, number>()
  for (const node of nodes) counts.set(operatorText(node), (counts.get(operatorText(node)) ?? 0) + 1)
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([operator, count]) => `${count} ${operator}`)
    .join(', ')
}
