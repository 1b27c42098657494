import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const suiteDir = '/usr/share/libonnx-testdata/data'
const runner = fileURLToPath(new URL('run-cases.mjs', import.meta.url))

/** What runs the cases: `session.run`, a binding of the Python form, or onnxruntime-node by itself. */
export type Target = 'run' | 'binding' | 'onnxruntime-node'
/** By case, such as `node/test_abs`: why it fails, or null. */
export type Outcome = ReadonlyMap<string, string | null>

function suiteCases(): string[] {
  return ['node', 'pytorch-converted', 'pytorch-operator', 'simple'].flatMap((group) =>
    readdirSync(join(suiteDir, group))
      .filter((name) => name.startsWith('test_'))
      .map((name) => `${group}/${name}`),
  )
}

/** Runs every case in a child process, and the cases after one that ended the process in another. */
export async function runSuite(target: Target, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const outcome = new Map<string, string | null>()
  let cases = suiteCases()
  while (cases.length > 0) {
    const { lines, end } = await runCases(target, cases, env)
    lines.forEach((line, i) => {
      outcome.set(cases[i]!, (JSON.parse(line) as [string, string | null])[1])
    })
    const fatal = cases[lines.length]
    if (fatal !== undefined) outcome.set(fatal, `the process ended by ${end}`)
    cases = cases.slice(lines.length + 1)
  }
  return outcome
}

async function runCases(target: Target, cases: readonly string[], env: Readonly<Record<string, string>>) {
  const dir = mkdtempSync(join(tmpdir(), 'onnx-backend-'))
  const list = join(dir, 'cases.json')
  writeFileSync(list, JSON.stringify(cases.map((name) => join(suiteDir, name))))
  try {
    const child = spawn(process.execPath, [runner, target, list], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const end = await new Promise<string>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    return { lines: output.split('\n').slice(0, -1), end }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

export function passing(outcome: Outcome): string[] {
  return [...outcome.keys()].filter((name) => outcome.get(name) === null)
}
