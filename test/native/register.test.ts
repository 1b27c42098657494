// Programs that use onnxruntime-node, unmodified, on this package.

import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runFixture, runScript } from './child'
import { copyPackage } from './package-copy'

const require = createRequire(import.meta.url)
const OURS = ['onnxruntime_iobinding.node']
const THEIRS = ['onnxruntime_binding.node']
const SUM = [true, 'float32', [2], [4, 6], ['sum', 'prod']]
const REGISTER = 'onnxruntime-iobinding/register'

async function run(scenario: string, node: string[] = []) {
  const { stdout, ...ended } = await runFixture('register.mjs', [scenario], { node })
  expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null })
  return JSON.parse(stdout)
}

describe('onnxruntime-iobinding/register', () => {
  it.each([
    ['--import', 'required'],
    ['--import', 'imported'],
    ['--require', 'required'],
    ['--require', 'imported'],
    ['--import', 'inWorker'],
  ])('with %s runs the sessions of an onnxruntime-node that is %s', async (option, scenario) => {
    const expected = { result: SUM, addons: OURS, warnings: [] }
    expect(await run(scenario, [option, REGISTER])).toEqual(expected)
  })

  it.each(['requiredFirst', 'importedFirst'])(
    '%s runs the sessions of onnxruntime-node',
    async (scenario) => {
      expect(await run(scenario)).toEqual({ result: SUM, addons: OURS, warnings: [] })
    },
  )

  it('gives the results of onnxruntime-node, whose addon runs without it', async () => {
    expect(await run('required')).toEqual({ result: SUM, addons: THEIRS, warnings: [] })
  })

  it.each([
    ['registeredLast', SUM],
    ['registeredAfterSession', [SUM, SUM]],
  ])('takes over an onnxruntime-node that was loaded before (%s)', async (scenario, result) => {
    expect(await run(scenario)).toEqual({ result, addons: [...THEIRS, ...OURS], warnings: [] })
  })

  it('ignores options and feeds that onnxruntime-node ignores', async () => {
    const expected = { result: SUM, addons: OURS, warnings: [] }
    expect(await run('unknownOptionsAndFeeds', ['--import', REGISTER])).toEqual(expected)
  })

  it('leaves other providers to onnxruntime-node, with a warning', async () => {
    const { result, addons, warnings } = await run('otherProvider', ['--import', REGISTER])
    expect(result).toMatch(/tensorrt|no available backend/i)
    if (process.platform !== 'linux') return
    expect(addons).toEqual([...THEIRS, ...OURS])
    expect(warnings).toEqual([['ERR_NOT_SUPPORTED', expect.stringContaining('onnxruntime_binding.node')]])
  })

  it('lists the backends of onnxruntime-node', async () => {
    const { result } = await run('listSupportedBackends')
    const listed = await run('listSupportedBackends', ['--import', REGISTER])
    expect(listed).toMatchObject({ addons: OURS, warnings: [] })
    expect(listed.result).toEqual(expect.arrayContaining(result))
  })

  it('can be loaded twice', async () => {
    expect(await run('twice')).toEqual({ result: [true, SUM], addons: OURS, warnings: [] })
  })

  it('reports a copy whose onnxruntime-common it does not find', async () => {
    const { result, addons, warnings } = await run('bundled')
    expect({ result, addons }).toEqual({ result: true, addons: [...THEIRS, ...OURS] })
    expect(warnings).toEqual([['ERR_NOT_SUPPORTED', expect.stringContaining('its onnxruntime-common')]])
  })

  it('does nothing on the onnxruntime-node engine, with a warning if the addon is missing', async () => {
    const script = copyPackage('library.mjs', { onnxruntimeNode: true })
    const file = pathToFileURL(require.resolve(`${dirname(script)}/dist/register/index.js`)).href
    const options = (engine?: string) => ({
      node: ['--import', file],
      cwd: dirname(script),
      env: { ONNXRUNTIME_IOBINDING_ENGINE: engine, ORT_DYLIB_PATH: undefined },
    })
    const selected = await runScript(script, ['create'], options('onnxruntime-node'))
    expect(selected).toMatchObject({ code: 0, stdout: '"onnxruntime-node"\n', stderr: '' })
    const missing = await runScript(script, ['create'], options())
    expect(missing).toMatchObject({ code: 0, stdout: '"onnxruntime-node"\n' })
    expect(missing.stderr).toContain('[ERR_ADDON_NOT_LOADED]')
    expect(missing.stderr).toContain('onnxruntime-node runs its sessions itself.')
  })
})

describe('onnxruntime-iobinding/backend', () => {
  it('registers a copy of onnxruntime-common by hand', async () => {
    expect(await run('byHand')).toEqual({ result: SUM, addons: OURS, warnings: [] })
  })
})
