import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { detachable } from '../helpers/buffers'
import { model as build, node, oneNode, value } from '../helpers/model-builder.mjs'

/** The model's bytes in an ArrayBuffer of their own, from `offset`. */
function bytes(offset = 0): Uint8Array<ArrayBuffer> {
  const model = oneNode()
  const array = new Uint8Array(new ArrayBuffer(model.length + 2 * offset), offset, model.length)
  array.set(model)
  return array
}

async function runs(session: InferenceSession): Promise<void> {
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1), [1]) })
  expect(y!.dims).toEqual([1])
  await session.release()
}

describe('create with transfer', () => {
  it('takes a Uint8Array over before it returns', async () => {
    const model = bytes()
    const created = InferenceSession.create(model, { transfer: true })
    expect(model.length).toBe(0)
    await runs(await created)
  })

  it('takes over the whole ArrayBuffer of a part', async () => {
    const model = bytes(64)
    const { buffer, byteOffset, byteLength } = model
    await runs(await InferenceSession.create(buffer, byteOffset, byteLength, { transfer: true }))
    expect(buffer.byteLength).toBe(0)
  })

  it('takes nothing over where an option is invalid', async () => {
    const model = bytes()
    const options = { transfer: true, intraOpNumThreads: -1 }
    await expect(InferenceSession.create(model, options)).rejects.toThrow()
    expect(model.length).toBeGreaterThan(0)
  })

  it('takes external data over, also several files in one ArrayBuffer', async () => {
    const weights = (name: string, location: string) => ({
      name,
      dims: [2],
      dataType: 1,
      dataLocation: 'EXTERNAL',
      externalData: [{ key: 'location', value: location }],
    })
    const model = build({
      inputs: [value('x', 'float32', [2])],
      outputs: [value('y', 'float32', [2])],
      nodes: [node('Add', ['x', 'a'], ['s']), node('Mul', ['s', 'b'], ['y'])],
      initializers: [weights('a', 'a.bin'), weights('b', 'b.bin')],
    })
    const { buffer } = Float32Array.of(1, 2, 10, 100)
    const externalData = [
      { path: 'a.bin', data: new Uint8Array(buffer, 0, 8) },
      { path: 'b.bin', data: new Uint8Array(buffer, 8, 8) },
    ]
    const created = InferenceSession.create(new Uint8Array(new Uint8Array(model).buffer), {
      transfer: true,
      externalData,
    })
    expect(buffer.byteLength).toBe(0)
    await using session = await created
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 1), [2]) })
    expect(y!.data).toEqual(Float32Array.of(20, 300))
  })

  it('copies without it', async () => {
    const model = bytes()
    await runs(await InferenceSession.create(model))
    expect(model.length).toBeGreaterThan(0)
  })

  it.each([
    ['a SharedArrayBuffer', () => new Uint8Array(new SharedArrayBuffer(64))],
    ['WebAssembly memory', () => new Uint8Array(detachable(16).array.buffer)],
    ["Node.js's pool of Buffers", () => Buffer.from('a pooled model')],
  ])('refuses %s', async (_, make) => {
    const model = make()
    const before = model.length
    await expect(InferenceSession.create(model, { transfer: true })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    })
    expect(model.length).toBe(before)
  })
})
