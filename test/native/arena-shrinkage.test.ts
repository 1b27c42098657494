import { expect, test } from 'vitest'
import { runFixture } from './child'

test.each(['given', 'prepared'])(
  'a bound run shrinks the arena where its options ask for it: %s',
  async (form) => {
    const { code, stdout, stderr } = await runFixture('arena-shrinkage.mjs', [form])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { before, large, small, shrunk } = JSON.parse(stdout) as Record<string, number>
    // The arena keeps the 64 MiB that the large run used, or more, until it is asked.
    expect(large! - before!).toBeGreaterThan(60)
    expect(small! - before!).toBeGreaterThan(60)
    expect(shrunk! - before!).toBeLessThan(10)
  },
)
