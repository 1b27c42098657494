import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { initialized, type PreloadedLibrary } from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, it } from 'vitest'
import { runFixture } from './child'
import { compile, newFolder, ortFolder, stubDriver, withoutStubs } from './stub-libraries'

const real = initialized().libraryPath
const skip = withoutStubs()

/** What the provider of ONNX Runtime 1.30 for CUDA 13 needs, and the one for CUDA 12. */
const NEEDED = {
  12: ['libcublasLt.so.12', 'libcublas.so.12', 'libcurand.so.10', 'libcudart.so.12'],
  13: ['libcublasLt.so.13', 'libcublas.so.13', 'libcurand.so.10', 'libcudart.so.13'],
}
/** In the order of loading. */
const CUDA_13 = [
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libnvrtc.so.13',
  'libcufft.so.12',
]
const CUDNN = 'libcudnn.so.9'

/** Folders below nvidia/ of the wheels of CUDA 12, which has one for each library. */
const FOLDERS_12: Record<string, string> = {
  'libcudart.so.12': 'cuda_runtime',
  'libcublasLt.so.12': 'cublas',
  'libcublas.so.12': 'cublas',
  'libcurand.so.10': 'curand',
  'libnvrtc.so.12': 'cuda_nvrtc',
  'libcufft.so.11': 'cufft',
}

/** `libcublas` needs `libcublasLt`, which its own folder does not help to find: it has to be loaded before. */
function stub(folder: string, name: string): string {
  const major = /libcublas\.so\.(\d+)/.exec(name)?.[1]
  const needs = major === undefined ? [] : [compile(join(newFolder(), `libcublasLt.so.${major}`))]
  return compile(join(folder, name), { needs })
}

