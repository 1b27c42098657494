import {
  InferenceSession,
  initialize,
  initialized,
  isOrtError,
  OrtValue,
  type OrtValueData,
  Tensor,
} from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, it } from 'vitest'
import { concatStrings, counter, mlp, nonZero, sequenceInsert } from '../helpers/model-builder.mjs'

/** What the engine cannot do: says so, what it is, and what to do. */
function refused(what: string) {
  return expect.toSatisfy(
    (error) =>
      isOrtError(error) &&
      error.code === 'ERR_NOT_SUPPORTED' &&
      error.message.includes(what) &&
      error.message.includes('onnxruntime-node') &&
      error.remedy !== undefined,
    `ERR_NOT_SUPPORTED of ${what}`,
  )
}

describe('initialize', () => {
  it('refuses options of the native engine', () => {
    expect(() => initialize({ onLog: () => {} })).toThrow(refused('onLog'))
    expect(() => initialize({ libraryPath: '/nowhere/libonnxruntime.so' })).toThrow(refused('libraryPath'))
    expect(initialize({ logLevel: 'error' }).engine).toBe('onnxruntime-node')
  })
})

describe('the onnxruntime-node engine', () => {
  let session: InferenceSession

  beforeAll(async () => {
    session = await InferenceSession.create(mlp())
  })

  it('reports itself', () => {
    expect(session.engine).toBe('onnxruntime-node')
    expect(initialized()).toMatchObject({
      engine: 'onnxruntime-node',
      version: '1.30.0',
      libraryPath: expect.stringContaining('onnxruntime-node'),
      availableProviders: expect.arrayContaining(['CPUExecutionProvider']),
    })
  })

  it('binds once and runs many times', async () => {
    const binding = session.createIoBinding({ x: [2, 128] })
    const x = binding.inputs.x as Float32Array
    const { y } = binding.outputs
    for (let i = 0; i < 5; i++) {
      const data = Float32Array.from({ length: 256 }, (_, j) => (i + j) / 256)
      x.set(data)
      await binding.run()
      const results = await session.run({ x: new Tensor('float32', data, [2, 128]) })
      expect(binding.outputs.y).toBe(y)
      expect(y).toEqual((results.y as Tensor).data)
      expect((y as Float32Array).some((element) => element !== 0)).toBe(true)
    }
  })

  it('updates state in place', async () => {
    const binding = (await InferenceSession.create(counter())).createIoBinding()
    binding.bindOrtValueOutput('new_state', binding.inputValue('state')!)
    for (let i = 0; i < 5; i++) await binding.run()
    expect(binding.inputs.state![0]).toBe(5)
  })

  it('has outputs of unknown shape', async () => {
    const binding = (await InferenceSession.create(nonZero())).createIoBinding({ x: [4] })
    for (const [data, indices] of [
      [
        [0, 1, 0, 1],
        [1n, 3n],
      ],
      [[0, 0, 0, 0], []],
      [
        [1, 1, 1, 0],
        [0n, 1n, 2n],
      ],
    ] as const) {
      binding.inputs.x!.set(data as never)
      await binding.run()
      expect(binding.outputValue('y')!.dims).toEqual([1, indices.length])
      expect(binding.outputs.y).toEqual(BigInt64Array.from(indices))
    }
  })

  it('runs strings', async () => {
    const binding = (await InferenceSession.create(concatStrings())).createIoBinding({ a: [2], b: [2] })
    binding.inputValue('a')!.write(['grüß ', ''])
    binding.inputValue('b')!.write(['dich', '\u{1f600}'])
    await binding.run()
    expect(binding.outputValue('y')!.read()).toEqual(['grüß dich', '\u{1f600}'] satisfies OrtValueData)
  })

  it('refuses a second run on a binding, and finishes the first', async () => {
    const binding = session.createIoBinding({ x: [1, 128] })
    const running = binding.run()
    await expect(binding.run()).rejects.toMatchObject({ code: 'ERR_BUSY' })
    await running
    await binding.run()
  })

  it('refuses unsupported options and calls', async () => {
    const binding = session.createIoBinding({ x: [1, 128] })
    const { signal } = new AbortController()
    const feeds = { x: new Tensor('float32', new Float32Array(128), [1, 128]) }
    expect(() => binding.runSync()).toThrow(refused('runSync'))
    await expect(binding.run({ signal })).rejects.toEqual(refused('cancel'))
    await expect(session.run(feeds, { signal })).rejects.toEqual(refused('cancel'))
    expect(() => session.modelMetadata).toThrow(refused('modelMetadata'))
    for (const type of ['bfloat16', 'float8e4m3fn', 'int4', 'uint2'] as const) {
      expect(() => OrtValue.allocate(type, [2]), type).toThrow(refused(type))
    }
    const values = [OrtValue.allocate('float32', [1])]
    expect(() => OrtValue.sequence(values)).toThrow(refused('sequence'))
    expect(() => OrtValue.allocate('string', [1]).write(['a\0b'])).toThrow(refused('NUL'))
    await expect(session.run(feeds, { terminate: true })).rejects.toEqual(refused('terminate'))
    const options = { freeDimensionOverrides: { batch: 1 } }
    await expect(InferenceSession.create(mlp(), options)).rejects.toEqual(refused('freeDimensionOverrides'))
    const shared = { arena: 'shared' } as const
    await expect(InferenceSession.create(mlp(), shared)).rejects.toEqual(refused('shared arena'))
    await binding.run()
    await session.run(feeds)
  })

  it('refuses sequences, and still runs other models', async () => {
    const a = new Tensor('float32', new Float32Array(2), [2])
    const attempt = async () => (await InferenceSession.create(sequenceInsert())).run({ a, b: a })
    await expect(attempt()).rejects.toSatisfy(isOrtError)
    await session.createIoBinding({ x: [1, 128] }).run()
  })

  it('refuses calls after release', async () => {
    const released = await InferenceSession.create(counter())
    const binding = released.createIoBinding()
    const running = binding.run()
    await Promise.all([running, released.release()])
    await expect(binding.run()).rejects.toMatchObject({ code: 'ERR_DISPOSED' })
    expect(() => released.createIoBinding()).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }))
  })
})
