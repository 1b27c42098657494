// `doctor` as a user runs it: a process of its own, in an environment that holds nothing of the machine's.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Check, CheckName, Diagnosis } from '../../lib/tools/doctor/report.ts'
import { type ChildOptions, runScript } from '../native/child.ts'
import { newFolder } from '../native/stub-libraries.ts'

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'tools', 'cli', 'cli.js')

export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Folders that the loader searches first. */
  readonly paths?: readonly string[]
  /** Folder of ONNX Runtime's library. */
  readonly ort?: string
  /** Folder of a copy of the package. */
  readonly root?: string
  readonly onStart?: ChildOptions['onStart']
}

let withoutDriver: string | undefined

/** A folder that hides the machine's own CUDA driver from the loader. */
export function noDriver(): string {
  if (withoutDriver === undefined) {
    withoutDriver = newFolder()
    writeFileSync(join(withoutDriver, 'libcuda.so.1'), 'no library')
  }
  return withoutDriver
}

export function run(args: readonly string[], { env, paths = [], ort, root, onStart }: Surroundings = {}) {
  return runScript(
    root === undefined ? CLI : join(root, 'dist', 'tools', 'cli', 'cli.js'),
    ['doctor', ...args],
    {
      cwd: root ?? newFolder(),
      ...(onStart !== undefined && { onStart }),
      env: {
        ONNXRUNTIME_IOBINDING_ENGINE: undefined,
        ORT_DYLIB_PATH: ort === undefined ? undefined : join(ort, 'libonnxruntime.so.1'),
        LD_LIBRARY_PATH: paths.join(':'),
        CUDA_VISIBLE_DEVICES: undefined,
        VK_DRIVER_FILES: '/nowhere/icd.json',
        VK_ICD_FILENAMES: '/nowhere/icd.json',
        ...env,
      },
    },
  )
}

export interface Result {
  readonly code: number | null
  readonly diagnosis: Diagnosis
  readonly checks: Readonly<Record<CheckName, Check>>
}

const results = new Map<string, Promise<Result>>()

/** What `--json` prints; a file's tests share the runs of one configuration. */
export function diagnose(args: readonly string[], surroundings: Surroundings = {}): Promise<Result> {
  const key = JSON.stringify([args, surroundings])
  const result = results.get(key) ?? runJson(args, surroundings)
  results.set(key, result)
  return result
}

async function runJson(args: readonly string[], surroundings: Surroundings): Promise<Result> {
  const { code, signal, stdout, stderr } = await run(['--json', ...args], surroundings)
  expect({ signal, stderr }).toEqual({ signal: null, stderr: '' })
  const diagnosis: Diagnosis = JSON.parse(stdout)
  const checks = Object.fromEntries(diagnosis.checks.map((check) => [check.name, check]))
  return { code, diagnosis, checks: checks as Result['checks'] }
}

/** A check that is a problem with this code, and with a command to paste that says all of `commands`. */
export function problem(code: string, ...commands: string[]) {
  return {
    status: 'problem',
    problem: { code, remedy: { text: expect.stringMatching(/\w/), commands: saying(commands) } },
  }
}

function saying(parts: readonly string[]) {
  return {
    asymmetricMatch: (commands: unknown) =>
      Array.isArray(commands) &&
      commands.length > 0 &&
      parts.every((part) => commands.some((command: string) => command.includes(part))),
    toString: () => 'CommandsThatSay',
    toAsymmetricMatcher: () => `commands that say ${parts.join(', ')}`,
  }
}
