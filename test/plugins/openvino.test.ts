import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileModel, InferenceSession, initialize, initialized, OrtValue } from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, pseudoRandom, value } from '../helpers/model-builder.mjs'
import { expectTensor, float32 } from '../helpers/values.ts'
import { findWheels } from './wheels.mjs'

// OpenVINO built into ONNX Runtime's library, on any CPU of x64.

const wheels = findWheels()
const reason = 'reason' in wheels ? wheels.reason : undefined

describe.skipIf(reason !== undefined)(`OpenVINO built in${reason ? ` (skipped: ${reason})` : ''}`, () => {
  beforeAll(() => {
    if (!('reason' in wheels)) initialize({ libraryPath: wheels.builtIn, logLevel: 'error' })
  })

  const create = (bytes: string | Uint8Array, entry: string | { name: string; options?: object }) =>
    InferenceSession.create(bytes as Uint8Array, {
      executionProviders: [entry as 'openvino'],
      intraOpNumThreads: 1,
      recordGraphAssignment: true,
    })

  test.each(['openvino', 'OpenVINOExecutionProvider'])("'%s' runs the nodes", async (name) => {
    expect(initialized().availableProviders).toContain('OpenVINOExecutionProvider')
    await using session = await create(mlp(), { name, options: { device_type: 'CPU' } })
    expect(session.executionProviders).toEqual(['openvino'])
    expect(session.device).toEqual({ name: 'cpu', id: 0 })
    expect(new Set(session.graphAssignment().map(({ provider }) => provider))).toEqual(
      new Set(['OpenVINOExecutionProvider']),
    )
  })

  test('gives the results of the CPU provider, in session.run and on the bound path', async () => {
    const x = float32(pseudoRandom(2 * 128, 7), [2, 128])
    await using cpu = await InferenceSession.create(mlp())
    const { y } = await cpu.run({ x })
    const expected = { type: 'float32', dims: [2, 128], data: y!.data as Float32Array }
    await using session = await create(mlp(), 'openvino')
    const results = await session.run({ x })
    expectTensor(results.y, expected, { rtol: 1e-5, atol: 1e-6 })
    using io = session.createIoBinding({ x: OrtValue.fromTensor(x) })
    io.runSync()
    expectTensor(io.outputValue('y'), expected, { rtol: 1e-5, atol: 1e-6 })
    io.outputs.y.fill(0)
    for (let i = 0; i < 3; ++i) await io.run()
    expectTensor(io.outputValue('y'), expected, { rtol: 1e-5, atol: 1e-6 })
  })

  test.each([{ nonsense: '1' }, { precision: 'FP1' }, { num_of_threads: -3 }])(
    'reports that the provider refuses %j',
    async (options) => {
      await expectError(() => create(mlp(), { name: 'openvino', options }), 'ERR_ORT_FAIL', {
        says: ["'openvino'", `'${Object.keys(options)[0]}'`, 'log'],
      })
    },
  )

  test('compiles its nodes ahead, into bytes, and into files beside the model', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'openvino-'))
    const providers = { executionProviders: ['openvino'], errorIfNoNodesCompiled: true }
    const has = (model: Uint8Array, text: string) => Buffer.from(model).includes(text)
    const embedded = await compileModel(mlp(), providers)
    expect([has(embedded, 'EPContext'), has(embedded, 'Gemm')]).toEqual([true, false])
    const to = join(dir, 'compiled.onnx')
    await compileModel(mlp(), { ...providers, to })
    expect(has(readFileSync(to), 'EPContext')).toBe(true)
    const data = readdirSync(dir).filter((name) => name.endsWith('.bin'))
    expect(data).toHaveLength(1)
    expect(statSync(to).size).toBeLessThan(statSync(join(dir, data[0]!)).size / 10)
    await compileModel(mlp(), { ...providers, to, epContextEmbedMode: true })
    expect(statSync(to).size).toBeGreaterThan(mlp().length / 2)
    const beside = { epContextEmbedMode: false, epContextBinary: { directory: dir, modelName: 'other.onnx' } }
    expect((await compileModel(mlp(), { ...providers, ...beside })).length).toBeLessThan(mlp().length / 10)
    expect(readdirSync(dir).filter((name) => name.startsWith('other'))).toHaveLength(1)
    await expectError(() => compileModel(mlp(), { weightless: true }), 'ERR_NOT_SUPPORTED', { says: '1.29' })
    await expectError(() => InferenceSession.create(embedded), /^ERR_ORT_/, {
      says: ['EPContext', 'compiled'],
    })
    rmSync(dir, { recursive: true })
  })

  test('has the nodes that it lacks on the CPU only where the list says so', async () => {
    const strings = model({
      inputs: [value('x', 'string', [1])],
      outputs: [value('y', 'string', [1])],
      nodes: [node('Identity', ['x'], ['y'])],
    })
    await expectError(() => create(strings, 'openvino'), 'ERR_CPU_FALLBACK', { says: "'cpu'" })
    await using session = await InferenceSession.create(strings, { executionProviders: ['openvino', 'cpu'] })
    expect(session.executionProviders).toEqual(['openvino', 'cpu'])
  })
})
