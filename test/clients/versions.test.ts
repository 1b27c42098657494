// Other versions of onnxruntime-node: as the library of this package, and beside it in one process. They are large, so only the
// nightly tests install more than one.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from '../native/child.ts'
import { install, installNightly } from './install.mjs'

const MODEL = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')
const OURS = 'onnxruntime-iobinding'
const REGISTER = 'onnxruntime-iobinding/register'
const [OLD, NEW] = ['onnxruntime-node-1.24', 'onnxruntime-node-1.29']
const source = (name: string) => join(import.meta.dirname, name)

async function run(folder: string, names: readonly string[], env = {}) {
  const clean = { ONNXRUNTIME_IOBINDING_BUILD: undefined, ONNXRUNTIME_IOBINDING_ENGINE: undefined, ...env }
  const script = join(folder, 'programs', 'orders.mjs')
  const { code, stdout, stderr } = await runScript(script, [MODEL, ...names], { cwd: folder, env: clean })
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

async function expectLibrary(folder: string, version: string) {
  const binaries = join(folder, 'node_modules', `onnxruntime-node-${version}`, 'bin', 'napi-v6')
  const path = join(binaries, process.platform, process.arch)
  const name = readdirSync(path).find((file) => /^(lib)?onnxruntime\.(so|dll|dylib)|\.dylib$/.test(file))!
  const env = { ORT_DYLIB_PATH: join(path, name) }
  expect(await run(folder, [OURS], env)).toEqual({ results: ['ran'], libraries: [version] })
}

/** All other tests run on the newest version. */
describe('the version before the newest', () => {
  const { folder, unavailable, remove } = install(source('newest'))
  afterAll(remove)
  if (unavailable !== undefined) console.log(`SKIPPED: onnxruntime-node 1.29: ${unavailable}`)

  test.skipIf(unavailable)('ONNX Runtime 1.29 is the library', () => expectLibrary(folder, '1.29'))
})

describe('versions of onnxruntime-node', () => {
  const what = 'other versions of onnxruntime-node'
  const { folder, unavailable, remove } = installNightly(source('versions'), what)
  afterAll(remove)

  /** docs/drop-in.md has these rows. */
  test.skipIf(unavailable || process.platform !== 'linux').each([
    ['one after the other', [OLD, NEW], ['ran', 'not loaded'], ['1.24']],
    ['in the other order', [NEW, OLD], ['ran', 'not loaded'], ['1.29']],
    ['before this package', [OLD, OURS], ['ran', 'ran'], ['1.24', 'installed']],
    ['after this package', [OURS, OLD], ['ran', 'not loaded'], ['installed']],
    ['after register', [REGISTER, OLD, NEW, OURS], [REGISTER, 'ran', 'ran', 'ran'], ['installed']],
    ['around register', [OLD, REGISTER, NEW], ['ran', REGISTER, 'ran'], ['1.24', 'installed']],
  ])('%s', async (_title, names, results, libraries) => {
    expect(await run(folder, names)).toEqual({ results, libraries })
  })

  test.skipIf(unavailable).each(['1.24', '1.26'])('ONNX Runtime %s is the library', (version) =>
    expectLibrary(folder, version),
  )
})
