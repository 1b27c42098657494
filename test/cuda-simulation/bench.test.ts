// Times of a simulation mean nothing.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'cuda-simulation-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['bench:gpu', 'benchmarks/suites/gpu/bench.mjs', []],
  ['bench:bert', 'benchmarks/suites/bert/bench.mjs', ['--device', 'cuda']],
])('%s refuses a simulated GPU', (_, script, args) => {
  const out = join(folder, 'results.jsonl')
  const { status, stderr } = spawnSync(process.execPath, [script, ...args, '--out', out], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).toContain('ERR_SIMULATION')
  expect(status).toBe(1)
  expect(existsSync(out)).toBe(false)
})
