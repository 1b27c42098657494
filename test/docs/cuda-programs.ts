// The programs in docs/ that need CUDA, on a fake or simulated GPU.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Compiled, compile, expectRuns, programs } from './programs.ts'

const all = programs().filter(({ device }) => device === 'cuda')

/** The tests of a `describe`. */
export function testCudaPrograms(): void {
  let compiled: Compiled
  beforeAll(() => {
    compiled = compile(all)
  })
  afterAll(() => compiled.remove())

  test('exist', () => {
    expect(all.length).toBeGreaterThan(3)
  })

  test.each(all.map((program) => [program.name, program] as const))('%s runs', async (_, program) => {
    await expectRuns(compiled, program)
  })
}
