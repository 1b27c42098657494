// Names and options of the caller and of a model, beside what is in Object.prototype. onnxruntime-node does read that itself.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  compileModel,
  getEpDevices,
  InferenceSession,
  modelCompatibility,
  ORT_ERROR_CODES,
  preload,
  Tensor,
} from 'onnxruntime-iobinding'
import { afterAll, describe, expect, test } from 'vitest'
import { oneNode } from '../helpers/model-builder.mjs'
import { model, node, value } from '../helpers/onnx-graph.mjs'

const folder = mkdtempSync(join(tmpdir(), 'own-properties-'))
afterAll(() => rmSync(folder, { recursive: true }))

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
const relus = model({
  inputs: NAMES.map((name) => value(name, 'float32', ['__proto__'])),
  outputs: NAMES.map((name) => value(`${name}`.toUpperCase(), 'float32', ['__proto__'])),
  nodes: NAMES.map((name) => node('Relu', [name], [name.toUpperCase()])),
  metadata: { ['__proto__']: 'kept', constructor: 'kept too' },
})
/** The input x, returned by the name `__proto__`. */
const toProto = model({
  inputs: [value('x', 'float32', ['n'])],
  outputs: [value('__proto__', 'float32', ['n'])],
  nodes: [node('Relu', ['x'], ['__proto__'])],
})
const one = () => new Tensor('float32', [1], [1])

/** Calls `work` while Object.prototype has the properties. */
async function polluted(properties: Record<string, unknown>, work: () => unknown): Promise<void> {
  const descriptors = Object.entries(properties).map(([name, value]) => [
    name,
    { value, configurable: true, writable: true, enumerable: false },
  ])
  Object.defineProperties(Object.prototype, Object.fromEntries(descriptors))
  try {
    await work()
  } finally {
    for (const name of Object.keys(properties)) delete (Object.prototype as Record<string, unknown>)[name]
  }
}

describe('a name of Object.prototype', () => {
  test('is an input like any other', async () => {
    await using session = await InferenceSession.create(relus)
    const feeds = Object.fromEntries(NAMES.map((name) => [name, one()]))
    const results = await session.run(feeds)
    expect(Object.keys(results)).toEqual(NAMES.map((name) => name.toUpperCase()))
    await expect(session.run({ constructor: one() })).rejects.toMatchObject({ code: 'ERR_MISSING_INPUT' })
    const shapes = Object.fromEntries(NAMES.map((name) => [name, [1]]))
    using io = session.createIoBinding(shapes)
    expect(Object.keys(io.inputs)).toEqual(NAMES)
    for (const view of Object.values(io.inputs)) (view as Float32Array).fill(2)
    await io.run()
    expect(Object.values(io.outputs)).toEqual(NAMES.map(() => new Float32Array([2])))
  })

  test('is an output like any other', async () => {
    await using session = await InferenceSession.create(toProto)
    for (const fetches of [undefined, ['__proto__'], JSON.parse('{"__proto__": null}')]) {
      const results = await session.run({ x: one() }, fetches)
      expect(Object.keys(results)).toEqual(['__proto__'])
      expect(Object.getPrototypeOf(results)).toBe(Object.prototype)
      expect(Object.entries(results)[0]![1].data).toEqual(new Float32Array([1]))
    }
    const outputs = JSON.parse('{"__proto__": [1]}')
    using io = session.createIoBinding({ x: [1] }, { outputs })
    expect(Object.keys(io.outputs)).toEqual(['__proto__'])
    expect(Object.values(io.outputs)[0]).toBeInstanceOf(Float32Array)
  })

  test('is a key of the metadata like any other', async () => {
    await using session = await InferenceSession.create(relus)
    expect(Object.entries(session.modelMetadata.customMetadata).sort()).toEqual([
      ['__proto__', 'kept'],
      ['constructor', 'kept too'],
    ])
  })

  test('is a dimension that can be overridden', async () => {
    const freeDimensionOverrides = JSON.parse('{"__proto__": 3}')
    await using session = await InferenceSession.create(relus, { freeDimensionOverrides })
    expect(session.inputMetadata[0]).toMatchObject({ shape: [3] })
  })

  test('is an unknown option, and is refused', async () => {
    const options = JSON.parse('{"__proto__": 1}')
    await expect(InferenceSession.create(relus, options)).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_OPTION',
    })
  })

  test('is a configuration entry like any other', async () => {
    const extra = JSON.parse('{"__proto__": "1"}')
    await using session = await InferenceSession.create(relus, { extra })
    expect(session.inputNames).toEqual(NAMES)
    await expect(
      InferenceSession.create(relus, { extra: JSON.parse('{"__proto__": null}') }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  })
})

