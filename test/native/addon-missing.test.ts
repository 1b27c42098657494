import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScript } from './child'
import { copyPackage } from './package-copy'

const ADDON = 'onnxruntime_iobinding.node'

/** Where the addon is looked for: built here, prebuilt, and beside a bundle. */
function places(script: string): string[] {
  const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`)
  return [join('build', 'Release'), prebuilt, join('dist', prebuilt)].map((folder) =>
    join(dirname(script), folder, ADDON),
  )
}

async function run(script: string, args: string[], engine: string | undefined) {
  const env = { ONNXRUNTIME_IOBINDING_ENGINE: engine, ORT_DYLIB_PATH: undefined }
  const ended = await runScript(script, args, { cwd: dirname(script), env })
  expect(ended).toMatchObject({ code: 0, signal: null })
  return { result: JSON.parse(ended.stdout), stderr: ended.stderr }
}

describe('a missing addon', () => {
  it('is replaced by onnxruntime-node, with one warning that gives the reason', async () => {
    const script = copyPackage('library.mjs', { onnxruntimeNode: true })
    const { result, stderr } = await run(script, ['firstCreatesAtOnce'], undefined)
    expect(result).toEqual(Array(4).fill('onnxruntime-node'))
    expect(stderr.match(/OnnxRuntimeIoBindingWarning/g)).toHaveLength(1)
    expect(stderr).toContain('[ERR_ADDON_NOT_LOADED]')
    expect(stderr).toContain('Running on onnxruntime-node instead')
    for (const place of places(script)) expect(stderr).toContain(`${place}: no such file`)
  })

  it('is reported by initialize', async () => {
    const script = copyPackage('library.mjs', { onnxruntimeNode: true })
    expect((await run(script, ['initialize'], undefined)).result).toMatchObject({
      engine: 'onnxruntime-node',
    })
    const options = JSON.stringify({ libraryPath: '/nowhere/libonnxruntime.so' })
    expect((await run(script, ['initialize', options], undefined)).result).toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    })
  })

  it('causes no warning if onnxruntime-node is selected', async () => {
    const script = copyPackage('library.mjs', { onnxruntimeNode: true })
    const { result, stderr } = await run(script, ['create'], 'onnxruntime-node')
    expect({ result, stderr }).toEqual({ result: 'onnxruntime-node', stderr: '' })
  })

  it('is not caused by the variable for tests, which an installed package ignores', async () => {
    const script = copyPackage('library.mjs', { addon: true, onnxruntimeNode: true })
    const env = { ONNXRUNTIME_IOBINDING_BUILD: '../elsewhere', ONNXRUNTIME_IOBINDING_ENGINE: undefined }
    const { stdout, stderr } = await runScript(script, ['create'], { cwd: dirname(script), env })
    expect({ engine: JSON.parse(stdout), stderr }).toEqual({ engine: 'native', stderr: '' })
  })

  it('is an error if the addon is selected', async () => {
    const script = copyPackage('library.mjs', { onnxruntimeNode: true })
    for (const scenario of ['create', 'allocate', 'initialize']) {
      const { result, stderr } = await run(script, [scenario], 'native')
      expect(result).toMatchObject({ name: 'Error', code: 'ERR_ADDON_NOT_LOADED' })
      for (const place of places(script)) expect(result.message).toContain(`${place}: no such file`)
      expect(result.remedy).toContain('npm run build:native')
      expect(stderr).toBe('')
    }
  })

  it('is an error if onnxruntime-node is missing too', async () => {
    const script = copyPackage('library.mjs', {})
    const { result } = await run(script, ['create'], undefined)
    expect(result).toMatchObject({ name: 'Error', code: 'ERR_LIBRARY_NOT_FOUND' })
    expect(result.remedy).toContain('Install onnxruntime-node')
  })
})

describe('a broken addon', () => {
  it.each([
    [undefined, 'onnxruntime-node', expect.stringContaining('OnnxRuntimeIoBindingWarning')],
    ['native', expect.objectContaining({ code: 'ERR_ADDON_NOT_LOADED' }), ''],
  ])('is reported if the selected engine is %s', async (engine, expected, warning) => {
    const script = copyPackage('library.mjs', { onnxruntimeNode: true })
    const path = places(script)[0]!
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'no shared object')
    const { result, stderr } = await run(script, ['create'], engine)
    expect({ result, stderr }).toEqual({ result: expected, stderr: warning })
    expect(result.message ?? stderr).toContain(`${path}: `)
    expect(result.message ?? stderr).not.toContain(`${path}: no such file`)
  })
})

describe('the addon that was built here', () => {
  /** A copy of the package with the addon in the second place, and a broken one in the other. */
  function copyWith(broken: 0 | 1): { script: string; path: string } {
    const script = copyPackage('library.mjs', { addon: true, onnxruntimeNode: true })
    const [built, prebuilt] = places(script) as [string, string]
    mkdirSync(dirname(prebuilt), { recursive: true })
    if (broken === 0) copyFileSync(built, prebuilt)
    const path = [built, prebuilt][broken]!
    writeFileSync(path, 'no shared object')
    return { script, path }
  }

  it('is loaded instead of the prebuilt addon, even if it is broken', async () => {
    const { script, path } = copyWith(0)
    const { result } = await run(script, ['create'], 'native')
    expect(result.code).toBe('ERR_ADDON_NOT_LOADED')
    // One place, and its own reason: the prebuilt addon was not tried.
    expect(result.message.split('\n').slice(1)).toEqual([expect.stringContaining(`${path}: `)])
  })

  it('runs beside a broken prebuilt addon', async () => {
    const { script } = copyWith(1)
    expect(await run(script, ['create'], 'native')).toEqual({ result: 'native', stderr: '' })
  })
})
