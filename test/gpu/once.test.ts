// Rehearses the proof on a GPU machine.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseLines } from '../../benchmarks/core/journal.mjs'
import { bareEnv, describePack, folder } from './rehearsal.ts'

/** In seconds, the steps' and the total. The nightly command rehearses all steps. */
const { total, ...budgets } =
  process.env.TEST_GPU_STEPS === 'all'
    ? { total: 19, doctor: 6, driver: 3, tests: 4, sanitizer: 1, bert: 1, race: 2, copies: 1, rest: 30 }
    : { total: 9, driver: 3, bert: 1, rest: 30 }

describePack((alone) => {
  test('once.sh ends within its total time, and records the result of each step', () => {
    const results = join(folder, 'once')
    const steps = Object.entries(budgets).map((entry) => entry.join('='))
    const options = ['--total', `${total}`, '--steps', `${steps}`, '--python', 'no-such-python']
    const args = ['scripts/gpu/once.sh', 'proof', '--out', results, '--rehearse', '--quick', ...options]
    // It ends by itself: this limit is for a fault.
    const { signal, stdout } = spawnSync('bash', args, {
      cwd: alone,
      env: bareEnv(),
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(signal).toBe(null)

    const entries = parseLines(readFileSync(join(results, 'proof.jsonl'), 'utf8')) as unknown as {
      step: string
      status: string
      limit?: number
      at: number
    }[]
    const ended = entries.filter(({ status }) => status !== 'begun')
    expect(ended.map(({ step }) => step)).toEqual(Object.keys(budgets))
    expect(ended.every(({ status }) => ['passed', 'failed', 'cut', 'skipped'].includes(status))).toBe(true)
    expect(ended.find(({ step }) => step === 'bert')).toMatchObject({ status: 'skipped' })
    // No step is given more than what is left of the total.
    expect(entries.filter(({ limit = 0, at, status }) => status === 'begun' && at + limit > total)).toEqual(
      [],
    )
    for (const step of Object.keys(budgets)) expect(stdout).toContain(`| ${step} | `)
    // As many as come back from a GPU machine.
    expect(readdirSync(results).length).toBeLessThanOrEqual(8)
    expect(readFileSync(join(results, 'index.md'), 'utf8')).toContain(`of ${total} s`)
  })

  test('once.sh refuses an unknown step', () => {
    const args = ['scripts/gpu/once.sh', 'proof', '--out', join(folder, 'unknown')]
    const { status, stderr } = spawnSync('bash', [...args, '--total', '9', '--steps', 'no_such_step=1'], {
      cwd: alone,
      encoding: 'utf8',
    })
    expect(stderr).toContain('--steps no_such_step=1: expected NAME=SECONDS')
    expect(status).toBe(2)
  })
})
