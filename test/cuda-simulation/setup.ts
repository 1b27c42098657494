// A setup file of the project cuda-simulation: no suite may misuse CUDA.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'

const log = join(tmpdir(), `cuda-simulation-violations-${process.pid}.log`)
// The simulator reads it when it is loaded; processes that a test starts inherit it.
process.env.CUDASIM_VIOLATIONS = log

afterAll(() => {
  if (!existsSync(log)) return
  const violations = readFileSync(log, 'utf8')
  rmSync(log)
  expect(violations).toBe('')
})
