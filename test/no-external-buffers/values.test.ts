// What differs where JavaScript cannot be shown memory that is not V8's: values are over V8's memory, results are copies, and what cannot
// be shown says so rather than being a copy that looks like the memory.
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { identity } from '../helpers/model-builder.mjs'

const refused = expect.objectContaining({
  code: 'ERR_NO_EXTERNAL_BUFFERS',
  remedy: expect.stringContaining('read()'),
})

/** y, of the shape that x has in each run. */
const dynamic = () => InferenceSession.create(identity('float32', ['n']))

describe('allocated memory', () => {
  it('is zeroed, has one array, and is bound without a copy', async () => {
    await using session = await dynamic()
    const x = OrtValue.allocate('float32', [3])
    expect(x.data).toEqual(new Float32Array(3))
    expect(x.data).toBe(x.data)
    using io = session.createIoBinding({ x })
    for (const first of [1, 2]) {
      x.data[0] = first
      io.runSync()
      expect([...io.outputs.y]).toEqual([first, 0, 0])
    }
    expect(io.inputs.x).toBe(x.data)
    expect(io.outputs.y).toBe(io.outputs.y)
  })

  it('is refused once it was transferred', async () => {
    const value = OrtValue.allocate('float32', [3])
    const { data } = value
    structuredClone(data, { transfer: [data.buffer as ArrayBuffer] })
    await expectError(() => value.read(), 'ERR_DETACHED')
    await using session = await InferenceSession.create(identity('float32', [3]))
    await expectError(() => session.run({ x: value }), 'ERR_DETACHED')
  })

  it('stays readable after the value is disposed', () => {
    const x = OrtValue.allocate('int64', [2])
    const { data } = x
    x.dispose()
    expect(data).toHaveLength(2)
    expect(() => x.data).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }))
  })

  it('is an error if it exceeds the available memory', () => {
    const allocate = () => OrtValue.allocate('float64', [2 ** 30, 2 ** 20])
    expect(allocate).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }))
  })
})

describe('memory that ONNX Runtime allocates', () => {
  async function output() {
    const session = await dynamic()
    const io = session.createIoBinding({ x: [2] }, { outputs: { y: 'dynamic' } })
    io.inputs.x.set([1, 2])
    io.runSync()
    return { session, io, y: io.getOutputs()[0]! }
  }

  it('has no array that looks like a view', async () => {
    const { y } = await output()
    expect(() => y.data).toThrow(refused)
  })

  it('is read and written by copies', async () => {
    const { session, y } = await output()
    expect(y.read()).toEqual(Float32Array.of(1, 2))
    y.write(Float32Array.of(3, 4))
    using next = session.createIoBinding({ x: y })
    expect(() => next.inputs.x).toThrow(refused)
    next.runSync()
    expect(next.outputs.y).toEqual(Float32Array.of(3, 4))
  })

  it('is a copy in io.outputs, in Tensors and in copyOutputsToCpu', async () => {
    const { io, y } = await output()
    expect(io.outputs.y).toEqual(Float32Array.of(1, 2))
    expect(y.toTensor().data).toEqual(Float32Array.of(1, 2))
    expect((io.copyOutputsToCpu()[0] as Tensor).data).toEqual(Float32Array.of(1, 2))
  })
})

describe('session.run', () => {
  it('returns results of any size', async () => {
    await using session = await dynamic()
    for (const size of [0, 1, 1e5]) {
      const x = Float32Array.from({ length: size }, (_, i) => i)
      const { y } = await session.run({ x: new Tensor('float32', x, [size]) })
      expect(y!.data).toEqual(x)
    }
  })
})
