// A setup file of the project cuda-simulation: no suite may misuse CUDA, and the tests that cannot pass here are expected
// to fail, and printed with the reason.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect } from 'vitest'
import { knownFailure } from './known-failures.ts'

const log = join(tmpdir(), `cuda-simulation-violations-${process.pid}.log`)
// The simulator reads it when it is loaded; processes that a test starts inherit it.
process.env.CUDASIM_VIOLATIONS = log

beforeEach(({ task }) => {
  const reason = knownFailure(task.file.name, task.name)
  if (reason === undefined) return
  // Once the fault is mended the test fails, until its entry is removed.
  console.log(`KNOWN FAILURE: ${task.file.name}: ${task.name}: ${reason}`)
  Object.assign(task, { fails: true })
})

afterAll(() => {
  if (!existsSync(log)) return
  const violations = readFileSync(log, 'utf8')
  rmSync(log)
  expect(violations).toBe('')
})
