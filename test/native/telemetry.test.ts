import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type ChildOptions, runFixture } from './child'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'iobinding-telemetry-'))
// Others can enter it, and write nothing there.
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the fixture with a home and a working directory of its own. */
async function run(
  name: string,
  args: string[],
  env: Record<string, string | undefined> = {},
  options: Pick<ChildOptions, 'executable' | 'node'> = {},
) {
  const [home, cwd] = ['home', 'cwd'].map((part) => join(folder, name, part)) as [string, string]
  for (const path of [home, cwd]) mkdirSync(path, { recursive: true })
  const ended = await runFixture('telemetry.mjs', args, {
    timeout: 100_000 * FACTOR,
    ...options,
    cwd,
    env: {
      HOME: home,
      XDG_CACHE_HOME: undefined,
      // ONNX Runtime sends nothing where it takes the machine for a CI.
      ...Object.fromEntries(
        ['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'BUILD_ID', 'ORT_DISABLE_TELEMETRY'].map((key) => [
          key,
          undefined,
        ]),
      ),
      ...env,
    },
  })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const files = [home, cwd].flatMap((path) => readdirSync(path, { recursive: true, encoding: 'utf8' }))
  return { files, growth: Number(ended.stdout) }
}

const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath]
const asNobody = (script: string) => spawnSync('setpriv', [...NOBODY, '--eval', script]).status === 0
/** Why no process of a user without rights can be started. */
const whyNoOther =
  process.getuid?.() === 0 && asNobody(`fs.accessSync(${JSON.stringify(join(root, 'dist', 'index.js'))})`)
    ? ''
    : ' (skipped: only root can become another user, who must be able to read the package)'

/** The nightly command runs more than 1e5 of each. */
const FACTOR = Number(process.env.TEST_MEMORY_FACTOR ?? 1)
const TIMEOUT = 120_000 * FACTOR

describe.runIf(process.platform === 'linux')("ONNX Runtime's telemetry", () => {
  it(
    'is off: no file appears, and failing runs hold no memory',
    async () => {
      const { files, growth } = await run('off', [String(20_000 * FACTOR)])
      expect(files).toEqual([])
      expect(growth).toBeLessThan(25)
    },
    TIMEOUT,
  )

  it(
    'is off: no file appears, and canceled runs hold no memory',
    async () => {
      const { files, growth } = await run('canceled', [String(10_000 * FACTOR), 'cancel'])
      expect(files).toEqual([])
      expect(growth).toBeLessThan(25)
    },
    TIMEOUT,
  )

  // Not even by root.
  it.each([
    ['a folder that cannot be made', '/proc/nobody'],
    ['a file', process.execPath],
  ])('leaves no file where the home is %s', async (name, home) => {
    expect((await run(name, ['20'], { HOME: home })).files).toEqual([])
  })

  it.skipIf(whyNoOther !== '')(
    `leaves no file for a user who can write neither the home nor the working directory${whyNoOther}`,
    async () => {
      // Who cannot write files of coverage in their places either.
      const coverage = join(folder, 'coverage')
      mkdirSync(coverage)
      chmodSync(coverage, 0o777)
      const env = { NODE_V8_COVERAGE: undefined, GCOV_PREFIX: coverage }
      expect((await run('nobody', ['20'], env, { executable: 'setpriv', node: NOBODY })).files).toEqual([])
    },
  )

  it('is off where onnxruntime-node was imported first, by its variable', async () => {
    const { files } = await run('beside', ['20', 'onnxruntime-node'], { ORT_DISABLE_TELEMETRY: '1' })
    expect(files).toEqual([])
  })

  it('stays on for initialize({ telemetry: true })', async () => {
    expect((await run('on', ['20', 'on'])).files.length).toBeGreaterThan(0)
  })

  it('stays off for initialize({ telemetry: true }) where the variable is set', async () => {
    expect((await run('set', ['20', 'on'], { ORT_DISABLE_TELEMETRY: '1' })).files).toEqual([])
  })
})
