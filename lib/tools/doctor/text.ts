import type { styleText } from 'node:util'
import { widest } from '../cli/terminal'
import type { Check, CheckName, CheckStatus, Diagnosis } from './report'

const LABELS: Readonly<Record<CheckName, string>> = {
  package: 'package',
  node: 'Node',
  platform: 'platform',
  environment: 'environment',
  addon: 'native addon',
  onnxruntime: 'ONNX Runtime',
  'onnxruntime-node': 'onnxruntime-node',
  'cuda-provider': 'CUDA provider',
  'cuda-libraries': 'CUDA libraries',
  cudnn: 'cuDNN',
  'cuda-driver': 'CUDA driver',
  gpus: 'GPUs',
  'webgpu-adapter': 'WebGPU adapter',
  'run-cpu': 'run on cpu',
  'run-cuda': 'run on cuda',
  'run-webgpu': 'run on webgpu',
}

const STATUSES = {
  ok: { word: 'ok', style: 'green' },
  problem: { word: 'PROBLEM', style: 'red' },
  absent: { word: 'absent', style: 'yellow' },
  skipped: { word: 'skipped', style: 'gray' },
} as const satisfies Record<CheckStatus, object>

type Paint = typeof styleText

/** One line a check, and below it what belongs to it. */
export function toText({ required, checks }: Diagnosis, paint: Paint): string {
  const words = widest(Object.values(STATUSES).map(({ word }) => word))
  const labels = widest(Object.values(LABELS))
  const indent = ' '.repeat(words + labels + 4)
  const lines = checks.flatMap((check) => {
    const { word, style } = STATUSES[check.status]
    const head = `${paint(style, word.padEnd(words))}  ${LABELS[check.name].padEnd(labels)}  ${summary(check)}`
    return [head, ...details(check, paint).map((line) => `${indent}${line}`)]
  })
  return [...lines, '', conclusion(required, paint)].join('\n')
}

function summary({ status, summary, problem }: Check): string {
  return status === 'problem' ? `${problem!.code}: ${summary}` : summary
}

function details({ status, facts, problem }: Check, paint: Paint): string[] {
  const known = Object.entries(facts)
  if (status !== 'problem') return table(known, paint)
  const { message, expected, found, remedy } = problem!
  const said = Object.entries({ expected, found }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return [
    ...message
      .split('\n')
      .slice(1)
      .map((line) => line.trim()),
    ...table([...known, ...said], paint),
    `${remedy.text}:`,
    ...remedy.commands.map((command) => `  ${paint('bold', command)}`),
  ]
}

function table(rows: readonly (readonly [string, string])[], paint: Paint): string[] {
  const width = widest(rows.map(([name]) => name))
  return rows.map(([name, value]) => `${paint('gray', name.padEnd(width))}  ${value}`)
}

function conclusion(required: Diagnosis['required'], paint: Paint): string {
  const answers = Object.entries(required).map(([name, works]) =>
    works ? paint('green', `${name} works`) : paint('red', `${name} does not work`),
  )
  return `What was asked for: ${answers.join(', ')}.`
}
