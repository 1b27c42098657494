import type { EngineName, ModelMetadata, ValueMetadata } from '../../index'
import { shapeText } from '../../model/shape'
import { alignColumns, counted } from '../cli/terminal'
import type { ExportReport, Finding, SampleRun } from '../export-check'
import type { GraphReport } from './graph'
import { formatLine, graphLines } from './graph-text'
import type { Warning } from './warnings'

/** What `inspect --json` prints. */
export interface Inspection {
  readonly model: string
  readonly engine: EngineName
  readonly onnxruntime: string
  readonly inputs: readonly ValueMetadata[]
  readonly outputs: readonly ValueMetadata[]
  readonly metadata?: ModelMetadata
  /** Absent where the model was checked against samples. */
  readonly graph?: GraphReport
  readonly check?: ExportReport
}

export function toText({ model, onnxruntime, inputs, outputs, metadata, graph, check }: Inspection): string {
  return [
    `${model} (read by ONNX Runtime ${onnxruntime})`,
    ...(graph === undefined ? [] : [formatLine(graph)]),
    ...(metadata === undefined ? [] : metadataLines(metadata)),
    '',
    ...valueLines('input', inputs, graph?.warnings),
    ...valueLines('output', outputs, graph?.warnings),
    ...(graph === undefined ? [] : ['', ...graphLines(graph)]),
    ...(check === undefined ? [] : ['', ...checkLines(check)]),
  ].join('\n')
}

/** The entries that are set. */
function metadataLines({ customMetadata, ...metadata }: ModelMetadata): string[] {
  const { producerName: producer, version, domain, description } = metadata
  return Object.entries({ producer, version, domain, description, ...customMetadata })
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => `  ${label}: ${value}`)
}

function valueLines(
  side: 'input' | 'output',
  values: readonly ValueMetadata[],
  warnings: readonly Warning[] = [],
): string[] {
  const rankless = new Set(
    warnings.filter(({ code }) => code === 'rank-unknown').map((warning) => warning[side]),
  )
  const rows = values.map((value) => {
    const { name } = value
    if (!value.isTensor) return [`  ${side.padEnd(6)}`, name, 'not a tensor']
    const dims = rankless.has(name) ? 'no shape declared' : shapeText(value.shape)
    return [`  ${side.padEnd(6)}`, name, value.type, dims]
  })
  return alignColumns(rows)
}

function checkLines({ runs, findings }: ExportReport): string[] {
  const problems = findings.filter(({ severity }) => severity === 'problem')
  const notes = findings.filter(({ severity }) => severity === 'note')
  return [
    ...runs.map(runText),
    ...(runs.length > 0 ? [''] : []),
    ...[...problems, ...notes].flatMap(findingLines),
    problems.length === 0 ? 'No problems found.' : `${counted(problems.length, 'problem')}.`,
  ]
}

function runText({ sample, inputs, outputs, largestDifference, error }: SampleRun): string {
  const shapes = Object.entries(inputs).map(([name, dims]) => `${name} ${shapeText(dims)}`)
  const result =
    outputs === undefined
      ? `failed: ${error}`
      : largestDifference === undefined
        ? 'ran'
        : `ran, largest difference ${largestDifference.toPrecision(2)}`
  return `  sample ${sample}: ${shapes.join(', ')}: ${result}`
}

function findingLines({ code, severity, message, remedy }: Finding): string[] {
  return [
    `${severity === 'problem' ? 'PROBLEM' : 'note'} ${code}: ${message}`,
    ...(remedy ? [`  ${remedy}.`] : []),
    '',
  ]
}
