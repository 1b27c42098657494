import { paint, widest } from '../cli/terminal'
import { CHECKS, type Check, type CheckStatus, type Diagnosis } from './report'

const STATUSES = {
  ok: { word: 'ok', style: 'green' },
  problem: { word: 'PROBLEM', style: 'red' },
  absent: { word: 'absent', style: 'yellow' },
  skipped: { word: 'skipped', style: 'gray' },
} as const satisfies Record<CheckStatus, object>

/** One line per check, and its details below it, indented, however many lines they have. */
export function toText({ required, checks }: Diagnosis): string {
  const words = widest(Object.values(STATUSES).map(({ word }) => word))
  const labels = widest(Object.values(CHECKS).map(({ label }) => label))
  const indent = ' '.repeat(words + labels + 4)
  const lines = checks.map((check) => {
    const { word, style } = STATUSES[check.status]
    const label = CHECKS[check.name].label.padEnd(labels)
    const head = `${paint(style, word.padEnd(words))}  ${label}  ${summary(check)}`
    return [head, ...details(check)].join('\n').replaceAll('\n', `\n${indent}`)
  })
  return [...lines, '', conclusion(required)].join('\n')
}

function summary({ status, summary, problem }: Check): string {
  return status === 'problem' ? `${problem!.code}: ${summary}` : summary
}

function details({ status, facts, problem }: Check): string[] {
  if (status !== 'problem') return table(facts)
  const { message, expected, found, remedy } = problem!
  const [, ...more] = message.split('\n')
  return [
    ...more.map((line) => line.trim()),
    ...table({ ...facts, expected, found }),
    `${remedy.text}:`,
    ...remedy.commands.map((command) => `  ${paint('bold', command)}`),
  ]
}

function table(rows: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.entries(rows).filter(([, value]) => value !== undefined)
  const width = widest(known.map(([name]) => name))
  return known.map(([name, value]) => `${paint('gray', name.padEnd(width))}  ${value}`)
}

function conclusion(required: Diagnosis['required']): string {
  const answers = Object.entries(required).map(([name, works]) =>
    works ? paint('green', `${name} works`) : paint('red', `${name} does not work`),
  )
  return `Required: ${answers.join(', ')}.`
}
