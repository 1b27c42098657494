import type { AssignedNode, AssignedSubgraph } from '../../engine/engine'
import type { ValueMetadata } from '../../model/io'
import { isKnown } from './data-shapes'
import type { OnnxNode } from './onnx-model'

/** What a bound run trips over, or is slowed by. */
export type WarningCode =
  /** The output's shape may depend on the elements of the inputs. */
  | 'output-shape-from-data'
  /** The output's shape follows from the inputs' shapes, but not by the names of its dimensions. */
  | 'output-shape-not-declared'
  /** It is not known what the output's shape depends on. */
  | 'output-shape-unknown'
  /** The session is a device's, and nodes run on the CPU. */
  | 'nodes-on-cpu'
  | 'float64'
  | 'input-unused'
  /** Not even the number of dimensions is declared. */
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
}

const GIVE = 'give it: createIoBinding(inputs, { outputs: { NAME: [...] } })'

export function warningsOf(inspected: Inspected): Warning[] {
  return [
    ...inspected.outputs.flatMap((output) => shapeWarnings(output, inspected)),
    ...nodesOnCpu(inspected),
    ...inspected.inputs.flatMap((input) => portWarnings('input', input, inspected)),
    ...inspected.outputs.flatMap((output) => portWarnings('output', output, inspected)),
  ]
}

function shapeWarnings(output: ValueMetadata, { inputs, graph }: Inspected): Warning[] {
  // A binding has ONNX Runtime allocate strings, and what is no tensor, in any case.
  if (!output.isTensor || output.type === 'string') return []
  const { name } = output
  const declared = new Set<number | string>(inputs.flatMap((input) => (input.isTensor ? input.shape : [])))
  const open = output.shape.filter((dim) => dim === '' || (typeof dim === 'string' && !declared.has(dim)))
  const rankless = graph?.rankless.has(name) === true
  if (open.length === 0 && !rankless) return []
  const cause = graph?.openShapes.get(name)
  const names = open.filter((dim) => dim !== '').map((dim) => `'${dim}'`)
  const nameless = open.length - names.length
  const dims = [...names, ...(nameless > 0 ? [`${nameless} without a name`] : [])].join(', ')
  const what = rankless
    ? `output '${name}' declares no shape`
    : `output '${name}' has ${open.length === 1 ? 'a dimension' : 'dimensions'} that no input has: ${dims}`
  if (cause !== undefined && isKnown(cause)) {
    return [
      {
        code: 'output-shape-from-data',
        message: `${what}; by the node ${nodeText(cause)} it may depend on the data`,
        remedy: `createIoBinding has ONNX Runtime allocate it in each run ('dynamic'), and such a run cannot be captured as a graph. Where you know that its shape stays the same, ${GIVE}`,
        output: name,
      },
    ]
  }
  if (cause !== undefined || graph === undefined) {
    const why = cause === undefined ? '' : `: it comes from the node ${nodeText(cause)}`
    return [
      {
        code: 'output-shape-unknown',
        message: `${what}; what it depends on is not known${why}`,
        remedy: `createIoBinding has ONNX Runtime allocate it in each run ('dynamic'). Where you know that its shape follows from the inputs' shapes, ${GIVE}`,
        output: name,
      },
    ]
  }
  if (rankless) return []
  return [
    {
      code: 'output-shape-not-declared',
      message: `${what}; by the graph it follows from the inputs' shapes`,
      remedy: `Left to itself createIoBinding has ONNX Runtime allocate it in each run ('dynamic'). For an output that is allocated once, ${GIVE}`,
      output: name,
    },
  ]
}

function nodesOnCpu({ device, assignment = [] }: Inspected): Warning[] {
  if (device === 'cpu') return []
  const onCpu = assignment.filter(({ provider }) => provider === 'CPUExecutionProvider')
  const nodes = onCpu.flatMap((subgraph) => subgraph.nodes)
  if (nodes.length === 0) return []
  return [
    {
      code: 'nodes-on-cpu',
      message: `${nodes.length} ${nodes.length === 1 ? 'node runs' : 'nodes run'} on the CPU: ${operators(nodes)}`,
      remedy:
        'What they and the device give each other is copied in each run, and ONNX Runtime captures no graph of a run with such copies. Where they compute shapes, an export with fixed shapes has none of them',
    },
  ]
}

function portWarnings(side: 'input' | 'output', port: ValueMetadata, { graph }: Inspected): Warning[] {
  const { name } = port
  const where = side === 'input' ? { input: name } : { output: name }
  const warnings: Warning[] = []
  if (side === 'input' && graph?.unused.has(name)) {
    warnings.push({
      code: 'input-unused',
      message: `no output depends on input '${name}'`,
      remedy: 'It must be bound all the same. Take it out of what is exported',
      ...where,
    })
  }
  if (port.isTensor && graph?.rankless.has(name)) {
    warnings.push({
      code: 'rank-unknown',
      message: `${side} '${name}' declares no shape, not even how many dimensions it has`,
      remedy:
        side === 'input'
          ? 'A shape that is wrong fails in the run only. Declare it when the model is exported'
          : `For an output that is allocated once, where its shape stays the same, ${GIVE}`,
      ...where,
    })
  }
  if (port.isTensor && port.type === 'float64') {
    warnings.push({
      code: 'float64',
      message: `${side} '${name}' is float64`,
      remedy:
        'It takes twice the memory of float32, and most GPUs are much slower at it. Export float32 unless all digits matter',
      ...where,
    })
  }
  return warnings
}

function nodeText({ name, domain, opType }: OnnxNode): string {
  const operator = domain === '' ? opType : `${domain}.${opType}`
  return name === '' ? operator : `'${name}' (${operator})`
}

/** How many there are of each operator, the most first. */
export function operators(nodes: readonly AssignedNode[]): string {
  const counts = new Map<string, number>()
  for (const { domain, opType } of nodes) {
    const operator = domain === '' ? opType : `${domain}.${opType}`
    counts.set(operator, (counts.get(operator) ?? 0) + 1)
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([operator, count]) => `${count} ${operator}`)
    .join(', ')
}