describe.skipIf(skip)(`preload${skip ? ` (skipped: ${skip})` : ''}`, () => {
  let driver: string
  const ort: Record<12 | 13, string> = { 12: '', 13: '' }
  /** A site-packages folder with the wheels of CUDA 12 and of CUDA 13, and cuDNN. */
  let site: string

  beforeAll(() => {
    driver = newFolder()
    stubDriver(driver)
    ort[12] = ortFolder(real, { needs: NEEDED[12] })
    ort[13] = ortFolder(real, { needs: NEEDED[13] })
    site = join(newFolder(), 'lib', 'python3.99', 'site-packages')
    for (const name of CUDA_13) stub(join(site, 'nvidia', 'cu13', 'lib'), name)
    for (const [name, folder] of Object.entries(FOLDERS_12)) stub(join(site, 'nvidia', folder, 'lib'), name)
    stub(join(site, 'nvidia', 'cudnn', 'lib'), CUDNN)
  })

  const python = () => join(site, '..', '..', '..')
  const inCu13 = (name: string) => join(site, 'nvidia', 'cu13', 'lib', name)

  async function run(scenario: 'preload' | 'only', options: object, folder = ort[13], paths: string[] = []) {
    const ended = await runFixture('providers.mjs', [scenario, JSON.stringify(options)], {
      env: {
        ORT_DYLIB_PATH: join(folder, 'libonnxruntime.so.1'),
        LD_LIBRARY_PATH: [driver, ...paths].join(':'),
        STUB_PROVIDER_ERROR: 'CUDA failure 35: too old ; GPU=0 ; hostname=h',
      },
    })
    expect(ended).toMatchObject({ code: 0, signal: null })
    return JSON.parse(ended.stdout).result
  }

  const paths = (libraries: PreloadedLibrary[]) => libraries.map(({ path }) => path)

  it('loads the libraries that the provider lacks, from the wheels of its version', async () => {
    const { before, loaded, after } = await run('preload', { python: python() })
    expect(before).toBe('ERR_CUDA_LIBRARY_NOT_FOUND')
    expect(paths(loaded)).toEqual([...CUDA_13.map(inCu13), join(site, 'nvidia', 'cudnn', 'lib', CUDNN)])
    for (const { name, path, ...rest } of loaded) {
      expect(rest).toEqual({ loaded: true })
      expect(name).toBe(basename(path))
    }
    // The provider itself loads now, and has the next thing to say.
    expect(after.code).toBe('ERR_CUDA_DRIVER_VERSION')
  })

  it('selects the version that the provider needs', async () => {
    const { before, loaded, after } = await run('preload', { python: site }, ort[12])
    expect(before).toBe('ERR_CUDA_LIBRARY_NOT_FOUND')
    const expected = Object.entries(FOLDERS_12).map(([name, folder]) =>
      join(site, 'nvidia', folder, 'lib', name),
    )
    expect(paths(loaded).slice(0, -1)).toEqual(expected)
    expect(after.code).toBe('ERR_CUDA_DRIVER_VERSION')
  })

  it('selects the given version', async () => {
    const { before, loaded, after } = await run('preload', { python: site, cuda: 12, cudnn: false })
    expect(before).toBe('ERR_CUDA_LIBRARY_NOT_FOUND')
    expect(loaded.map(({ name }: PreloadedLibrary) => name)).toEqual(Object.keys(FOLDERS_12))
    // Which is not what this provider wants.
    expect(after).toMatchObject({
      code: 'ERR_CUDA_VERSION',
      expected: 'libcublasLt.so.13',
      given: 'libcublasLt.so.12',
    })
  })

  it('selects the newest installed version if the provider needs none', async () => {
    const none = ortFolder(real)
    const newest = await run('only', { python: site, cudnn: false }, none)
    expect(newest[0].path).toBe(inCu13('libcudart.so.13'))
    const old = newFolder()
    for (const name of Object.keys(FOLDERS_12)) stub(old, name)
    expect(paths(await run('only', { directories: [old], cudnn: false }, none))).toEqual(
      Object.keys(FOLDERS_12).map((name) => join(old, name)),
    )
  })

  it('searches the given folders, then the wheels, then the paths of the system', async () => {
    const first = newFolder()
    stub(first, 'libcudart.so.13')
    const systems = newFolder()
    const nothing = newFolder()
    for (const name of ['libcufft.so.12', CUDNN]) stub(systems, name)
    const directories = [nothing, first]
    const partial = join(newFolder(), 'site-packages')
    for (const name of CUDA_13.slice(0, -1)) stub(join(partial, 'nvidia', 'cu13', 'lib'), name)
    const loaded = await run('only', { directories, python: partial }, ort[13], [systems])
    expect(paths(loaded)).toEqual([
      join(first, 'libcudart.so.13'),
      ...CUDA_13.slice(1, -1).map((name) => join(partial, 'nvidia', 'cu13', 'lib', name)),
      'libcufft.so.12',
      CUDNN,
    ])
  })

  it('asks a Python executable for the folder of its packages', async () => {
    const executable = join(newFolder(), 'python')
    writeFileSync(executable, `#!/bin/sh\necho '${JSON.stringify(['/nowhere', site])}'\n`)
    chmodSync(executable, 0o755)
    const loaded = await run('only', { python: executable, cuda: 13, cudnn: true })
    expect(paths(loaded)).toEqual([...CUDA_13.map(inCu13), join(site, 'nvidia', 'cudnn', 'lib', CUDNN)])
  })

  it('succeeds without cuDNN, cuFFT and NVRTC, unless cuDNN is required', async () => {
    const folder = newFolder()
    for (const name of NEEDED[13]) stub(folder, name)
    const { loaded, after } = await run('preload', { directories: [folder] })
    const missing = loaded.filter((library: PreloadedLibrary) => !library.loaded)
    expect(missing).toMatchObject(
      ['libnvrtc.so.13', 'libcufft.so.12', CUDNN].map((name) => ({
        name,
        path: name,
        reason: expect.stringContaining(`${join(folder, name)}: no such file`),
      })),
    )
    expect(after.code).toBe('ERR_CUDA_DRIVER_VERSION')

    const error = await run('only', { directories: [folder], cudnn: true })
    expect(error).toMatchObject({ code: 'ERR_CUDA_LIBRARY_NOT_FOUND', expected: CUDNN })
    expect(error.message).toContain(`${join(folder, CUDNN)}: no such file`)
  })

  it('loads cuDNN alone', async () => {
    const loaded = await run('only', { python: site, cuda: false })
    expect(loaded.map(({ name }: PreloadedLibrary) => name)).toEqual([CUDNN])
    expect(await run('only', { cuda: false, cudnn: false })).toEqual([])
  })

  it('reports every path at which it searched for a missing library', async () => {
    const folder = newFolder()
    for (const name of CUDA_13.slice(0, 2)) stub(folder, name)
    writeFileSync(join(folder, 'libcublas.so.13'), 'no library')
    const empty = join(newFolder(), 'site-packages')
    mkdirSync(empty)
    const { loaded, after } = await run('preload', { directories: [folder], python: empty })
    expect(loaded).toMatchObject({ code: 'ERR_CUDA_LIBRARY_NOT_FOUND', expected: 'libcublas.so.13' })
    for (const part of [
      `${join(folder, 'libcublas.so.13')}: ${join(folder, 'libcublas.so.13')}: `,
      `${join(empty, 'nvidia', 'cu13', 'lib', 'libcublas.so.13')}: no such file`,
      `${join(empty, 'nvidia', 'cublas', 'lib', 'libcublas.so.13')}: no such file`,
      'libcublas.so.13: libcublas.so.13: cannot open shared object file',
    ]) {
      expect(loaded.message).toContain(part)
    }
    // What was loaded stays: the next library is missing now.
    expect(after).toMatchObject({ code: 'ERR_CUDA_LIBRARY_NOT_FOUND', expected: 'libcublas.so.13' })
  })

  it.each([
    [{ directories: '/usr/lib' }, 'ERR_INVALID_ARG_TYPE', 'directories'],
    [{ cuda: 11 }, 'ERR_INVALID_ARG_VALUE', '12 or 13'],
    [{ cudnn: 9 }, 'ERR_INVALID_ARG_TYPE', 'cudnn'],
    [{ python: 3 }, 'ERR_INVALID_ARG_TYPE', 'python'],
    [{ python: '/nowhere/python' }, 'ERR_INVALID_ARG_VALUE', '/nowhere/python'],
    [{ python: '/tmp' }, 'ERR_INVALID_ARG_VALUE', 'site-packages'],
    [{ directory: '/usr/lib' }, 'ERR_UNKNOWN_OPTION', "Did you mean 'directories'?"],
  ])('refuses %j', async (options, code, says) => {
    const error = await run('only', options)
    expect(error).toMatchObject({ code })
    expect(error.message).toContain(says)
  })
})