describe('what is added to Object.prototype', () => {
  test('is not an option of a session', async () => {
    const optimizedModelFilePath = join(folder, 'written.onnx')
    const options = {
      optimizedModelFilePath,
      intraOpNumThreads: 'many',
      transfer: true,
      freeDimensionOverrides: 1,
    }
    const provider = { deviceId: 'no', wait: 'no', settings: {}, useArena: 1 }
    await polluted({ ...options, ...provider }, async () => {
      for (const given of [undefined, {}, { executionProviders: ['cpu' as const] }]) {
        await using session = await InferenceSession.create(relus, given)
        expect(session.inputNames).toEqual(NAMES)
      }
    })
    expect(existsSync(optimizedModelFilePath)).toBe(false)
  })

  test('is not an option of a compilation, nor what is asked of a compiled model', async () => {
    const to = join(folder, 'compiled.onnx')
    const options = {
      to,
      transfer: true,
      externalInitializersFile: 'weights.bin',
      errorIfNoNodesCompiled: true,
    }
    const bytes = Uint8Array.from(relus)
    const devices = getEpDevices().slice(0, 1)
    let compatibility: object | undefined
    await polluted({ ...options, info: 'of nobody' }, async () => {
      for (const given of [undefined, {}]) await compileModel(bytes, given)
      compatibility = await modelCompatibility(bytes, devices)
    })
    expect(existsSync(to)).toBe(false)
    expect(bytes).toHaveLength(relus.length)
    expect(compatibility).toEqual({ status: 'not-applicable' })
  })

  test('is not an option of a run', async () => {
    await using session = await InferenceSession.create(toProto)
    using io = session.createIoBinding({ x: [1] })
    const options = { terminate: true, signal: AbortSignal.abort(), tag: 1, upload: 1, mapped: 1, outputs: 1 }
    await polluted(options, async () => {
      for (const given of [undefined, {}])
        expect(Object.keys(await session.run({ x: one() }, given))).toHaveLength(1)
      await io.run()
      await io.run({})
      session.createIoBinding({ x: [1] }).dispose()
    })
  })

  test.runIf(['linux', 'win32'].includes(process.platform))(
    'is not a program that preload() starts',
    async () => {
      const started = join(folder, 'started')
      const python = join(folder, 'program')
      await polluted({ python, cuda: false, directories: [started] }, async () => {
        await preload({ cudnn: false, cuda: 12 }).catch((error: Error) => {
          expect(error.message).not.toContain(folder)
        })
      })
    },
  )
})

describe('options', () => {
  test("may be getters of the caller's class", async () => {
    class Options {
      get intraOpNumThreads() {
        return 'many'
      }
    }
    await expect(InferenceSession.create(relus, new Options() as object)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    })
    const bare = Object.assign(Object.create(null), { intraOpNumThreads: 1 })
    await using session = await InferenceSession.create(relus, Object.create(bare))
    expect(session.inputNames).toEqual(NAMES)
  })

  test.each([
    ['a dimension', { freeDimensionOverrides: { 'n\0m': 2 } }],
    ['a key', { extra: { 'a\0b': true } }],
    ['a key', { extra: { 'a\0b': '1' } }],
    ['an entry', { extra: { session: { x: 'a\0b' } } }],
    ['logId', { logId: 'a\0b' }],
    ['a path', { optimizedModelFilePath: 'a\0b' }],
    ['a prefix', { enableProfiling: true, profileFilePrefix: 'a\0b' }],
    ['an external file', { externalData: [{ path: 'a\0b', data: new Uint8Array(1) }] }],
  ])('that contain a NUL in %s are refused', async (_, options) => {
    await expect(InferenceSession.create(relus, options as object)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining('NUL'),
    })
  })
})

test('what a session shares with the caller is frozen', async () => {
  await using session = await InferenceSession.create(relus)
  const [metadata] = session.inputMetadata
  const { shape } = metadata as { shape: readonly unknown[] }
  const shared = [session.inputNames, session.outputNames, session.inputMetadata, session.outputMetadata]
  const parts = [metadata, shape, session.executionProviders, session.device, ORT_ERROR_CODES]
  for (const part of [...shared, ...parts]) expect(Object.isFrozen(part)).toBe(true)
  expect(() => {
    ;(shape as unknown[])[0] = 7
  }).toThrow(TypeError)
  await session.run(Object.fromEntries(NAMES.map((name) => [name, one()])))
})

test('a property of Object.prototype is not an option of a prepared run, a view or a pool', async () => {
  await using session = await InferenceSession.create(oneNode())
  const results: unknown[] = []
  const run = async () => {
    const pool = session.createBindingPool({ x: [1] })
    await pool.use((io) => {
      io.inputs.x.fill(1)
      io.runSync(session.prepareRunOptions({}))
      results.push(io.outputs.y[0])
    })
    await pool.close()
  }
  await polluted({ tag: 7, size: 'evil', maxQueueSize: 'evil', outputs: 'evil', signal: 'evil' }, run)
  await polluted({ value: 7, writable: true }, run)
  expect(results).toEqual([2, 2])
})
