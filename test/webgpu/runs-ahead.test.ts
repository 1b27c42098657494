import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runScript } from '../native/child.ts'

test('runs whose outputs stay on the device are at most 8 ahead of it', async () => {
  const script = fileURLToPath(new URL('fixtures/runs-ahead.mjs', import.meta.url))
  const { code, stdout } = await runScript(script)
  expect(code).toBe(0)
  expect(Number(stdout)).toBeLessThan(100)
})
