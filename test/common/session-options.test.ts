import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, oneNode, tensor, value } from '../helpers/model-builder.mjs'
import { decode } from '../helpers/onnx-proto.mjs'
import { float32 } from '../helpers/values.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'options-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

const create = (bytes: Uint8Array | string, options: unknown) =>
  createSession(bytes, options as SessionOptions)

/** Operators of a model whose sum of constants ONNX Runtime folds, and whose Identity it leaves out. */
async function optimized(options: SessionOptions): Promise<string[]> {
  const optimizedModelFilePath = join(dir, 'optimized.onnx')
  const unoptimized = model({
    inputs: [value('x', 'float32', [1])],
    outputs: [value('y', 'float32', [1])],
    nodes: [
      node('Add', ['one', 'one'], ['two']),
      node('Identity', ['x'], ['same']),
      node('Mul', ['same', 'two'], ['y']),
    ],
    initializers: [tensor('one', 'float32', [1], [1])],
  })
  await using session = await create(unoptimized, { ...options, optimizedModelFilePath, logSeverityLevel: 3 })
  expect((await session.run({ x: float32([3]) })).y!.data).toEqual(Float32Array.of(6))
  const bytes = readFileSync(optimizedModelFilePath)
  // The identifier of the flat file of ONNX Runtime's own format.
  if (bytes.toString('latin1', 4, 8) === 'ORTM') return ['ORTM']
  return decode('ModelProto', bytes).graph.node.map(({ opType }: { opType: string }) => opType)
}

describe('session options', () => {
  test('graphOptimizationLevel changes the model written to optimizedModelFilePath', async () => {
    expect(await optimized({ graphOptimizationLevel: 'disabled' })).toEqual(['Add', 'Identity', 'Mul'])
    for (const graphOptimizationLevel of ['basic', 'extended', 'layout', 'all'] as const) {
      expect(await optimized({ graphOptimizationLevel })).toEqual(['Mul'])
    }
    expect(await optimized({})).toEqual(['Mul'])
  })

  test.each([
    { session: { save_model_format: 'ORT' } },
    { 'session.save_model_format': 'ORT' },
    { session: { save_model_format: 'ORT', intra_op: { allow_spinning: false } } },
  ])('extra: %j', async (extra) => {
    expect(await optimized({ extra })).toEqual(['ORTM'])
  })

  test.skipIf(isNative)(
    'extra: onnxruntime-node would change the arithmetic of JavaScript itself',
    async () => {
      const extra = { session: { set_denormal_as_zero: '1' } }
      await expectError(() => create(mlp(), { extra }), 'ERR_NOT_SUPPORTED', { says: 'set_denormal_as_zero' })
      await using session = await create(mlp(), { extra: { session: { set_denormal_as_zero: '0' } } })
      expect(session.inputNames).toEqual(['x'])
    },
  )

  test('extra reaches ONNX Runtime, which refuses an invalid value', async () => {
    const extra = { session: { intra_op_thread_affinities: 'nonsense' } }
    await expectError(() => create(oneNode(), { extra, intraOpNumThreads: 2 }), /^ERR_ORT_/, {
      says: 'ThreadAffinity',
    })
  })

  test('freeDimensionOverrides fixes symbolic dimensions', async () => {
    if (!isNative) {
      // onnxruntime-node would take it, and do nothing with it.
      const given = { freeDimensionOverrides: { batch: 2 } }
      await expectError(() => create(mlp(), given), 'ERR_NOT_SUPPORTED', { says: 'freeDimensionOverrides' })
      return
    }
    await using session = await create(mlp(), { freeDimensionOverrides: { batch: 2 } })
    expect(session.inputMetadata).toMatchObject([{ shape: [2, 128] }])
    expect(session.outputMetadata).toMatchObject([{ shape: [2, 128] }])
    expect((await session.run({ x: float32(new Float32Array(256), [2, 128]) })).y!.dims).toEqual([2, 128])
    const x = float32(new Float32Array(128), [1, 128])
    await expectError(() => session.run({ x }), 'ERR_SHAPE_MISMATCH', {
      type: RangeError,
      says: ['[2, 128]', '[1, 128]'],
    })
    // Every shape follows from the model now.
    using binding = session.createIoBinding()
    expect(binding.inputs.x).toHaveLength(256)
    expect(binding.outputs.y).toHaveLength(256)
  })

  test('enableProfiling writes a profile with the prefix, whose path endProfiling returns', async () => {
    const prefix = join(dir, 'profile')
    const files = () => readdirSync(dir).filter((name) => name.startsWith('profile'))
    await using session = await create(oneNode(), { enableProfiling: true, profileFilePrefix: prefix })
    await session.run({ x: float32([1]) })
    const path = session.endProfiling()
    const [file] = files()
    // onnxruntime-node does not tell the path.
    expect(path).toBe(isNative ? join(dir, file!) : '')
    expect(JSON.parse(readFileSync(join(dir, file!), 'utf8'))).toContainEqual(
      expect.objectContaining({ name: 'session_initialization' }),
    )
    await using _quiet = await create(oneNode(), { enableProfiling: false, profileFilePrefix: prefix })
    expect(files()).toHaveLength(1)
  })

  test.runIf(isNative)('endProfiling names no file that is not there', async () => {
    const here = process.cwd()
    await using session = await create(oneNode(), { enableProfiling: true })
    process.chdir(dir)
    const path = session.endProfiling()
    process.chdir(here)
    expect(JSON.parse(readFileSync(path, 'utf8'))).not.toEqual([])
    rmSync(path)
    await using _none = await create(oneNode(), {})
    expect(_none.endProfiling()).toBe('')
    const nowhere = join(dir, 'no', 'folder')
    await using unwritten = await create(oneNode(), { enableProfiling: true, profileFilePrefix: nowhere })
    await expectError(() => unwritten.endProfiling(), 'ERR_INVALID_ARG_VALUE', { says: nowhere })
  })

  test.skipIf(process.platform !== 'linux')(
    'intraOpNumThreads sets the number of threads (of Linux’s list)',
    async () => {
      // Run threads start and end by themselves.
      const others = (id: string) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8') !== 'ort-io-run\n'
      const threads = () => readdirSync('/proc/self/task').filter(others).length
      // Whatever else has threads in the process starts them with the first session.
      await using _first = await create(mlp(), { intraOpNumThreads: 1 })
      const before = threads()
      await using _one = await create(mlp(), { intraOpNumThreads: 1 })
      const withOne = threads()
      await using _four = await create(mlp(), { intraOpNumThreads: 4 })
      expect(threads() - withOne).toBe(withOne - before + 3)
    },
  )

  test('options without a visible effect are accepted', async () => {
    await using session = await create(oneNode(), {
      executionMode: 'parallel',
      executionProviders: [{ name: 'cpu', useArena: false }],
      intraOpNumThreads: 2,
      interOpNumThreads: 2,
      enableCpuMemArena: false,
      enableMemPattern: false,
      enableGraphCapture: false,
      logId: 'options',
      logSeverityLevel: 3,
      logVerbosityLevel: 0,
      preferredOutputLocation: 'cpu',
      inlineRunBelowUs: 0,
      runThreadSpinUs: 0,
      pollEventLoopUs: 0,
      externalData: undefined,
    })
    for (let i = 0; i < 4; ++i) {
      expect((await session.run({ x: float32([i]) })).y!.data).toEqual(Float32Array.of(i + 1))
    }
    await using other = await create(oneNode(), {
      preferredOutputLocation: { y: 'cpu-pinned' },
      inlineRunBelowUs: 1e6,
    })
    expect((await other.run({ x: float32([1]) })).y!.data).toEqual(Float32Array.of(2))
  })
})

