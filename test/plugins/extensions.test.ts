// onnxruntime-extensions' tokenizer in a graph: PyPI's wheel is a Python extension, which opens with libpython preloaded alone.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runScript } from '../native/child.ts'
import { findWheels } from './wheels.mjs'

const wheels = findWheels()
const libpython = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/local/lib']
  .map((folder) => join(folder, 'libpython3.11.so.1.0'))
  .find((path) => existsSync(path))
const reason =
  'reason' in wheels ? wheels.reason : libpython === undefined ? 'libpython3.11 does not exist' : undefined
if (reason !== undefined) console.log(`SKIPPED: onnxruntime-extensions: ${reason}`)

async function tokenize(text: string, env: Record<string, string>) {
  const { extensions } = wheels as { extensions: string }
  const script = join(import.meta.dirname, 'tokenize.mjs')
  const { code, stdout, stderr } = await runScript(script, [extensions, text], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe.skipIf(reason !== undefined)('a tokenizer of onnxruntime-extensions', () => {
  test('tokenizes in the graph, in session.run and in bindings', async () => {
    // The same as BERT's own: lower case, split at punctuation, the longest known pieces.
    const ids = [2, 5, 6, 7, 8, 9, 10, 11, 3]
    const [types, mask] = [ids.map(() => 0), ids.map(() => 1)]
    const results = await tokenize('Bind once, run MANY times', { LD_PRELOAD: libpython! })
    expect(results).toEqual([ids, types, mask, ids, types, mask])
    expect((await tokenize('unknown 日本', { LD_PRELOAD: libpython! }))[0]).toEqual([2, 1, 1, 1, 3])
  })

  test('is refused without libpython, and the error names the remedy', async () => {
    const error = await tokenize('Bind', {})
    expect(error.code).toBe('ERR_CUSTOM_OP_LIBRARY')
    expect(error.given).toContain('PyInstanceMethod_Type')
    expect(error.remedy).toContain('LD_PRELOAD=')
    expect(error.remedy).toContain('libpython3')
  })
})
