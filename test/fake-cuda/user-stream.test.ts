// Sessions that compute on a stream of the caller's.
import { type ExecutionProvider, InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { model, node, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values'
import * as fake from './fake-cuda.mjs'
import { cu } from './harness.ts'
import { alive, describeCuda, numbers, work } from './support'

const abs = () =>
  model({
    inputs: [value('x', 'float32', [4])],
    outputs: [value('y', 'float32', [4])],
    nodes: [node('Abs', ['x'], ['y'])],
  })

describeCuda("a stream of the caller's", () => {
  let stream: bigint
  /** In the context of the GPU, which is the caller's to push. */
  const inContext = <T>(body: () => T): T => {
    cu('cuInit', 0)
    cu('cuCtxPushCurrent_v2', cu('cuDevicePrimaryCtxRetain', 0)[0])
    try {
      return body()
    } finally {
      cu('cuCtxPopCurrent_v2')
    }
  }
  const open = (options: object = {}) =>
    InferenceSession.create(abs(), {
      executionProviders: [{ name: 'cuda', stream } as ExecutionProvider, 'cpu'],
      intraOpNumThreads: 1,
      ...options,
    })
  const lastStream = () => {
    inContext(() => cu('cuStreamSynchronize', stream))
    return work().at(-1)!.stream
  }
  beforeEach(() => {
    stream = inContext(() => cu('cuStreamCreate', 1)[0])
  })
  afterEach(() => inContext(() => cu('cuStreamDestroy_v2', stream)))

  test('is the one that runs compute and copy on, alone', async () => {
    await using session = await open()
    expect(session.providerOptions.cuda).toMatchObject({ user_compute_stream: String(stream) })
    using io = session.createIoBinding()
    await io.run()
    const number = lastStream()
    fake.clearCalls()
    io.inputs.x.set([-1, 2, -3, 4])
    io.runSync()
    expect(io.outputs.y).toEqual(Float32Array.of(1, 2, 3, 4))
    const streams = work().flatMap(({ name, stream }) => (/Memcpy|Record|flush/.test(name) ? [stream] : []))
    expect(streams.length).toBeGreaterThan(2)
    expect(new Set(streams)).toEqual(new Set([number]))
    expect((await session.run({ x: float32([-5, 6, -7, 8]) })).y!.data).toEqual(Float32Array.of(5, 6, 7, 8))
  })

  test('has its earlier work done before a run, without a wait between', async () => {
    await using session = await open()
    using x = OrtValue.allocate('float32', [4], 'cuda')
    using y = OrtValue.allocate('float32', [4], 'cuda')
    using io = session.createIoBinding({ x }, { outputs: { y } })
    await io.run()
    for (const [byte, expected] of [
      [0x40, 3.0039215087890625],
      [0xc0, 6.023529052734375],
    ] as const) {
      inContext(() => cu('cuMemsetD8Async', x.dataPointer, byte, 16, stream))
      await io.run()
      expect(numbers(y)).toEqual([expected, expected, expected, expected])
    }
  })

  test('is captured, and replays graphs', async () => {
    await using session = await open({ enableGraphCapture: true })
    using io = session.createIoBinding()
    await io.capture()
    for (const first of [-1, -2]) {
      io.inputs.x.set([first, 2, -3, 4])
      io.runSync()
      expect(io.outputs.y).toEqual(Float32Array.of(-first, 2, 3, 4))
    }
  })

  test('may have later work of the caller, which no run waits for', async () => {
    await using session = await open({ enableGraphCapture: true })
    using io = session.createIoBinding()
    for (const kind of ['run', 'replay']) {
      fake.clearCalls()
      io.inputs.x.set([-1, 2, -3, 4])
      io.runSync()
      expect(io.outputs.y, kind).toEqual(Float32Array.of(1, 2, 3, 4))
      const waits = work().flatMap(({ name }) => (/Query|Synchronize/.test(name) ? [name] : []))
      expect(new Set(waits), kind).toEqual(new Set(['EventQuery']))
      if (kind === 'run') await io.capture()
    }
  })

  test('serves runs of several bindings that overlap', async () => {
    await using session = await open()
    const bindings = [1, 2, 3].map((n) => {
      const io = session.createIoBinding()
      io.inputs.x.fill(-n)
      return io
    })
    for (let i = 0; i < 3; ++i) await Promise.all(bindings.map((io) => io.run()))
    for (const [i, io] of bindings.entries()) {
      expect([...io.outputs.y]).toEqual(Array(4).fill(i + 1))
      io.dispose()
    }
  })

  test('stays when the session is released', async () => {
    OrtValue.allocate('float32', [1], 'cuda').dispose()
    const { streams } = alive()
    const session = await open()
    const others = alive().streams - streams
    await session.release()
    expect(alive().streams).toBe(streams)
    const own = await InferenceSession.create(abs(), { executionProviders: ['cuda', 'cpu'] })
    expect(alive().streams - streams).toBe(others + 1)
    await own.release()
  })

  test.each([
    [0n, 'ERR_INVALID_ARG_VALUE'],
    [2n, 'ERR_INVALID_ARG_VALUE'],
    [-1n, 'ERR_INVALID_ARG_VALUE'],
    [2n ** 64n, 'ERR_INVALID_ARG_VALUE'],
    [4096, 'ERR_INVALID_ARG_TYPE'],
    ['4096', 'ERR_INVALID_ARG_TYPE'],
  ] as const)('cannot be %o', async (given, code) => {
    const executionProviders = [{ name: 'cuda', stream: given } as unknown as ExecutionProvider]
    await expectError(() => InferenceSession.create(abs(), { executionProviders }), code, { says: 'stream' })
  })
})
