import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runFixture } from './child'

const dir = mkdtempSync(join(tmpdir(), 'weights-memory-'))
afterAll(() => rmSync(dir, { recursive: true }))

test('four sessions of a 64 MiB weight take memory for it once', async () => {
  const run = async (form: string) => {
    const { code, stdout, stderr } = await runFixture('shared-weights.mjs', [form, dir], {
      node: ['--expose-gc'],
      env: { NODE_V8_COVERAGE: undefined },
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout) as { grown: number[]; results: number[] }
  }
  const own = await run('own')
  const shared = await run('shared')
  expect(shared.results).toEqual(own.results)
  for (const grown of own.grown.slice(1)) expect(grown).toBeGreaterThan(50)
  for (const grown of shared.grown.slice(1)) expect(grown).toBeLessThan(10)
})
