// What the arena's shrinkage, shared weights and the arena's limit save, beside Python's ONNX Runtime on the same models.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sumOfOnes } from '../helpers/model-builder.mjs'
import { pythonTest, runPythonFile } from '../helpers/python.ts'
import { runFixture } from './child'

const dir = mkdtempSync(join(tmpdir(), 'python-memory-'))
afterAll(() => rmSync(dir, { recursive: true }))
const ones = join(dir, 'ones.onnx')
beforeAll(() => writeFileSync(ones, sumOfOnes()))

type Report = Record<string, number>

async function ours<T>(fixture: string, ...args: string[]): Promise<T> {
  const options = { node: ['--expose-gc'], env: { NODE_V8_COVERAGE: undefined } }
  const { code, stdout, stderr } = await runFixture(fixture, args, options)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as T
}
const theirs = <T>(mode: string, model: string) =>
  runPythonFile(join(import.meta.dirname, 'fixtures', 'python-memory.py'), mode, model) as T

/** A report's figures beside its first. */
const beside = ({ before, ...rest }: Report) =>
  Object.fromEntries(Object.entries(rest).map(([name, mib]) => [name, mib - before!]))

describe.runIf(process.platform === 'linux')('the resident set', () => {
  pythonTest('falls by an arena that shrinks as far as in Python', async () => {
    const node = beside(await ours<Report>('arena-shrinkage.mjs', 'prepared'))
    const python = beside(theirs<Report>('shrinkage', ones))
    console.log('arena shrinkage, MiB:', { node, python })
    expect(node.shrunk).toBeLessThanOrEqual(Math.max(python.shrunk!, 0) + 5)
    expect(node.large).toBeLessThanOrEqual(python.large! + 5)
  })

  // Four sessions of such a weight take their time: the nightly run sets the factor.
  const nightlyTest = process.env.TEST_MEMORY_FACTOR === undefined ? test.skip : pythonTest
  nightlyTest('grows less by sessions that share weights than in Python', async () => {
    const node = await ours<{ grown: number[]; results: number[] }>('shared-weights.mjs', 'shared', dir)
    const python = theirs<{ grown: number[]; results: number[] }>('weights', join(dir, 'matmul.onnx'))
    console.log('four sessions of a 64 MiB weight, MiB:', { node: node.grown, python: python.grown })
    expect(node.results).toEqual(python.results)
    for (const [i, grown] of node.grown.entries()) if (i > 0) expect(grown).toBeLessThan(python.grown[i]!)
  })

  pythonTest('stays within the limit of the arena, as in Python', async () => {
    const node = beside(await ours<Report>('arena-limit.mjs'))
    const python = beside(theirs<Report>('limit', ones))
    console.log('an arena of 64 MiB, MiB:', { node, python })
    for (const figures of [node, python]) {
      expect(figures.most).toBeGreaterThan(40)
      expect(figures.refused).toBeLessThanOrEqual(70)
    }
  })
})
