// LoRA adapters: their file, and their parameters as inputs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InferenceSession, LoraAdapter } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapterFile, type Parameter } from '../helpers/adapter-file.ts'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { pythonTest, runPython } from '../helpers/python.ts'
import { float32 } from '../helpers/values.ts'

/** y = x W + x a b, where `a` and `b` are inputs, whose defaults are zero on the engine that can override them. */
const lora = () =>
  model({
    inputs: [
      value('x', 'float32', [1, 2]),
      value('a', 'float32', [2, 'rank']),
      value('b', 'float32', ['rank', 2]),
    ],
    outputs: [value('y', 'float32', [1, 2])],
    nodes: [
      node('MatMul', ['x', 'W'], ['base']),
      node('MatMul', ['x', 'a'], ['low']),
      node('MatMul', ['low', 'b'], ['delta']),
      node('Add', ['base', 'delta'], ['y']),
    ],
    initializers: [
      tensor('W', 'float32', [2, 2], [1, 0, 0, 1]),
      ...(isNative ? [tensor('a', 'float32', [2, 1], [0, 0]), tensor('b', 'float32', [1, 2], [0, 0])] : []),
    ],
  })

const A: Parameter = ['a', [2, 1], [1, 2]]
const B: Parameter = ['b', [1, 2], [10, 20]]
const bytes = adapterFile([A, B])
const x = float32([1, 1], [1, 2])
const PLAIN = Float32Array.of(1, 1)
const ADAPTED = Float32Array.of(31, 61)

let dir: string
let path: string
let session: InferenceSession
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'lora-'))
  path = join(dir, 'tenant.onnx_adapter')
  writeFileSync(path, bytes)
  session = await createSession(lora())
})
afterAll(async () => {
  await session.release()
  rmSync(dir, { recursive: true })
})

