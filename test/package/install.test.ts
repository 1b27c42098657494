// A user's first minutes: an empty project, no compiler, and onnxruntime-node without its download.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { root, tool } from '../../scripts/run.mjs'
import { commonJs, example, expectLogits, run, write } from './example.ts'

const installed = join(inject('project'), 'node_modules', 'onnxruntime-iobinding')

describe('npm install of the tarball', () => {
  it('runs no script of the package and finds no compiler', () => {
    const lock = JSON.parse(readFileSync(join(inject('project'), 'package-lock.json'), 'utf8'))
    const entries = Object.entries<{ hasInstallScript?: boolean }>(lock.packages)
    const scripted = entries.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name)
    expect(scripted).toEqual(['node_modules/onnxruntime-node'])
    expect(existsSync(join(installed, 'build'))).toBe(false)
    for (const compiler of ['c++', 'cc', 'cmake', 'python3']) {
      expect(spawnSync(compiler, { env: { PATH: inject('path') } }).error).toMatchObject({ code: 'ENOENT' })
    }
  })
  // npm warns of these scripts, even if it runs none from a tarball.
  it('has no script for npm to warn of', () => {
    const { scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    const lifeCycle = /^(pre|post)?(install|prepare|prepublish)$|^(un)?install$/
    expect(Object.keys(scripts).filter((name) => lifeCycle.test(name))).toEqual([])
  })
  it('succeeds in its unpacked folder, where nothing can be built', () => {
    const folder = dirname(inject('project'))
    const unpacked = join(folder, 'unpacked')
    const cwd = join(folder, 'linked')
    cpSync(installed, unpacked, { recursive: true })
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps', unpacked]
    execFileSync('npm', args, { cwd, stdio: 'pipe', shell: process.platform === 'win32' })
    expect(existsSync(join(cwd, 'node_modules', 'onnxruntime-iobinding', 'dist', 'index.js'))).toBe(true)
  })
  it('installs the native engine', async () => {
    const script = "console.log(require('onnxruntime-iobinding').initialized().engine)"
    expect(await run(['-e', script])).toBe('native\n')
  })
})

describe("README's first example", () => {
  it('runs as an ES module', async () => expectLogits(await run([write('example.mjs', example)])))
  it('runs as CommonJS', async () => expectLogits(await run([write('example.cjs', commonJs)])))
  it('runs in a worker', async () => {
    write('in-worker.mjs', example)
    const main = "new (require('node:worker_threads').Worker)('./in-worker.mjs')"
    expectLogits(await run(['-e', main]))
  })
  it.each([
    ['nodenext', 'nodenext'],
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])('compiles as TypeScript with module %s, moduleResolution %s', async (module, resolution) => {
    const name = `typed-${resolution}`
    const file = write(`${name}.mts`, example)
    const options = ['--strict', '--target', 'es2023', '--ignoreConfig', '--types', 'node']
    const types = ['--typeRoots', join(root, 'node_modules', '@types')]
    const modules = ['--module', module, '--moduleResolution', resolution]
    execFileSync(process.execPath, [tool('typescript', 'tsc'), file, ...options, ...types, ...modules], {
      cwd: inject('project'),
      stdio: 'pipe',
    })
    expectLogits(await run([join(inject('project'), `${name}.mjs`)]))
  })
})

describe('the command', () => {
  it('is available to npx', async () => {
    const { bin, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    expect(await run([join(installed, bin['onnxruntime-iobinding']), '--version'])).toBe(`${version}\n`)
    expect(existsSync(join(inject('project'), 'node_modules', '.bin', 'onnxruntime-iobinding'))).toBe(true)
  })
})
