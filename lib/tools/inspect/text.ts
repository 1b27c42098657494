import type { EngineName, ModelMetadata } from '../../engine/engine'
import type { ValueMetadata } from '../../model/io'
import { shapeText } from '../../model/shape'
import { widest } from '../cli/terminal'
import type { ExportReport, Finding, SampleRun } from '../export-check'
import type { GraphReport } from './graph'
import { formatLine, graphLines } from './graph-text'
import type { Warning } from './warnings'

/** All that `inspect` has found; what `--json` prints. */
export interface Inspection {
  readonly model: string
  readonly engine: EngineName
  readonly onnxruntime: string
  readonly inputs: readonly ValueMetadata[]
  readonly outputs: readonly ValueMetadata[]
  readonly metadata?: ModelMetadata
  /** Unless the model was held against samples. */
  readonly graph?: GraphReport
  readonly check?: ExportReport
}

export function toText({ model, onnxruntime, inputs, outputs, metadata, graph, check }: Inspection): string {
  return [
    `${model} (read by ONNX Runtime ${onnxruntime})`,
    ...(graph === undefined ? [] : [formatLine(graph)]),
    ...(metadata === undefined ? [] : metadataLines(metadata)),
    '',
    ...ports('input', inputs, graph?.warnings),
    ...ports('output', outputs, graph?.warnings),
    ...(graph === undefined ? [] : ['', ...graphLines(graph)]),
    ...(check === undefined ? [] : ['', ...checked(check)]),
  ].join('\n')
}

/** What the model says of itself, as far as it says anything. */
function metadataLines({ customMetadata, ...metadata }: ModelMetadata): string[] {
  const labels = {
    producerName: 'producer',
    version: 'version',
    domain: 'domain',
    description: 'description',
  }
  const said = Object.entries(labels).map(([key, label]) => [label, metadata[key as keyof typeof labels]])
  return [...said, ...Object.entries(customMetadata)]
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => `  ${label}: ${value}`)
}

function ports(
  side: 'input' | 'output',
  all: readonly ValueMetadata[],
  warnings: readonly Warning[] = [],
): string[] {
  const rankless = warnings.filter(({ code }) => code === 'rank-unknown').map((warning) => warning[side])
  const names = widest(all.map(({ name }) => name))
  const types = widest(all.map((value) => (value.isTensor ? value.type : '')))
  return all.map((value) => {
    const dims =
      value.isTensor && !rankless.includes(value.name) ? shapeText(value.shape) : 'no shape declared'
    const what = value.isTensor ? `${value.type.padEnd(types)}  ${dims}` : 'no tensor'
    return `  ${side.padEnd(6)}  ${value.name.padEnd(names)}  ${what}`
  })
}

function checked({ runs, findings }: ExportReport): string[] {
  const problems = findings.filter(({ severity }) => severity === 'problem')
  const notes = findings.filter(({ severity }) => severity === 'note')
  const count = problems.length
  return [
    ...runs.map(runText),
    ...(runs.length > 0 ? [''] : []),
    ...problems.flatMap(findingText),
    ...notes.flatMap(findingText),
    count === 0 ? 'No problem was found.' : `${count} ${count === 1 ? 'problem' : 'problems'}.`,
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

function findingText({ code, severity, message, remedy }: Finding): string[] {
  return [
    `${severity === 'problem' ? 'PROBLEM' : 'note'} ${code}: ${message}`,
    ...(remedy ? [`  ${remedy}.`] : []),
    '',
  ]
}
