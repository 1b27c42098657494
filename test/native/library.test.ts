import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runScript } from './child'
import { compile, hasCompiler, initializeWith, link, real, report } from './library-child'
import { copyPackage, temporaryFolder } from './package-copy'

const installed = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
const missing = '/nowhere/libonnxruntime.so'
const fakeSource = fileURLToPath(new URL('fixtures/fake-library.c', import.meta.url))

const REMEDY =
  'Install onnxruntime-node beside this package or the main script, or name a library by initialize({ libraryPath }) or ORT_DYLIB_PATH'

describe("ONNX Runtime's library", () => {
  it('is that of onnxruntime-node by default', async () => {
    const { result } = await report(['initialize'])
    const root = dirname(installed)
    expect(result).toMatchObject({ engine: 'native', version: '1.30.0' })
    expect(result.libraryPath.startsWith(root)).toBe(true)
    expect(result.availableProviders).toContain('CPUExecutionProvider')
  })

  it('is that of ORT_DYLIB_PATH before that of onnxruntime-node', async () => {
    const path = link('from-environment.so')
    expect(await initializeWith({}, { ORT_DYLIB_PATH: path })).toMatchObject({ libraryPath: path })
  })

  it('is that of libraryPath before that of ORT_DYLIB_PATH', async () => {
    const path = link('from-option.so')
    const options = { libraryPath: path }
    expect(await initializeWith(options, { ORT_DYLIB_PATH: missing })).toMatchObject({ libraryPath: path })
  })

  it('is found by sessions that are created at once', async () => {
    expect((await report(['firstCreatesAtOnce'])).result).toEqual(Array(4).fill('native'))
  })
})

/** A copy of the package without onnxruntime-node, the real one in another folder, and a script there that uses the copy. */
function scriptElsewhere() {
  const root = dirname(copyPackage('library.mjs', { addon: true }))
  const folder = temporaryFolder()
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  symlinkSync(root, join(modules, 'onnxruntime-iobinding'), 'junction')
  symlinkSync(dirname(installed), join(modules, 'onnxruntime-node'), 'junction')
  const script = join(folder, 'main.mjs')
  writeFileSync(script, `import 'onnxruntime-iobinding'\n${readFileSync(join(root, 'library.mjs'), 'utf8')}`)
  return { root, folder, script }
}

describe('the search for onnxruntime-node', () => {
  const engines = ['native', 'onnxruntime-node']
  it.each(engines)('starts at the main script, an ES module, for the %s engine', async (engine) => {
    const { script } = scriptElsewhere()
    const env = { ORT_DYLIB_PATH: undefined, ONNXRUNTIME_IOBINDING_ENGINE: engine }
    const { stdout } = await runScript(script, ['create'], { env, cwd: temporaryFolder() })
    expect(JSON.parse(stdout)).toBe(engine)
    const link = join(temporaryFolder(), 'linked.mjs')
    symlinkSync(script, link)
    expect(JSON.parse((await runScript(link, ['create'], { env, cwd: temporaryFolder() })).stdout)).toBe(
      engine,
    )
  })

  it.each(engines)('omits the working directory, for the %s engine', async (engine) => {
    const { root, folder } = scriptElsewhere()
    const env = { ORT_DYLIB_PATH: undefined, ONNXRUNTIME_IOBINDING_ENGINE: engine }
    const { stdout } = await runScript(join(root, 'library.mjs'), ['create'], { env, cwd: folder })
    expect(JSON.parse(stdout)).toMatchObject({ code: 'ERR_LIBRARY_NOT_FOUND' })
    expect(stdout).not.toContain(folder)
  })

  it.each(engines)(
    'continues beyond this package and a copy without a library, for the %s engine',
    async (engine) => {
      const { root, folder, script } = scriptElsewhere()
      const inner = join(folder, 'inner', 'node_modules', 'onnxruntime-node')
      mkdirSync(inner, { recursive: true })
      writeFileSync(join(inner, 'package.json'), '{ "name": "onnxruntime-node", "version": "1.30.0" }')
      const nested = join(folder, 'inner', 'main.mjs')
      copyFileSync(script, nested)
      symlinkSync(root, join(root, 'node_modules', 'onnxruntime-node'), 'junction')
      const env = { ORT_DYLIB_PATH: undefined, ONNXRUNTIME_IOBINDING_ENGINE: engine }
      const { stdout } = await runScript(nested, ['create'], { env, cwd: temporaryFolder() })
      expect(JSON.parse(stdout)).toBe(engine)
    },
  )

  it('is the same for the doctor', async () => {
    const { root, folder } = scriptElsewhere()
    const link = join(folder, 'node_modules', 'onnxruntime-iobinding.js')
    symlinkSync(join(root, 'dist', 'tools', 'cli', 'cli.js'), link)
    const options = { env: { ORT_DYLIB_PATH: undefined }, cwd: temporaryFolder() }
    const { stdout } = await runScript(link, ['doctor', '--json'], options)
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] }
    const status = Object.fromEntries(checks.map((check) => [check.name, check.status]))
    expect(status).toMatchObject({ onnxruntime: 'ok', 'onnxruntime-node': 'ok', 'run-cpu': 'ok' })
  })
})

