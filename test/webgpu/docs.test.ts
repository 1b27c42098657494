// The programs of the pages that need WebGPU.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Compiled, compile, expectRuns, programs } from '../docs/programs.ts'

const all = programs().filter(({ device }) => device === 'webgpu')
let compiled: Compiled
beforeAll(() => {
  compiled = compile(all)
})
afterAll(() => compiled.remove())

test('the pages have programs on WebGPU', () => {
  expect(all.length).toBeGreaterThan(0)
})

test.each(all.map((program) => [program.name, program] as const))('%s runs', async (_, program) => {
  await expectRuns(compiled, program)
})