describe('an invalid session option', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const bad: [Record<string, unknown>, string, new () => Error, ...string[]][] = [
    [{ execututionMode: 'parallel' }, 'ERR_UNKNOWN_OPTION', Error, "'execututionMode'", 'executionMode'],
    [{ intraOpNumThreads: '4' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'intraOpNumThreads'", "'4'"],
    [{ intraOpNumThreads: -1 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'intraOpNumThreads'", '-1'],
    [{ interOpNumThreads: 1.5 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'interOpNumThreads'", '1.5'],
    [
      { graphOptimizationLevel: 'most' },
      'ERR_INVALID_ARG_VALUE',
      TypeError,
      "'graphOptimizationLevel'",
      'extended',
    ],
    [{ graphOptimizationLevel: 'toString' }, 'ERR_INVALID_ARG_VALUE', TypeError, "'graphOptimizationLevel'"],
    [{ executionMode: 1 }, 'ERR_INVALID_ARG_VALUE', TypeError, "'executionMode'", 'parallel'],
    [{ enableCpuMemArena: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'enableCpuMemArena'"],
    [{ enableMemPattern: 'no' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'enableMemPattern'"],
    [{ enableProfiling: 'yes' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'enableProfiling'"],
    [{ profileFilePrefix: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'profileFilePrefix'"],
    [{ optimizedModelFilePath: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'optimizedModelFilePath'"],
    [{ logId: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'logId'"],
    [{ logSeverityLevel: 5 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'logSeverityLevel'"],
    [{ logVerbosityLevel: -1 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'logVerbosityLevel'"],
    [{ freeDimensionOverrides: 3 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'freeDimensionOverrides'"],
    [{ freeDimensionOverrides: { batch: '1' } }, 'ERR_INVALID_ARG_TYPE', TypeError, "'batch'"],
    [{ freeDimensionOverrides: { batch: -1 } }, 'ERR_INVALID_ARG_VALUE', RangeError, "'batch'"],
    [
      { preferredOutputLocation: 'gpu-buffer' },
      'ERR_NOT_SUPPORTED',
      Error,
      "'preferredOutputLocation'",
      'gpu-buffer',
    ],
    [{ preferredOutputLocation: { y: 'gpu-buffer' } }, 'ERR_NOT_SUPPORTED', Error, 'gpu-buffer'],
    [{ preferredOutputLocation: { y: 'texture' } }, 'ERR_NOT_SUPPORTED', Error, "'preferredOutputLocation'"],
    [{ preferredOutputLocation: 'ml-tensor' }, 'ERR_NOT_SUPPORTED', Error, "'cpu-pinned'", "'ml-tensor'"],
    [{ preferredOutputLocation: 'gpu' }, 'ERR_INVALID_ARG_VALUE', TypeError, "'gpu-buffer'", "'gpu'"],
    [{ preferredOutputLocation: ['cpu'] }, 'ERR_INVALID_ARG_VALUE', TypeError, "'preferredOutputLocation'"],
    [{ preferredOutputLocation: { y: 1 } }, 'ERR_INVALID_ARG_VALUE', TypeError, 'got 1'],
    [{ preferredOutputLocation: { z: 'cpu' } }, 'ERR_UNKNOWN_OUTPUT', RangeError, "'z'", "'y'"],
    [{ enableGraphCapture: true }, 'ERR_NOT_SUPPORTED', Error, "'enableGraphCapture'"],
    [{ enableGraphCapture: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'enableGraphCapture'"],
    [
      { enableGraphCapture: true, executionProviders: ['cpu'] },
      'ERR_NOT_SUPPORTED',
      Error,
      "'enableGraphCapture'",
    ],
    [{ externalData: 'weights.bin' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'externalData'"],
    [{ externalData: [{ path: 'a', data: 'b' }] }, 'ERR_INVALID_ARG_TYPE', TypeError, "'externalData'"],
    [{ externalData: ['weights.bin'] }, 'ERR_INVALID_ARG_TYPE', TypeError, "'externalData'"],
    [{ extra: 'x' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'extra'"],
    [{ extra: { session: { list: [1] } } }, 'ERR_INVALID_ARG_TYPE', TypeError, "'session.list'"],
    [{ extra: cyclic }, 'ERR_INVALID_ARG_VALUE', TypeError, "'extra'"],
    [{ inlineRunBelowUs: -1 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'inlineRunBelowUs'"],
    [{ runThreadSpinUs: '1' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'runThreadSpinUs'"],
    [{ pollEventLoopUs: 2e6 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'pollEventLoopUs'"],
    [{ concurrentRuns: 0 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'concurrentRuns'"],
    [{ concurrentRuns: 'all' }, 'ERR_INVALID_ARG_VALUE', TypeError, "'concurrentRuns'"],
    [{ executionProviders: 'cpu' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'executionProviders'"],
    [{ executionProviders: ['coreml'] }, 'ERR_PROVIDER_UNAVAILABLE', Error, "'coreml'", "'cpu'"],
    [{ executionProviders: ['cpu', 'cpu'] }, 'ERR_INVALID_ARG_VALUE', Error, "'cpu'", 'more than once'],
    [{ executionProviders: ['cuda', { name: 'cuda' }] }, 'ERR_INVALID_ARG_VALUE', Error, "'cuda'"],
    [{ executionProviders: [{ name: 'tensorrt' }] }, 'ERR_PROVIDER_UNAVAILABLE', Error, "'tensorrt'"],
    [{ executionProviders: ['cpu', 'gpu'] }, 'ERR_UNKNOWN_PROVIDER', Error, "'gpu'", 'cuda'],
    [{ executionProviders: [1] }, 'ERR_UNKNOWN_PROVIDER', Error, '1'],
    [{ executionProviders: [{}] }, 'ERR_UNKNOWN_PROVIDER', Error, 'undefined'],
    [
      { executionProviders: ['CudaExecutionProvider', 'cpu'] },
      'ERR_UNKNOWN_PROVIDER',
      Error,
      "Did you mean 'cuda'?",
    ],
    [{ executionProviders: ['CPU'] }, 'ERR_UNKNOWN_PROVIDER', Error, "Did you mean 'cpu'?"],
    [
      { executionProviders: [{ name: 'cpu', arena: true }] },
      'ERR_UNKNOWN_OPTION',
      Error,
      "'arena'",
      'useArena',
    ],
    [{ executionProviders: [{ name: 'cpu', useArena: 1 }] }, 'ERR_INVALID_ARG_TYPE', TypeError, "'useArena'"],
  ]

  test.each(bad)('is refused: %o', async (options, code, type, ...says) => {
    await expectError(
      () => InferenceSession.create(oneNode(), options as SessionOptions),
      code as 'ERR_BUSY',
      { type, says },
    )
  })
})
