import { counted } from '../cli/terminal'
import type { GraphReport } from './graph'
import { operators, type Warning } from './warnings'

const WIDTH = 110

/** The model's format. */
export function formatLine({ irVersion, opsetImports }: GraphReport): string {
  if (irVersion === undefined || opsetImports === undefined) {
    return "  in ONNX Runtime's own format: IR version, operator sets and the graph are not available"
  }
  const opsets = opsetImports.map(({ domain, version }) => `${domain === '' ? 'ai.onnx' : domain} ${version}`)
  return `  IR version ${irVersion}, operator sets: ${opsets.join(', ')}`
}

/** Which provider runs which nodes, and the warnings. */
export function graphLines({ warnings, ...report }: GraphReport): string[] {
  return [
    ...assignmentLines(report),
    '',
    ...grouped(warnings).flatMap(warningLines),
    warnings.length === 0 ? 'No warnings.' : `${counted(warnings.length, 'warning')}.`,
  ]
}

function assignmentLines({
  executionProviders,
  assignment,
  assignmentIsWhole,
}: Omit<GraphReport, 'warnings'>): string[] {
  const runsOn = `  runs on ${executionProviders.join(', ')}`
  if (assignment === undefined) {
    return [`${runsOn}; the onnxruntime-node engine does not report which nodes run where`]
  }
  const byProvider = groupBy(assignment, ({ provider }) => provider)
  const lines = [...byProvider].flatMap(([provider, subgraphs]) => {
    const nodes = subgraphs.flatMap((subgraph) => subgraph.nodes)
    return wrap(`    ${provider}, ${counted(nodes.length, 'node')}: ${operators(nodes)}`, '      ')
  })
  if (!assignmentIsWhole) {
    lines.push('    and nodes in the layout NHWC, which ONNX Runtime does not report')
  } else if (assignment.length === 0) lines.push('    no nodes')
  return [`${runsOn}, after ONNX Runtime's basic optimizations:`, ...lines]
}

/** Warnings that differ only in what they are about: a model may have a state per layer. */
function grouped(warnings: readonly Warning[]): Warning[][] {
  return [...groupBy(warnings, ({ code, remedy }) => code + remedy).values()]
}

function groupBy<T>(all: readonly T[], getKey: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const key = getKey(one)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return groups
}

function warningLines(warnings: readonly Warning[]): string[] {
  return [
    ...warnings.flatMap(({ code, message }) => wrap(`WARNING ${code}: ${message}`, '    ')),
    ...wrap(`  ${warnings[0]!.remedy}.`, '  '),
    '',
  ]
}

/** Breaks a text between words; a number stays on the line of what it counts. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S)(?<!(?:^|\s)\d+)\s+/)) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = indent + word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
