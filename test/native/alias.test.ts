// This package under the name of onnxruntime-node, as package managers install it by an override.
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as library from 'onnxruntime-iobinding'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from './child'
import { copyPackage, temporaryFolder } from './package-copy'

const require = createRequire(import.meta.url)
const installed = dirname(require.resolve('onnxruntime-node/package.json'))
const { version } = require('onnxruntime-node/package.json')
const MODEL = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')

/** A project whose node_modules contain the package by a path, and onnxruntime-node by another name or place. */
function project(packagePath: string, libraryName: string): { folder: string; modules: string } {
  const folder = temporaryFolder()
  const modules = join(folder, 'node_modules')
  const package_ = join(modules, packagePath)
  mkdirSync(dirname(package_), { recursive: true })
  // With its links as they are, which the test's end removes.
  cpSync(dirname(copyPackage('alias.cjs', { addon: true })), package_, { recursive: true })
  symlinkSync(installed, join(modules, libraryName), 'junction')
  symlinkSync(
    join(root, 'node_modules', 'onnxruntime-common'),
    join(modules, 'onnxruntime-common'),
    'junction',
  )
  return { folder, modules }
}

async function run(script: string, cwd = tmpdir()) {
  const env = { ONNXRUNTIME_IOBINDING_ENGINE: undefined, ORT_DYLIB_PATH: undefined }
  const { stdout, ...ended } = await runScript(script, [MODEL], { cwd, env })
  expect(ended).toEqual({ code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout)
}

const EXPECTED = [
  'native',
  expect.stringMatching(/node_modules.onnxruntime-(node|library).bin/),
  [1, 2],
  version,
  ['input_0', 'input_1'],
]
const script = (folder: string) => {
  mkdirSync(folder, { recursive: true })
  cpSync(join(root, 'test', 'native', 'fixtures', 'alias.cjs'), join(folder, 'alias.cjs'))
  return join(folder, 'alias.cjs')
}

describe('this package in place of onnxruntime-node', () => {
  it('runs for every package of a project, from any working directory', async () => {
    const { folder, modules } = project('onnxruntime-node', 'onnxruntime-library')
    for (const where of [folder, join(modules, 'client')]) {
      expect(await run(script(where))).toEqual(EXPECTED)
      expect(await run(script(where), folder)).toEqual(EXPECTED)
    }
  })

  it('runs for one package, beside the onnxruntime-node of the others', async () => {
    const { modules } = project(join('client', 'node_modules', 'onnxruntime-node'), 'onnxruntime-node')
    expect(await run(script(join(modules, 'client')))).toEqual(EXPECTED)
  })

  it("runs from pnpm's folders, where the package does not see onnxruntime-library", async () => {
    const store = join('.pnpm', 'onnxruntime-iobinding@0.1.0', 'node_modules', 'onnxruntime-iobinding')
    const { folder, modules } = project(store, 'onnxruntime-library')
    const hoisted = join(modules, '.pnpm', 'node_modules')
    mkdirSync(hoisted)
    for (const links of [modules, hoisted])
      symlinkSync(join(modules, store), join(links, 'onnxruntime-node'), 'junction')
    expect(await run(script(folder))).toEqual(EXPECTED)
  })

  it('does not take another package for onnxruntime-library', async () => {
    const { folder, modules } = project('onnxruntime-node', 'other')
    cpSync(join(root, 'node_modules', 'onnxruntime-common'), join(modules, 'onnxruntime-library'), {
      recursive: true,
      dereference: true,
    })
    const env = { ONNXRUNTIME_IOBINDING_ENGINE: undefined, ORT_DYLIB_PATH: undefined }
    const { code, stderr } = await runScript(script(folder), [MODEL], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('ERR_LIBRARY_NOT_FOUND')
    expect(stderr).toContain('is onnxruntime-common, not onnxruntime-node')
  })
})

describe("onnxruntime-node's names", () => {
  it('are exported', () => {
    expect(Object.keys(library)).toEqual(expect.arrayContaining(Object.keys(ort)))
  })

  it('list the providers that onnxruntime-node lists', () => {
    expect(library.listSupportedBackends()).toEqual(ort.listSupportedBackends())
  })

  it('are the names of the functions and classes too', () => {
    for (const [name, value] of Object.entries(library))
      if (typeof value === 'function') expect((value as { name: string }).name).toBe(name)
  })

  it('have the version of onnxruntime-node', () => {
    expect(library.env.versions.node).toBe(version)
  })
})
