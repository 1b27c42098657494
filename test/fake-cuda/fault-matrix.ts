// The fault matrix: every driver call of every scenario fails once with a passing error, and once with an error that
// destroys the GPU's context. The scenario then throws a coded error, or succeeds where only a release failed; nothing
// hangs, leaks or is misused; and the rest works, or reports that the GPU is lost.
import { afterAll, expect } from 'vitest'
import { runScript } from '../native/child'
import { scenarios } from './fixtures/fault-scenarios.mjs'

interface Report {
  readonly cases: number
  readonly calls: number
  readonly failures: string[]
  readonly next?: [scenario: string, call: number]
}

export const OPEN = 'open a GPU'
export const names = Object.keys(scenarios)
const total = { cases: 0, calls: 0 }
/** Under a sanitizer, on a busy machine. */
export const LONGEST = 600_000

export async function part(...args: string[]): Promise<Report> {
  const path = `${import.meta.dirname}/fixtures/faults.mjs`
  const env = { FAKE_CUDA_DEVICES: '16' }
  const { stdout, ...ended } = await runScript(path, args, { node: ['--expose-gc'], env, timeout: LONGEST })
  expect(ended).toEqual({ code: 0, signal: null, stderr: '' })
  const report = JSON.parse(stdout) as Report
  total.cases += report.cases
  total.calls += report.calls
  return report
}

/** From one call of one scenario to the end of the part's scenarios. */
export async function lost(code: number, from: string, until: string | undefined): Promise<string[]> {
  const failures: string[] = []
  let next: Report['next'] = [from, 1]
  while (next !== undefined) {
    const report: Report = await part(
      'each',
      `${code}`,
      next[0],
      `${next[1]}`,
      ...(until !== undefined ? [until] : []),
    )
    failures.push(...report.failures)
    next = report.next
  }
  return failures
}

afterAll(() => {
  const { cases, calls } = total
  console.log(`fault matrix: ${cases} cases over ${names.length} scenarios, ${calls} driver calls`)
})
