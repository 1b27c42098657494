import { describe, expect, it } from 'vitest'
import { runFixture } from './child'

/** MiB that 2e4 calls may add. Without a leak V8's young generation, of at most 12 MiB, is most of it. */
const ALLOWED_MB = 25

describe('a loop that never yields', () => {
  it.each([
    'bindCpuInput',
    'bindOrtValueInput',
    'copyOutputsToCpu',
    'dynamicOutput',
    'createIoBinding',
    'allocate',
    'wrap',
    'read',
    'fromTensor',
    'strings',
    'sequence',
    'all',
  ])('holds no more memory: %s', async (form) => {
    const { code, stdout, stderr } = await runFixture('sync-loop.mjs', [form, '20000'], {
      node: ['--expose-gc', '--max-semi-space-size=4', '--single-threaded-gc'],
      // glibc reuses little of what elements() has freed: docs/memory.md.
      env: { NODE_V8_COVERAGE: undefined, GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0' },
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(Number(stdout)).toBeLessThan(ALLOWED_MB)
  })
})
