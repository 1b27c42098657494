// Other versions of onnxruntime-node: as the library of this package, and beside it in one process. They are large, so only the
// nightly tests install them.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from '../native/child.ts'
import { installNightly } from './install.mjs'

const MODEL = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')
const OURS = 'onnxruntime-iobinding'
const REGISTER = 'onnxruntime-iobinding/register'
const [OLD, NEW] = ['onnxruntime-node-1.24', 'onnxruntime-node-1.29']

describe('versions of onnxruntime-node', () => {
  const source = join(import.meta.dirname, 'versions')
  const { folder, unavailable, remove } = installNightly(source, 'other versions of onnxruntime-node')
  afterAll(remove)

  async function run(names: readonly string[], env = {}) {
    const clean = { ONNXRUNTIME_IOBINDING_BUILD: undefined, ONNXRUNTIME_IOBINDING_ENGINE: undefined, ...env }
    const script = join(folder, 'programs', 'orders.mjs')
    const { code, stdout, stderr } = await runScript(script, [MODEL, ...names], { cwd: folder, env: clean })
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout.trim().split('\n').at(-1)!)
  }

  /** docs/drop-in.md has these rows. */
  test.skipIf(unavailable || process.platform !== 'linux').each([
    ['one after the other', [OLD, NEW], ['ran', 'not loaded'], ['1.24']],
    ['in the other order', [NEW, OLD], ['ran', 'not loaded'], ['1.29']],
    ['before this package', [OLD, OURS], ['ran', 'ran'], ['1.24', 'installed']],
    ['after this package', [OURS, OLD], ['ran', 'not loaded'], ['installed']],
    ['after register', [REGISTER, OLD, NEW, OURS], [REGISTER, 'ran', 'ran', 'ran'], ['installed']],
    ['around register', [OLD, REGISTER, NEW], ['ran', REGISTER, 'ran'], ['1.24', 'installed']],
  ])('%s', async (_title, names, results, libraries) => {
    expect(await run(names)).toEqual({ results, libraries })
  })

  test.skipIf(unavailable).each(['1.24', '1.26', '1.29'])(
    'ONNX Runtime %s is the library',
    async (version) => {
      const binaries = join(folder, 'node_modules', `onnxruntime-node-${version}`, 'bin', 'napi-v6')
      const library = join(binaries, process.platform, process.arch)
      const name = readdirSync(library).find((file) =>
        /^(lib)?onnxruntime\.(so|dll|dylib)|\.dylib$/.test(file),
      )!
      const env = { ORT_DYLIB_PATH: join(library, name) }
      expect(await run([OURS], env)).toEqual({ results: ['ran'], libraries: [version] })
    },
  )
})
