// One call of CUDA's fails: whatever it is, the package throws a coded error and the process ends by itself.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, runFixture } from './child.ts'
import { isNightly } from './omitted.ts'

const OUT_OF_MEMORY = 2
const LAUNCH_FAILED = 719
/** The nightly command strikes every call. */
const points = isNightly ? Number.POSITIVE_INFINITY : 8

describe('a fault at the n-th call', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cuda-faults-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let calls = 0

  const run = (env: Record<string, string>): Promise<Ended> =>
    runFixture('every-call.mjs', { CUDASIM_VIOLATIONS: join(folder, 'violations'), ...env })

  beforeAll(async () => {
    const trace = join(folder, 'trace')
    const ended = await run({ CUDASIM_TRACE: trace })
    expect(ended).toEqual({ code: 0, signal: null, stdout: '\n', stderr: '' })
    calls = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /^\d+ t/.test(line)).length
    console.log(`a fault at the n-th call: ${calls} calls`)
  })

  test.each([
    ['passing', OUT_OF_MEMORY],
    ['sticky', LAUNCH_FAILED],
  ])(
    'of a %s kind is a coded error, and the process ends by itself',
    async (_, code) => {
      const count = Math.min(points, calls)
      const left = Array.from({ length: count }, (_, i) => Math.ceil(((i + 0.5) * calls) / count))
      const wrong: Record<string, unknown> = {}
      const worker = async () => {
        for (let n = left.shift(); n !== undefined; n = left.shift()) {
          const { stdout, stderr, ...ended } = await run({ CUDASIM_FAIL: `*:${n}:${code}` })
          if (ended.code !== 0 || ended.signal !== null) wrong[n] = { ...ended, stderr: stderr.slice(-500) }
        }
      }
      await Promise.all(Array.from({ length: availableParallelism() }, worker))
      expect(wrong).toEqual({})
    },
    3_000_000,
  )
})
