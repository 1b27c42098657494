// Models that are compiled ahead of their sessions. The CPU provider compiles nothing: test/plugins has one that does.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type CompileOptions,
  compileModel,
  getEpDevices,
  InferenceSession,
  modelCompatibility,
} from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, pseudoRandom } from '../helpers/model-builder.mjs'
import { pythonTest, runPython } from '../helpers/python.ts'
import { float32 } from '../helpers/values.ts'

let dir: string
const at = (name: string) => join(dir, name)
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'compile-'))
  writeFileSync(at('mlp.onnx'), mlp())
})
afterAll(() => rmSync(dir, { recursive: true }))

const x = float32(pseudoRandom(2 * 128, 7), [2, 128])
async function result(model: string | Uint8Array): Promise<Float32Array> {
  await using session = await InferenceSession.create(model as string)
  return (await session.run({ x })).y!.data as Float32Array
}

describe.runIf(isNative)('compileModel', () => {
  test.each([
    ['bytes', () => mlp()],
    ['an ArrayBuffer', () => mlp().slice().buffer],
    ['a path', () => at('mlp.onnx')],
    ['a URL', () => pathToFileURL(at('mlp.onnx'))],
  ])('gives a model that computes the same, from %s', async (_, model) => {
    const compiled = await compileModel(model())
    expect(Object.prototype.toString.call(compiled)).toBe('[object Uint8Array]')
    expect(await result(compiled)).toEqual(await result(mlp()))
  })

  test('writes a file, by its path or URL', async () => {
    expect(await compileModel(mlp(), { to: at('path.onnx') })).toBeUndefined()
    await compileModel(at('mlp.onnx'), { to: pathToFileURL(at('url.onnx')) })
    await compileModel(at('mlp.onnx'), { to: pathToFileURL(at('text.onnx')).href })
    for (const name of ['path', 'url', 'text'])
      expect(await result(at(`${name}.onnx`))).toEqual(await result(mlp()))
  })

  test('optimizes up to the given level', async () => {
    const sizes = []
    for (const graphOptimizationLevel of ['disabled', 'extended'] as const)
      sizes.push((await compileModel(mlp(), { graphOptimizationLevel })).length)
    expect(sizes[0]).not.toBe(sizes[1])
    expect((await compileModel(mlp())).length).toBe(sizes[0])
  })

  test('writes initializers of what is not compiled into a file beside the model', async () => {
    const options = { to: at('small.onnx'), externalInitializersFile: 'weights.bin' }
    await compileModel(mlp(), { ...options, externalInitializersSizeThreshold: 64 })
    expect(statSync(at('small.onnx')).size).toBeLessThan(mlp().length / 2)
    expect(statSync(at('weights.bin')).size).toBeGreaterThan(mlp().length / 2)
    expect(await result(at('small.onnx'))).toEqual(await result(mlp()))
    // All of them are below the threshold.
    const all = { ...options, to: at('all.onnx'), externalInitializersSizeThreshold: mlp().length }
    await compileModel(mlp(), all)
    expect(statSync(at('all.onnx')).size).toBeGreaterThan(mlp().length / 2)
  })

  test('fixes dimensions', async () => {
    const compiled = await compileModel(mlp(), { freeDimensionOverrides: { batch: 2 } })
    await using session = await InferenceSession.create(compiled)
    expect(session.inputTypes[0]!.shape).toEqual([2, 128])
  })

  test('does not read bytes that change after the call', async () => {
    const bytes = mlp().slice()
    const compiling = compileModel(bytes)
    bytes.fill(0)
    expect(await result(await compiling)).toEqual(await result(mlp()))
    const taken = mlp().slice()
    const transferring = compileModel(taken, { transfer: true })
    expect(taken.length).toBe(0)
    expect(await result(await transferring)).toEqual(await result(mlp()))
  })

  test('fails where nothing is compiled, or the file exists, if an option asks for it', async () => {
    const nothing = () => compileModel(mlp(), { errorIfNoNodesCompiled: true })
    await expectError(nothing, 'ERR_NOT_COMPILED', { says: ['errorIfNoNodesCompiled', "'cpu'"] })
    writeFileSync(at('there.onnx'), 'mine')
    const exists = () => compileModel(mlp(), { to: at('there.onnx'), errorIfOutputFileExists: true })
    await expectError(exists, 'ERR_FILE_EXISTS', { says: [at('there.onnx'), 'errorIfOutputFileExists'] })
    expect(readFileSync(at('there.onnx'), 'utf8')).toBe('mine')
    await compileModel(mlp(), { to: at('there.onnx') })
    expect(await result(at('there.onnx'))).toEqual(await result(mlp()))
  })

  test('is canceled by a signal', async () => {
    const aborted = () => compileModel(mlp(), { signal: AbortSignal.abort(new Error('no more')) })
    await expect(aborted()).rejects.toThrow('no more')
    const controller = new AbortController()
    const compiling = compileModel(mlp(), { signal: controller.signal })
    controller.abort(new Error('too late'))
    await expect(compiling).rejects.toThrow('too late')
  })

  test.each([
    [{ nonsense: 1 }, 'ERR_UNKNOWN_OPTION'],
    [{ warmup: {} }, 'ERR_UNKNOWN_OPTION'],
    [{ executionProviders: ['nonsense'] }, 'ERR_UNKNOWN_PROVIDER'],
    [{ to: '' }, 'ERR_INVALID_ARG_VALUE'],
    [{ to: 3 }, 'ERR_INVALID_ARG_TYPE'],
    [{ to: 'https://example.com/m.onnx' }, /^ERR_ORT_|ERR_INVALID/],
    [{ to: new URL('https://example.com/m.onnx') }, 'ERR_INVALID_ARG_VALUE'],
    [{ to: tmpdir() }, 'ERR_INVALID_ARG_VALUE'],
    [{ weightless: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
    [{ externalInitializersSizeThreshold: -1 }, 'ERR_INVALID_ARG_VALUE'],
    [{ epContextBinary: 'here' }, 'ERR_INVALID_ARG_TYPE'],
    [{ epContextBinary: { directory: 'a' } }, 'ERR_INVALID_ARG_TYPE'],
    [{ graphOptimizationLevel: 'much' }, 'ERR_INVALID_ARG_VALUE'],
  ] as const)('refuses %o', async (options, code) => {
    await expectError(() => compileModel(mlp(), options as unknown as CompileOptions), code)
  })

  test('takes options that are undefined or null for absent', async () => {
    const absent = { to: undefined, epContextBinary: null, executionProviders: undefined, weightless: null }
    expect((await compileModel(mlp(), absent as unknown as { to: undefined })).length).toBeGreaterThan(0)
    expect((await compileModel(mlp(), undefined)).length).toBeGreaterThan(0)
  })

  test('reports what is not a model, and a folder that does not exist', async () => {
    await expectError(() => compileModel(new Uint8Array(10)), /^ERR_ORT_/)
    await expectError(() => compileModel(at('none.onnx')), /^ERR_ORT_/, { says: 'none.onnx' })
    await expectError(() => compileModel(3 as never), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => compileModel(mlp(), 3 as never), 'ERR_INVALID_ARG_TYPE')
    const nowhere = () => compileModel(mlp(), { to: join(dir, 'nowhere', 'm.onnx') })
    await expectError(nowhere, /^ERR_/)
    expect(existsSync(join(dir, 'nowhere'))).toBe(false)
  })

  pythonTest("computes as Python's ModelCompiler's", async () => {
    await compileModel(mlp(), { to: at('ours.onnx') })
    const program = `
ort.ModelCompiler(ort.SessionOptions(), args[0]).compile_to_file(args[1])
x = np.array(json.loads(args[3]), np.float32).reshape(2, 128)
print(json.dumps(ort.InferenceSession(args[2]).run(None, {'x': x})[0].ravel().tolist()))`
    const theirs = runPython(
      program,
      at('mlp.onnx'),
      at('theirs.onnx'),
      at('ours.onnx'),
      JSON.stringify([...(x.data as Float32Array)]),
    )
    expect(Float32Array.from(theirs as number[])).toEqual(await result(mlp()))
    expect(await result(at('theirs.onnx'))).toEqual(await result(mlp()))
  })
})

describe.runIf(isNative)('modelCompatibility', () => {
  const cpu = () => getEpDevices().filter(({ provider }) => provider === 'CPUExecutionProvider')

  test('is not applicable to a model that was not compiled, nor to a provider that does not compile', async () => {
    for (const model of [mlp(), at('mlp.onnx'), pathToFileURL(at('mlp.onnx'))])
      expect(await modelCompatibility(model, cpu())).toEqual({ status: 'not-applicable' })
    const info = 'of another call'
    expect(await modelCompatibility({ info }, cpu())).toEqual({ status: 'not-applicable', info })
  })

  test('is refused for what is not a model, and without devices', async () => {
    await expectError(() => modelCompatibility(at('none.onnx'), cpu()), /^ERR_ORT_/)
    await expectError(() => modelCompatibility(new Uint8Array(9).fill(255), cpu()), /^ERR_ORT_/)
    await expectError(() => modelCompatibility(mlp(), []), 'ERR_INVALID_ARG_VALUE', { says: 'devices' })
    await expectError(() => modelCompatibility(mlp(), [{}] as never), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => modelCompatibility(mlp(), null as never), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => modelCompatibility({ info: 3 } as never, cpu()), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => modelCompatibility(3 as never, cpu()), 'ERR_INVALID_ARG_TYPE')
  })
})

test.skipIf(isNative)('onnxruntime-node compiles nothing', async () => {
  await expectError(() => compileModel(mlp()), 'ERR_NOT_SUPPORTED', { says: 'compileModel' })
  await expectError(() => modelCompatibility(mlp(), []), 'ERR_NOT_SUPPORTED')
})
