// Libraries of operators, of which cc makes one.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { afterAll, describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, value } from '../helpers/model-builder.mjs'
import { pythonTest, runPython } from '../helpers/python.ts'
import { float32 } from '../helpers/values.ts'

const root = resolve(import.meta.dirname, '..', '..')
const include = process.env.ONNXRUNTIME_INCLUDE_DIR ?? resolve(root, '..', 'shared', 'onnxruntime', 'include')
const hasHeader = existsSync(join(include, 'onnxruntime_c_api.h'))
const canCompile = hasHeader && process.platform !== 'win32' && spawnSync('cc', ['--version']).status === 0
const why = canCompile ? '' : ' (SKIPPED: needs cc and ONNXRUNTIME_INCLUDE_DIR)'

const dir = mkdtempSync(join(tmpdir(), 'custom-ops-'))
afterAll(() => rmSync(dir, { recursive: true }))

function compile(name: string, source: string): string {
  const path = join(dir, `${name}.so`)
  const { status, stderr } = spawnSync(
    'cc',
    ['-shared', '-fPIC', '-x', 'c', '-I', include, source, '-o', path],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  return path
}

function compileText(name: string, text: string): string {
  const source = join(dir, `${name}.c`)
  writeFileSync(source, text)
  return compile(name, source)
}

/** y = AddOne(x) */
const addOne = () =>
  model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('AddOne', ['x'], ['y'], {}, { domain: 'test.custom' })],
    domains: { 'test.custom': 1 },
  })

describe.runIf(canCompile)(`a library of operators${why}`, () => {
  test.each(runForms)('gives a model its operators: %s', async (_, run) => {
    const library = compile('ops', join(import.meta.dirname, 'custom-ops', 'library.c'))
    await using session = await InferenceSession.create(addOne(), { customOpLibraries: [library] })
    expect((await session.run({ x: float32([1, 2]) })).y!.data).toEqual(Float32Array.of(2, 3))
    using io = session.createIoBinding({ x: [2] })
    io.inputs.x.set([3, 4])
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(4, 5))
    // Again, and in a session beside it.
    await using other = await InferenceSession.create(addOne(), { customOpLibraries: [library] })
    expect((await other.run({ x: float32([5]) })).y!.data).toEqual(Float32Array.of(6))
  })

  pythonTest('gives what Python gives', async () => {
    const library = compile('python-ops', join(import.meta.dirname, 'custom-ops', 'library.c'))
    const path = join(dir, 'model.onnx')
    writeFileSync(path, addOne())
    const python = runPython(
      `options = ort.SessionOptions()
options.register_custom_ops_library(args[1])
session = ort.InferenceSession(args[0], options)
print(json.dumps(session.run(None, {'x': np.array([1.5, -2], np.float32)})[0].tolist()))`,
      path,
      library,
    )
    await using session = await InferenceSession.create(path, { customOpLibraries: [library] })
    const { y } = await session.run({ x: float32([1.5, -2]) })
    expect([...(y!.data as Float32Array)]).toEqual(python)
  })

  test('that cannot be used is an error with a remedy', async () => {
    const refused = (library: string, says: string[]) =>
      expectError(
        () => InferenceSession.create(addOne(), { customOpLibraries: [library] }),
        'ERR_CUSTOM_OP_LIBRARY',
        { says },
      )
    await refused(compileText('empty', 'int nothing;'), ['RegisterCustomOps'])
    const python = `extern int PyInstanceMethod_Type;
int* RegisterCustomOps(void) { return &PyInstanceMethod_Type; }`
    await refused(compileText('extension', python), ['PyInstanceMethod_Type', 'LD_PRELOAD', 'libpython'])
    const text = join(dir, 'text.so')
    writeFileSync(text, 'not a library')
    await refused(text, ['text.so'])
  })
})

/** y = AddRead(x), whose kernel reads EPContext data while the model loads */
const addRead = () =>
  model({
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
    nodes: [node('AddRead', ['x'], ['y'], {}, { domain: 'test.custom' })],
    domains: { 'test.custom': 1 },
  })

describe.runIf(canCompile)(`epContextDataRead${why}`, () => {
  const load = (callback: (name: string) => Uint8Array, options: SessionOptions = {}) =>
    InferenceSession.create(addRead(), {
      customOpLibraries: [compile('context', join(import.meta.dirname, 'custom-ops', 'context.c'))],
      epContextDataRead: { callback, maxDataSize: 8 },
      logSeverityLevel: 4,
      ...options,
    })

  test('gives the data while the model loads, and leaves the event loop free', async () => {
    const names: string[] = []
    await using session = await load((name) => {
      names.push(name)
      return new Uint8Array(Float32Array.of(0, 5, 0).buffer, 4, 8)
    })
    expect(names).toEqual(['numbers'])
    expect((await session.run({ x: float32([2]) })).y!.data).toEqual(Float32Array.of(7))
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no key')
      },
      'no key',
    ],
    [
      'throws an error without a message',
      () => {
        throw new Error()
      },
      'it threw',
    ],
    ['returns too much', () => new Uint8Array(9), 'maxDataSize'],
    ['returns no bytes of a Uint8Array', () => 'text' as never, 'a Uint8Array'],
    ['returns nothing', () => new Uint8Array(0), 'too few bytes'],
    [
      'returns a detached array',
      () => {
        const data = new Uint8Array(8)
        structuredClone(data, { transfer: [data.buffer] })
        return data
      },
      'detached',
    ],
  ])('fails the load where the callback %s', async (_, callback, says) => {
    await expectError(() => load(callback), /^ERR_ORT_/, { says })
  })

  test('ends a load that is canceled meanwhile', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const loading = load(
      () => {
        controller.abort(reason)
        return new Uint8Array(4)
      },
      { signal: controller.signal },
    )
    await expect(loading).rejects.toBe(reason)
  })
})

test.each([
  [7, 'ERR_INVALID_ARG_TYPE'],
  [{}, 'ERR_INVALID_ARG_TYPE'],
  [{ callback: 'read', maxDataSize: 1 }, 'ERR_INVALID_ARG_TYPE'],
  [{ callback: () => new Uint8Array(1) }, 'ERR_INVALID_ARG_TYPE'],
  [{ callback: () => new Uint8Array(1), maxDataSize: 0 }, 'ERR_INVALID_ARG_VALUE'],
] as const)('epContextDataRead: %j is refused', async (epContextDataRead, code) => {
  await expectError(() => InferenceSession.create(addOne(), { epContextDataRead } as never), code, {
    says: 'epContextDataRead',
  })
})

test('a library that does not exist, and no paths, are refused', async () => {
  const create = (customOpLibraries: unknown) =>
    InferenceSession.create(addOne(), { customOpLibraries } as never)
  await expectError(() => create(['no-such-library.so']), 'ERR_LIBRARY_NOT_FOUND', {
    says: resolve('no-such-library.so'),
  })
  await expectError(() => create('ops.so'), 'ERR_INVALID_ARG_TYPE', { says: 'customOpLibraries' })
  await expectError(() => create([7]), 'ERR_INVALID_ARG_TYPE', { says: 'customOpLibraries' })
})

test('an operator that nobody registered is an error that names the option', async () => {
  await expectError(() => InferenceSession.create(addOne()), /^ERR_ORT_/, {
    says: ['AddOne', 'customOpLibraries'],
  })
})
