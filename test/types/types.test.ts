// The types as users' programs meet them: TypeScript is strict, and old versions of it compile them too.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root, tool } from '../../scripts/run.mjs'
import { install } from '../clients/install.mjs'

/** Below the repository, where the package resolves itself by its name. */
const folder = join(root, 'build', `types-${process.pid}`)
const sources = readdirSync(import.meta.dirname).filter((name) => /\.[cm]ts$/.test(name))

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const name of sources) cpSync(join(import.meta.dirname, name), join(folder, name))
  for (const name of ['onnxruntime-node.mts', 'onnxruntime-node.cts']) {
    const program = readFileSync(join(import.meta.dirname, name), 'utf8')
    writeFileSync(
      join(folder, `renamed-${name}`),
      program.replaceAll("'onnxruntime-node'", "'onnxruntime-iobinding'"),
    )
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** TypeScript's errors; `''` if there are none. */
function compile(tsc: string, compilerOptions: object): string {
  const config = join(folder, 'tsconfig.json')
  const common = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022', 'dom'], types: ['node'] }
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...common, ...compilerOptions } }))
  const { stdout, stderr, error } = spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' })
  if (error !== undefined) throw error
  return stdout + stderr
}

const nodenext = { module: 'nodenext', moduleResolution: 'nodenext' }
const strictest = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
const bundler = { module: 'preserve', moduleResolution: 'bundler', lib: ['esnext', 'dom'] }

describe("this repository's TypeScript", () => {
  const tsc = tool('typescript', 'tsc')

  test('compiles all programs, those for onnxruntime-node with the import alone changed', () => {
    expect(compile(tsc, { ...nodenext, skipLibCheck: true })).toBe('')
  })

  test('does so with the strictest options, and checks the declarations too', () => {
    expect(compile(tsc, { ...nodenext, ...strictest })).toBe('')
  })

  test("does so as a bundler's project", () => {
    expect(compile(tsc, { ...bundler, skipLibCheck: true })).toBe('')
  })
})

// Nightly: the versions since the first with NoInfer.
if (process.env.TEST_TYPESCRIPT === 'all') {
  const { folder: installed, unavailable, remove } = install(import.meta.dirname)
  afterAll(remove)
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))

  describe.skipIf(unavailable)('older versions of TypeScript', () => {
    test.each(Object.keys(dependencies))('%s compiles all programs', (name) => {
      const tsc = join(installed, 'node_modules', name, 'bin', 'tsc')
      expect(compile(tsc, { ...nodenext, skipLibCheck: true })).toBe('')
      expect(compile(tsc, { ...nodenext, ...strictest, skipLibCheck: true })).toBe('')
    })
  })
}
