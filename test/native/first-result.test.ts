// What a process loads up to its first result, which short-lived processes pay for each time.
import { writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { oneNode } from '../helpers/model-builder.mjs'
import { runFixture } from './child'
import { temporaryFolder } from './package-copy'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Loaded {
  y: number
  modules: string[]
  calls: Record<string, number>
  loaded: string[]
}

async function firstResult(): Promise<Loaded> {
  const model = join(temporaryFolder(), 'model.onnx')
  writeFileSync(model, oneNode())
  const ended = await runFixture('first-result.cjs', [model], { env: { ORT_DYLIB_PATH: undefined } })
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  return JSON.parse(ended.stdout)
}

test('the first result takes three files of the package, one search for the library, and no module that is slow to load', async () => {
  const { y, modules, calls, loaded } = await firstResult()
  expect(y).toBe(42)
  const files = modules.map((file) => relative(root, file).split(sep).join('/'))
  const own = files.filter((file) => !file.startsWith('node_modules/') && !file.startsWith('test/'))
  expect(own).toEqual(['dist/index.js', 'dist/library.js', expect.stringMatching(/\.node$/)])
  const packages = new Set(
    files.filter((file) => file.startsWith('node_modules/')).map((file) => file.split('/')[1]),
  )
  expect([...packages].sort()).toEqual(['bindings', 'file-uri-to-path', 'onnxruntime-common'])
  // The folder of onnxruntime-node's library, and the model.
  expect(calls).toMatchObject({ readdirSync: 1, stat: 1 })
  // The addon in its place, and onnxruntime-node above dist/.
  expect(calls.existsSync).toBeLessThanOrEqual(process.env.ONNXRUNTIME_IOBINDING_BUILD ? 5 : 4)
  const slow = ['child_process', 'worker_threads', 'internal/fs/promises', 'net', 'stream']
  expect(loaded.filter((name) => slow.includes(name.replace('NativeModule ', '')))).toEqual([])
})