describe('a LoRA adapter', () => {
  test('is read from a file, and from bytes', async () => {
    for (const source of [path, bytes, bytes.buffer]) {
      using adapter = await LoraAdapter.create(source as string)
      expect(adapter.parameterNames).toEqual(['a', 'b'])
      expect([adapter.adapterVersion, adapter.modelVersion]).toEqual([3, 7])
    }
  })

  test('gives session.run its parameters', async () => {
    using adapter = await LoraAdapter.create(path)
    using other = await LoraAdapter.create(adapterFile([A, ['b', [1, 2], [0, 1]]]))
    for (let i = 0; i < 3; ++i) {
      if (isNative) expect((await session.run({ x })).y!.data).toEqual(PLAIN)
      expect((await session.run({ x }, { activeLoraAdapters: [adapter] })).y!.data).toEqual(ADAPTED)
      const results = await session.run({ x }, ['y'], { activeLoraAdapters: [other], tag: 'tenant' })
      expect(results.y!.data).toEqual(Float32Array.of(1, 4))
    }
  })

  test.each(runForms)('is bound, and replaced by another: %s', async (_, run) => {
    using adapter = await LoraAdapter.create(path)
    using other = await LoraAdapter.create(adapterFile([A, ['b', [1, 2], [0, 1]]]))
    using io = session.ioBinding()
    io.bindCpuInput('x', x)
    io.bindOutput('y')
    io.bindAdapter(adapter)
    await run(io)
    expect(io.outputs.y).toEqual(ADAPTED)
    io.bindAdapter(other)
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(1, 4))
    other.dispose()
    await expectError(() => run(io), 'ERR_DISPOSED')
  })

  test.each(runForms)('leaves nothing bound of the adapter before it: %s', async (_, run) => {
    using adapter = await LoraAdapter.create(path)
    using other = await LoraAdapter.create(adapterFile([['a', [2, 1], [3, 4]]]))
    using io = session.ioBinding()
    io.bindCpuInput('x', x)
    io.bindOutput('y')
    io.bindAdapter(adapter)
    await run(io)
    io.bindAdapter(other)
    expect(io.boundNames.inputs).toEqual(['x', 'a'])
    expect(io.inputValue('b')).toBeUndefined()
    if (!isNative) {
      await expectError(() => run(io), 'ERR_MISSING_INPUT', { says: "'b'" })
      return
    }
    await run(io)
    expect(io.outputs.y).toEqual(PLAIN)
    // A value that the user bound in its place stays.
    io.bindAdapter(adapter)
    io.bindCpuInput('b', float32([1, 1], [1, 2]))
    io.bindAdapter(other)
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(8, 8))
  })

  test('is refused where an input is missing, is given twice, or has another shape', async () => {
    const run = async (parameters: readonly Parameter[], feeds = {}) => {
      using adapter = await LoraAdapter.create(adapterFile(parameters))
      await session.run({ x, ...feeds }, { activeLoraAdapters: [adapter] })
    }
    await expectError(() => run([A, B, ['c', [1], [1]]]), 'ERR_UNKNOWN_INPUT', { says: "'c'" })
    await expectError(() => run([A, B], { a: float32([1, 2], [2, 1]) }), 'ERR_INVALID_ARG_VALUE', {
      says: "'a' is given twice",
    })
    await expectError(() => run([['a', [1, 2], [1, 2]], B]), 'ERR_SHAPE_MISMATCH', { says: "'a'" })
    using io = session.ioBinding()
    using wrong = await LoraAdapter.create(adapterFile([A, ['c', [1], [1]]]))
    await expectError(() => io.bindAdapter(wrong), 'ERR_UNKNOWN_INPUT', { says: "'c'" })
    expect(io.inputValue('a')).toBeUndefined()
    await expectError(() => io.bindAdapter({} as never), 'ERR_INVALID_ARG_TYPE', { says: 'LoraAdapter' })
    const options = { activeLoraAdapters: [{}] } as never
    await expectError(() => session.run({ x }, options), 'ERR_INVALID_ARG_TYPE', { says: 'LoraAdapter' })
  })

  test('that is not one is an error', async () => {
    const refused = (source: unknown, code: string, says: string) =>
      expectError(() => LoraAdapter.create(source as string), code as never, { says })
    await refused(join(dir, 'none.onnx_adapter'), 'ERR_ORT_NO_SUCHFILE', 'ENOENT')
    await refused(7, 'ERR_INVALID_ARG_TYPE', 'source')
    await refused(new Uint8Array(3), 'ERR_INVALID_ARG_VALUE', '3 bytes')
    await refused(adapterFile([A], { format: 2 }), 'ERR_INVALID_ARG_VALUE', '.onnx_adapter')
    await refused(adapterFile([A], { type: 8 }), 'ERR_NOT_SUPPORTED', "'a'")
    await refused(adapterFile([['a', [3], [1, 2]]]), 'ERR_INVALID_ARG_VALUE', '12 bytes')
    for (let length = 8; length < bytes.length; length += 4)
      await refused(bytes.slice(0, length), 'ERR_INVALID_ARG_VALUE', '')
  })

  pythonTest('of Python’s gives what Python gives', async () => {
    const [model, exported] = [join(dir, 'lora.onnx'), join(dir, 'python.onnx_adapter')]
    writeFileSync(model, lora())
    const python = runPython(
      `adapter = ort.AdapterFormat()
adapter.set_adapter_version(5)
adapter.set_model_version(6)
value = lambda rows: ort.OrtValue.ortvalue_from_numpy(np.array(rows, np.float32))
adapter.set_parameters({'a': value([[1, 2], [3, 4]]), 'b': value([[5, 6], [7, 8]])})
adapter.export_adapter(args[1])
lora = ort.LoraAdapter()
lora.Load(args[1])
options = ort.RunOptions()
options.add_active_adapter(lora)
feeds = {'x': np.array([[1, 1]], np.float32)}
if args[2] == 'native':
    print(json.dumps(ort.InferenceSession(args[0]).run(None, feeds, options)[0].ravel().tolist()))
else:
    print('[]')`,
      model,
      exported,
      isNative ? 'native' : '',
    )
    using adapter = await LoraAdapter.create(exported)
    expect([adapter.adapterVersion, adapter.modelVersion]).toEqual([5, 6])
    const { y } = await session.run({ x }, { activeLoraAdapters: [adapter] })
    expect([...(y!.data as Float32Array)]).toEqual([63, 73])
    if (isNative) expect([...(y!.data as Float32Array)]).toEqual(python)
    expect(readFileSync(exported).toString('latin1', 4, 8)).toBe('TORT')
  })
})
