// The programs in docs/ that need CUDA, on the fake driver.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Compiled, compile, expectRuns, programs } from '../docs/programs.ts'
import { describeCuda } from './support.ts'

const all = programs().filter(({ device }) => device === 'cuda')

describeCuda('programs in docs/ on CUDA', () => {
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
})
