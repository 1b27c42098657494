// The suites for a GPU machine (test/gpu), on simulated GPUs: each test of theirs is a test here.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseLines } from '../../benchmarks/core/journal.mjs'
import { tests as all } from '../gpu/suites/index.mjs'
import { isNightly, omitted } from './omitted.ts'

const root = join(import.meta.dirname, '..', '..')
/** The nightly command repeats everything as often as on a GPU. */
const counts = isNightly ? [] : ['--quick']
const MINUTES = 60_000

interface Entry {
  readonly type: string
  readonly id: string
  readonly status: string
  readonly reason?: string
  readonly simulation?: boolean
  readonly [key: string]: unknown
}

interface Options {
  /** Variables of the simulator. */
  readonly env?: Readonly<Record<string, string>>
  /** Tests for which this machine has too few GPUs. */
  readonly absent?: readonly string[]
  readonly except?: readonly string[]
}

/** Runs the tests of some suites in one process after another, as on a GPU machine. */
export function describeSuites(title: string, suites: readonly string[], options: Options = {}): void {
  const { env, absent = [], except = [] } = options
  const wanted = all.filter(
    ({ id }) => suites.some((suite) => `${id}$`.startsWith(suite)) && !except.includes(id),
  )

  describe(title, () => {
    const folder = mkdtempSync(join(tmpdir(), 'cuda-simulation-'))
    afterAll(() => rmSync(folder, { recursive: true }))
    let entries: Entry[] = []

    beforeAll(async () => {
      const out = join(folder, 'results.jsonl')
      const only = wanted.flatMap(({ id }) => (omitted(id) ? [] : [`${id}$`])).join(',')
      const args = ['test/gpu/test.mjs', ...counts, '--budget', '3000', '--only', only, '--out', out]
      const child = spawn(process.execPath, args, {
        cwd: root,
        // Tests lose the GPU on purpose: what the simulator calls a misuse there is not one of this process.
        env: { ...process.env, CUDASIM_VIOLATIONS: join(folder, 'violations'), NODE_OPTIONS: '', ...env },
        stdio: ['ignore', 'ignore', 'ignore'],
      })
      await once(child, 'close')
      entries = parseLines(readFileSync(out, 'utf8'))
    }, 55 * MINUTES)

    test('mark the results as a simulation', () => {
      expect(entries.every(({ simulation }) => simulation === true)).toBe(true)
    })

    for (const { id, known } of wanted) {
      const reason = omitted(id)
      const note = reason ? ` (omitted: ${reason})` : known ? ` (known fault: ${known})` : ''
      test(`${id}${note}`, (context) => {
        if (reason) context.skip(reason)
        const entry = entries.find((one) => one.id === id)
        const { status, reason: failure } = entry ?? { status: 'not run' }
        if (status === 'absent' && absent.includes(id)) context.skip('needs a second GPU')
        if (status === 'known') context.skip(`a known fault of the package: ${known}`)
        expect({ status, reason: failure }).toMatchObject({ status: 'pass' })
      })
    }
  })
}
