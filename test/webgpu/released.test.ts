import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runScript } from '../native/child.ts'

const script = fileURLToPath(new URL('fixtures/released.mjs', import.meta.url))

describe('the weights of a released session are freed', () => {
  test.each([
    ['of one that never ran', 'session'],
    ['after session.run', 'run'],
    ['with a binding', 'binding'],
    ['when the last value on the device is disposed of', 'openValue'],
    ['in the layout NCHW', 'nchw'],
  ])('%s', async (_title, use) => {
    const { code, stdout, stderr } = await runScript(script, [use], {
      node: ['--expose-gc'],
      // glibc would keep what the loads free, a threshold that grows with it.
      env: { MALLOC_MMAP_THRESHOLD_: String(2 ** 20) },
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    // 8 times 8 MiB if they were kept.
    expect(Number(stdout)).toBeLessThan(32)
  })
})
