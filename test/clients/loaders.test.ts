// The package in test runners, in loaders of TypeScript and in the workers of a cluster, which the nightly tests install.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from '../native/child.ts'
import { installNightly } from './install.mjs'
import { work } from './programs/work.ts'
import { putPackage } from './ways.ts'

const MODEL = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')

describe('the package', () => {
  const source = join(import.meta.dirname, 'loaders')
  const { folder, unavailable, remove } = installNightly(source, 'test runners and loaders')
  afterAll(remove)
  const modules = join(folder, 'node_modules')
  const programs = join(folder, 'programs')

  let expected: Awaited<ReturnType<typeof work>>
  beforeAll(async () => {
    if (unavailable !== undefined) return
    putPackage(folder)
    expected = await work(MODEL)
    expect(expected[0]).toBe('native')
    // Jest takes CommonJS; two files are two registries of modules in one process.
    const common = (file: string) =>
      transformSync(readFileSync(join(programs, file), 'utf8'), { loader: 'ts', format: 'cjs' }).code
    writeFileSync(join(programs, 'work.cjs'), common('work.ts'))
    const spec = common('work.spec.ts').replace('./work.ts', './work.cjs')
    for (const name of ['first', 'second']) writeFileSync(join(programs, `${name}.spec.cjs`), spec)
    writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {}\n')
    const compilerOptions = {
      module: 'commonjs',
      moduleResolution: 'node10',
      target: 'es2022',
      esModuleInterop: true,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  })

  async function run(script: string, args: readonly string[], node: readonly string[] = []) {
    const env = {
      ...{ MODEL, EXPECTED: JSON.stringify(expected), NODE_ENV: undefined, VITEST: undefined },
      ...{ ONNXRUNTIME_IOBINDING_ENGINE: undefined, ONNXRUNTIME_IOBINDING_BUILD: undefined },
    }
    const ended = await runScript(script, args, { cwd: folder, node, env })
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0, signal: null })
    return ended
  }

  test.skipIf(unavailable).each(['node', 'jsdom'])(
    'gives the results of Node.js in Jest, %s',
    async (name) => {
      const options = ['--transform', '{}', '--testRegex', 'spec\\.cjs$', '--runInBand', '--json']
      const { stdout } = await run(join(modules, 'jest', 'bin', 'jest.js'), [...options, '--env', name])
      expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 4, numTotalTests: 4 })
    },
  )

  test.skipIf(unavailable).each(['forks', 'threads', 'vmForks', 'vmThreads'])(
    "gives the results of Node.js in vitest's pool %s",
    async (pool) => {
      const options = ['run', '--globals', '--pool', pool, '--reporter', 'json', 'work.spec.ts']
      const { stdout } = await run(join(modules, 'vitest', 'vitest.mjs'), options)
      expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numTotalTests: 2 })
    },
  )

  test.skipIf(unavailable).each([
    ['tsx', ['--import', 'tsx']],
    ['ts-node', ['--require', 'ts-node/register/transpile-only']],
  ])('gives the results of Node.js in %s, and in the workers of its cluster', async (_name, node) => {
    for (const options of [[], ['cluster']]) {
      const { stdout } = await run(join(programs, 'main.ts'), [MODEL, ...options], node)
      expect(JSON.parse(stdout)).toEqual(expected)
    }
  })
})