describe('a library that cannot be opened', () => {
  it.each([
    ['libraryPath', { libraryPath: missing }, {}],
    ['ORT_DYLIB_PATH', {}, { ORT_DYLIB_PATH: missing }],
  ])('is reported if it is missing at the path of %s', async (source, options, env) => {
    const error = await initializeWith(options, env)
    expect(error).toMatchObject({ name: 'Error', code: 'ERR_LIBRARY_NOT_FOUND', remedy: REMEDY })
    expect(error.message).toContain(`${missing} (${source}): `)
    expect(error.message).toContain('1.24')
    expect(error.message).toContain(REMEDY)
  })

  it.each(['create', 'allocate'])('makes %s fail', async (scenario) => {
    const { result } = await report([scenario], { ORT_DYLIB_PATH: missing })
    expect(result).toMatchObject({ code: 'ERR_LIBRARY_NOT_FOUND', remedy: REMEDY })
    expect(result.message).toContain(missing)
  })

  it('is reported if onnxruntime-node is not installed', async () => {
    const script = copyPackage('library.mjs', { addon: true })
    const { result } = await report(['create'], {}, script)
    expect(result).toMatchObject({ code: 'ERR_LIBRARY_NOT_FOUND', remedy: REMEDY })
    for (const from of [join('dist', 'library.js'), 'library.mjs']) {
      expect(result.message).toContain(`as required from ${join(dirname(script), from)}: not installed`)
    }
  })

  it('is reported if onnxruntime-node has none for this platform', async () => {
    const script = copyPackage('library.mjs', { addon: true })
    const empty = join(dirname(script), 'node_modules', 'onnxruntime-node')
    mkdirSync(empty)
    writeFileSync(join(empty, 'package.json'), '{ "version": "1.30.0" }')
    const { result } = await report(['create'], {}, script)
    expect(result).toMatchObject({ code: 'ERR_LIBRARY_NOT_FOUND' })
    expect(result.message).toContain(join(empty, 'bin', 'napi-v6', process.platform, process.arch))
  })

  it.each([
    ['not a library', () => fakeSource],
    ['a folder', () => temporaryFolder()],
    ['empty', () => ''],
  ])('is reported if it is %s', async (_, path) => {
    const libraryPath = path()
    const error = await initializeWith({ libraryPath })
    expect(error.code).toMatch(/^ERR_(LIBRARY_NOT_FOUND|LIBRARY_INVALID|INVALID_ARG_VALUE)$/)
    expect(error.message).toContain(libraryPath)
  })

  it.skipIf(process.platform === 'win32')(
    'is reported if it is a FIFO, which no other process writes',
    async () => {
      const libraryPath = join(temporaryFolder(), 'libonnxruntime.so')
      execFileSync('mkfifo', [libraryPath])
      const error = await initializeWith({ libraryPath })
      expect(error).toMatchObject({ code: 'ERR_LIBRARY_NOT_FOUND' })
      expect(error.message).toContain(`${libraryPath}: not a regular file`)
    },
  )

  const note = hasCompiler() ? '' : ' (skipped: there is no C compiler)'
  describe.skipIf(!hasCompiler())(`a compiled library that cannot be opened${note}`, () => {
    it('is reported if it has no OrtGetApiBase', async () => {
      const libraryPath = compile('-x', 'c', '/dev/null')
      const error = await initializeWith({ libraryPath })
      expect(error).toMatchObject({ code: 'ERR_LIBRARY_INVALID', remedy: REMEDY })
      expect(error.message).toContain(`${libraryPath} (libraryPath): the library has no OrtGetApiBase`)
    })

    it.each(['1.20.0', '1.23.2', '2.0.0', '0.9', 'unknown', '', '1.24.0'])(
      'is reported if its version is "%s"',
      async (version) => {
        const libraryPath = compile(`-DVERSION="${version}"`, fakeSource)
        const error = await initializeWith({ libraryPath })
        expect(error).toMatchObject({ code: 'ERR_LIBRARY_VERSION', remedy: REMEDY })
        expect(error.message).toContain(`${libraryPath} (libraryPath): ONNX Runtime ${version} was found`)
        expect(error.message).toContain('1.24 or newer')
      },
    )
  })

  it('allows the process to open another', async () => {
    expect((await report(['afterFailure'])).result).toEqual(['ERR_LIBRARY_NOT_FOUND', 'native', 'native'])
  })
})

describe('initialize', () => {
  it('is refused when the engine is open', async () => {
    const [first, error, now] = (await report(['twice'])).result
    expect(error).toMatchObject({ name: 'Error', code: 'ERR_ALREADY_INITIALIZED' })
    expect(now).toEqual(first)
    expect((await report(['afterSession'])).result).toMatchObject({ code: 'ERR_ALREADY_INITIALIZED' })
  })

  it('is refused in a worker that names another library', async () => {
    const path = link('another.so')
    const { result } = await report(['workerOfOtherLibrary', path])
    expect(result).toMatchObject({ code: 'ERR_LIBRARY_CONFLICT' })
    for (const part of [path, real, '1.30.0']) expect(result.message).toContain(part)
  })

  it.each([
    [{ libraryPath: 3 }, 'ERR_INVALID_ARG_TYPE'],
    [{ logLevel: 'loud' }, 'ERR_INVALID_ARG_VALUE'],
    [{ onLog: 'stderr' }, 'ERR_INVALID_ARG_TYPE'],
    [{ library: real }, 'ERR_UNKNOWN_OPTION'],
  ])('is refused with %j', async (options, code) => {
    expect(await initializeWith(options)).toMatchObject({ code })
  })
})

describe('ONNXRUNTIME_IOBINDING_ENGINE', () => {
  it('is refused if it is not the name of an engine', async () => {
    const { result } = await report(['create'], { ONNXRUNTIME_IOBINDING_ENGINE: 'tensorflow' })
    expect(result).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    for (const part of ['ONNXRUNTIME_IOBINDING_ENGINE', "'native' or 'onnxruntime-node'", "'tensorflow'"]) {
      expect(result.message).toContain(part)
    }
  })

  it.each([undefined, '', 'native'])('selects the addon if it is %j', async (value) => {
    expect((await report(['create'], { ONNXRUNTIME_IOBINDING_ENGINE: value })).result).toBe('native')
  })
})
