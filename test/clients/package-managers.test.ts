// This package in the place of onnxruntime-node, by each package manager's overrides: installed, and run from another working
// directory. The package managers come from npm, so only the nightly tests have them.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from '../native/child.ts'
import { installNightly } from './install.mjs'
import { npm, packAll, type Tarballs } from './tarballs.ts'

const MODEL = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')

/** The fields of package.json that docs/drop-in.md has, for all packages and for one. */
const FIELDS: Readonly<Record<string, (tarball: string) => object>> = {
  npm: () => ({ overrides: { 'onnxruntime-node': '$onnxruntime-iobinding' } }),
  'npm, for one package': () => ({ overrides: { client: { 'onnxruntime-node': '$onnxruntime-iobinding' } } }),
  pnpm: () => ({ pnpm: { overrides: { 'onnxruntime-node': '$onnxruntime-iobinding' } } }),
  'pnpm, for one package': () => ({
    pnpm: { overrides: { 'client>onnxruntime-node': '$onnxruntime-iobinding' } },
  }),
  'Yarn 1': (tarball) => ({ resolutions: { 'onnxruntime-node': tarball } }),
  'Yarn 1, for one package': (tarball) => ({ resolutions: { 'client/onnxruntime-node': tarball } }),
  'Yarn 4 (pnp)': (tarball) => ({ resolutions: { 'onnxruntime-node': tarball } }),
  'Yarn 4 (pnp), for one package': (tarball) => ({ resolutions: { 'client/onnxruntime-node': tarball } }),
  'Yarn 4 (node-modules)': (tarball) => ({ resolutions: { 'onnxruntime-node': tarball } }),
  'Yarn 4 (pnpm)': (tarball) => ({ resolutions: { 'onnxruntime-node': tarball } }),
}

describe('in place of onnxruntime-node', () => {
  const source = join(import.meta.dirname, 'managers')
  const { folder: tools, unavailable, remove } = installNightly(source, 'package managers')
  const folder = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-managers-'))
  afterAll(() => {
    remove()
    rmSync(folder, { recursive: true, force: true })
  })
  let packed: Tarballs
  beforeAll(() => {
    if (unavailable === undefined) packed = packAll(folder)
  })

  function run(tool: string, args: readonly string[], cwd: string, env = {}) {
    const script = join(tools, 'node_modules', tool)
    execFileSync(process.execPath, [script, ...args], { cwd, env: { ...process.env, ...env }, stdio: 'pipe' })
  }

  const installers: Readonly<Record<string, (cwd: string, linker?: string) => void>> = {
    npm: (cwd) => npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], cwd),
    pnpm: (cwd) => run('pnpm/bin/pnpm.cjs', ['install', '--ignore-scripts', '--prefer-offline'], cwd),
    'Yarn 1': (cwd) => {
      // Caches of its own: Yarn takes tarballs of the same names for the same.
      const cache = ['--cache-folder', join(folder, 'yarn-1')]
      run('yarn/bin/yarn.js', ['install', '--ignore-scripts', '--no-lockfile', ...cache], cwd)
    },
    'Yarn 4': (cwd, linker) => {
      writeFileSync(join(cwd, '.yarnrc.yml'), `nodeLinker: ${linker}\nenableTelemetry: false\n`)
      writeFileSync(join(cwd, 'yarn.lock'), '')
      const env = { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false', YARN_GLOBAL_FOLDER: join(folder, 'yarn-4') }
      run('@yarnpkg/cli-dist/bin/yarn.js', ['install', '--mode=skip-build'], cwd, env)
    },
  }

  test.skipIf(unavailable).each(Object.keys(FIELDS))('%s runs it', { timeout: 300_000 }, async (title) => {
    const [, manager, linker] = /^(\w+(?: \d)?)(?: \(([\w-]+)\))?/.exec(title)!
    const cwd = join(folder, title.replace(/\W+/g, '-'))
    mkdirSync(cwd)
    const dependencies = {
      client: packed.client,
      'onnxruntime-iobinding': packed.package,
      'onnxruntime-library': packed.library,
    }
    const manifest = { private: true, dependencies, ...FIELDS[title]!(packed.package) }
    writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest))
    cpSync(join(tools, 'programs', 'client.cjs'), join(cwd, 'client.cjs'))
    installers[manager!]!(cwd, linker)
    const node = readdirSync(cwd).includes('.pnp.cjs') ? ['--require', join(cwd, '.pnp.cjs')] : []
    const env = { ONNXRUNTIME_IOBINDING_ENGINE: undefined, ORT_DYLIB_PATH: undefined }
    const ended = await runScript(join(cwd, 'client.cjs'), [MODEL], { node, env, cwd: tmpdir() })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const library = expect.stringMatching(/onnxruntime-library.+bin.napi-v6/)
    expect(JSON.parse(ended.stdout)).toEqual(['native', library, [1, 2], ['input_0', 'input_1']])
  })
})
