// The IO binding example, in JavaScript on both engines, and in Python if it has onnxruntime.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { modelCases } from '../helpers/cases.mjs'
import { python, pythonTest } from '../helpers/python.ts'
import { runScript } from '../native/child.ts'
import { codeBlocks, fileParts, root } from './examples.ts'

const model = join(modelCases().find(({ id }) => id === 'tiny_bert')!.dir, 'model.onnx')
const script = join(root, 'examples', 'io-binding', 'io-binding.mjs')

interface Printed {
  engine: string
  providers: string[]
  first: number[][]
  second: number[][]
  bound: number[][]
}

async function run(engine: string): Promise<Printed> {
  const { code, stdout, stderr } = await runScript(script, ['cpu', model], {
    env: { ONNXRUNTIME_IOBINDING_ENGINE: engine },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

const close = (actual: number[][], expected: number[][]) => {
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length))
  actual.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i]!, 4)
  })
}

test('both engines return the same, with Python-like calls and bound once', async () => {
  const [native, fallback] = [await run('native'), await run('onnxruntime-node')]
  expect([native, fallback].map(({ engine, providers }) => [engine, ...providers])).toEqual([
    ['native', 'cpu'],
    ['onnxruntime-node', 'cpu'],
  ])
  for (const { first, second, bound } of [native, fallback]) {
    close(first, native.first)
    close(second, native.second)
    close(bound, native.first)
    // The order of the tokens matters.
    expect(Math.abs(first[0]![0]! - second[0]![0]!)).toBeGreaterThan(1e-3)
  }
})

pythonTest('Python returns the same', async () => {
  const { status, stdout, stderr } = spawnSync(python, ['examples/io-binding/io_binding.py', 'cpu', model], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  const [theirs, ours] = [JSON.parse(stdout), await run('native')]
  expect(theirs.providers).toEqual(['CPUExecutionProvider'])
  close(ours.first, theirs.first)
  close(ours.second, theirs.second)
})

describe('docs/io-binding.md', () => {
  test.each([
    ['python', 'io-binding/io_binding.py'],
    ['js', 'io-binding/io-binding.mjs'],
  ])('shows the %s that runs', (language, file) => {
    const parts = fileParts(file)
    parts.delete('end')
    expect(codeBlocks('io-binding.md', language)).toEqual([...parts.values()])
  })
})
