// Mutated models: whatever a file contains, an error has a code, a command prints no control characters, and the process
// lives. TEST_SEED is the seed of the first; `npm run fuzz` checks more.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasBackend } from './bases.mjs'
import { fuzz, runChild } from './fuzz.mjs'

const SEED = Number(process.env.TEST_SEED ?? 1)
const corpus = join(import.meta.dirname, 'corpus')

async function expectSound(kind: string, cases: number) {
  const { failures, ...counts } = await fuzz({ kind, seed: SEED, cases, jobs: 1 })
  const ofOnnxRuntime = failures.filter((failure) => failure.ofOnnxRuntime)
  console.log(
    `${kind}: ${counts.cases} models from seed ${SEED}, ${counts.loaded} loaded, ${counts.ran} ran, ${ofOnnxRuntime.length} end ONNX Runtime itself`,
  )
  for (const { path, problem } of ofOnnxRuntime) console.log(`ONNX Runtime itself: ${path}: ${problem}`)
  expect(failures.filter((failure) => !failure.ofOnnxRuntime)).toEqual([])
  expect(counts.cases).toBe(cases)
  expect(counts.ran).toBeGreaterThan(0)
}

const timeout = 120_000
const note = hasBackend ? '' : ' (skipped: package libonnx-testdata not installed)'

describe.concurrent('mutated models are results, or errors with a code', () => {
  it('of this repository, by their fields', () => expectSound('fields', 700), timeout)
  it('of this repository, by their bytes', () => expectSound('bytes', 400), timeout)
  it("of this repository in ONNX Runtime's format, by their bytes", () => expectSound('ort', 400), timeout)
  describe.skipIf(!hasBackend)(`of ONNX's backend suite${note}`, () => {
    it('by their fields', () => expectSound('backend-fields', 300), timeout)
    it('by their bytes', () => expectSound('backend-bytes', 200), timeout)
  })
})

describe('models that once failed', () => {
  it.each(readdirSync(corpus))('%s', async (name) => {
    expect(await runChild('main.mjs', ['--replay', join(corpus, name)])).toMatchObject({ how: undefined })
  })
})
