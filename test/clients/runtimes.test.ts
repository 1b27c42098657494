// The package in Bun and Deno. Both come from npm, so only the nightly tests have them.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from '../native/child.ts'
import { installNightly } from './install.mjs'
import { work } from './programs/work.ts'
import { copyAddon } from './tarballs.ts'
import { putPackage } from './ways.ts'

const MODEL = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')
const ENV = { ONNXRUNTIME_IOBINDING_ENGINE: undefined, ONNXRUNTIME_IOBINDING_BUILD: undefined }
/** Both packages contain the program of a platform. */
const isHere = process.platform === 'linux' && process.arch === 'x64'

const RUNTIMES = [
  ['Bun', join('@oven', 'bun-linux-x64', 'bin', 'bun'), []],
  ['Deno', join('@deno', 'linux-x64-glibc', 'deno'), ['run', '--allow-all', '--node-modules-dir=manual']],
] as const

describe('the package', () => {
  const source = join(import.meta.dirname, 'runtimes')
  const { folder, unavailable, remove } = installNightly(source, 'Bun and Deno', isHere)
  afterAll(remove)

  async function run(program: string, runtime: string, options: readonly string[]) {
    const executable = join(folder, 'node_modules', runtime)
    const script = join(folder, 'programs', program)
    const ended = await runScript(script, [MODEL], { executable, node: options, cwd: folder, env: ENV })
    expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null })
    return ended.stdout.trim()
  }

  let inNode: Awaited<ReturnType<typeof work>>
  beforeAll(async () => {
    inNode = await work(MODEL)
  })

  test.skipIf(unavailable).each(RUNTIMES)(
    'gives the results of Node.js in %s',
    async (_name, path, options) => {
      expect(JSON.parse(await run('main.ts', path, options))).toEqual(inNode)
      expect(inNode[0]).toBe('native')
    },
  )

  test.skipIf(unavailable).each(RUNTIMES)(
    'runs onnxruntime-node with register in %s',
    async (_name, path, options) => {
      const [addons, result] = JSON.parse(await run('registered.mjs', path, options))
      expect(addons).toEqual(['onnxruntime_iobinding.node'])
      expect(result).toEqual(inNode[1][0])
    },
  )

  test.skipIf(unavailable).each(RUNTIMES)(
    'survives the termination of workers in %s',
    async (_name, path, options) => {
      expect(await run('terminated.mjs', path, options)).toBe('ended')
    },
  )

  test.skipIf(unavailable)(
    "gives the results of Node.js in Bun's executable, with the addon beside it",
    async () => {
      const bun = join(folder, 'node_modules', RUNTIMES[0][1])
      putPackage(folder)
      const out = join(folder, 'service')
      const options = ['build', '--compile', '--outfile', join(out, 'service')]
      const built = await runScript(join(folder, 'programs', 'main.ts'), [], {
        executable: bun,
        node: options,
        cwd: folder,
      })
      expect(built, built.stderr).toMatchObject({ code: 0 })
      copyAddon(out)
      const ORT_DYLIB_PATH = initialized().libraryPath
      // Where it was compiled nothing is left.
      rmSync(join(folder, 'node_modules', 'onnxruntime-iobinding'), { recursive: true })
      const ended = await runScript(MODEL, [], {
        executable: join(out, 'service'),
        cwd: out,
        env: { ...ENV, ORT_DYLIB_PATH },
      })
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(ended.stdout)).toEqual(inNode)
    },
  )
})
