import { type ChildProcess, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type Ended, runFixture } from './child'
import { newFolder, withoutStubs } from './stub-libraries'

/** One of so many points; nightly all. */
const EVERY = process.env.TEST_FAILURES === 'all' ? 1 : 16

/** Milliseconds in which a sweep that does not hang prints something. */
const SILENCE = 120_000

const reason = withoutStubs()

const include = fileURLToPath(new URL('../../node_modules/node-api-headers/include', import.meta.url))
const source = fileURLToPath(new URL('fixtures/failing.cc', import.meta.url))

let library: string | undefined
function failing(): string {
  if (library !== undefined) return library
  library = join(newFolder(), 'failing.node')
  execFileSync('g++', ['-std=c++20', '-O1', '-fPIC', '-shared', '-isystem', include, source, '-o', library])
  return library
}

interface Swept {
  readonly outcomes: Record<string, number>
  readonly calls: number
  readonly leaked: number
}

/** Ends a process that prints nothing for so long. All points together may take as long as the machine needs. */
function endSilent(child: ChildProcess): void {
  const timer = setTimeout(() => child.kill('SIGKILL'), SILENCE)
  child.stdout!.on('data', () => timer.refresh())
  child.on('close', () => clearTimeout(timer))
}

/** Lets each call of a kind fail in a scenario of fixtures/failure-scenarios.mjs. */
async function sweep(scenario: string, kind: string, how: 'one' | 'all', every: number): Promise<Swept> {
  const args = [scenario, kind, 'addon', how, '1', String(every)]
  const ended: Ended = await runFixture('failure-sweep.mjs', args, {
    node: ['--expose-gc'],
    env: { LD_PRELOAD: failing() },
    timeout: 0,
    onStart: endSilent,
  })
  const lines = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const point = lines.findLast(({ point }) => point !== undefined)?.point
  expect(ended, `point ${point} of '${scenario}'`).toMatchObject({ code: 0, signal: null })
  expect(lines.filter(({ again }) => again !== undefined)).toEqual([])
  const outcomes: Record<string, number> = {}
  for (const { outcome } of lines) if (outcome) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  const { calls, leaked } = lines.at(-1)
  return { outcomes, calls, leaked: leaked[0] }
}

/** What the sweep has found, by scenario. */
const table: Record<string, Record<string, unknown>> = {}

afterAll(() => console.table(table))

describe.skipIf(reason).concurrent(`a failure of the machine${reason ? `: skipped, ${reason}` : ''}`, () => {
  const scenarios = [
    'load',
    'load with threads',
    'load of a file',
    'load that fails',
    'bind',
    'bind values',
    'run, asynchronous',
    'run, aborted',
    'outputs that ONNX Runtime allocates',
    'strings, bound',
    'session.run, inline',
    'session.run, queued',
    'session.run, strings',
    'session.run, large',
    'sequences of a run',
    'values',
    'sequences',
    'worker',
  ]
  const cases = scenarios.flatMap((scenario) => [
    [scenario, 'new', 'one', EVERY] as const,
    ...(EVERY === 1 || scenario === 'session.run, queued' ? [[scenario, 'new', 'all', EVERY] as const] : []),
    ...(EVERY === 1 || scenario === 'values' ? [[scenario, 'memory', 'one', 1] as const] : []),
    ...(EVERY === 1 || scenario === 'load' ? [[scenario, 'thread', 'all', 1] as const] : []),
  ])

  test.each(cases)(
    'has a code, leaks nothing and leaves all else usable: %s, %s, %s',
    async (...args) => {
      const [scenario, kind, how] = args
      const { outcomes, calls, leaked } = await sweep(...args)
      table[`${scenario}, ${kind}, ${how}`] = { kind, calls, ...outcomes }
      const code = kind === 'thread' ? 'ERR_THREAD_UNAVAILABLE' : 'ERR_OUT_OF_MEMORY'
      expect(Object.keys(outcomes).filter((outcome) => outcome !== code && outcome !== 'handled')).toEqual([])
      expect(leaked).toBe(0)
      // Few scenarios need new memory of the system or a new thread.
      if (kind === 'new') expect(calls).toBeGreaterThan(0)
    },
    0,
  )
})

test.skipIf(reason)('each kind of call failed in some scenario', () => {
  const calls: Record<string, number> = { new: 0, memory: 0, thread: 0 }
  for (const row of Object.values(table)) calls[row.kind as string]! += row.calls as number
  expect(Object.keys(calls).filter((kind) => calls[kind] === 0)).toEqual([])
})
