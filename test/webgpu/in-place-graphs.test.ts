import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { runForms } from '../helpers/engine.ts'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { create } from './webgpu.ts'

const createGraphs = (bytes: Uint8Array) => create(bytes, { enableGraphCapture: true })
const numbers = (data: unknown) => [...(data as Float32Array)]
const transposed = (old: readonly number[]) => old.map((_, i) => old[(i % 3) * 3 + Math.floor(i / 3)]!)

describe.each(runForms)('a captured graph of a state in place on WebGPU, by %s', (_form, run) => {
  test.each([false, true])('Transpose, verify %s', async (verify) => {
    await using session = await createGraphs(
      model({
        inputs: [value('state', 'float32', [3, 3])],
        outputs: [value('next', 'float32', [3, 3])],
        nodes: [node('Transpose', ['state'], ['t']), node('Add', ['t', 'one'], ['next'])],
        initializers: [tensor('one', 'float32', [1], [1])],
      }),
    )
    using state = OrtValue.allocate('float32', [3, 3], 'webgpu')
    let expected = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    state.write(Float32Array.from(expected))
    using io = session.createIoBinding({ state }, { outputs: { next: state } })
    await io.capture({ verify })
    expect(numbers(state.read())).toEqual(expected)
    for (let i = 0; i < 4; ++i) {
      if (i === 2) io.releaseCapture()
      expected = transposed(expected).map((one) => one + 1)
      await run(io)
      expect(numbers(state.read())).toEqual(expected)
    }
  })

  test('two states that are exchanged', async () => {
    await using session = await createGraphs(
      model({
        inputs: [value('a', 'float32', [2]), value('b', 'float32', [2])],
        outputs: [value('c', 'float32', [2]), value('d', 'float32', [2])],
        nodes: [node('Add', ['a', 'b'], ['c']), node('Sub', ['a', 'b'], ['d'])],
      }),
    )
    using one = OrtValue.allocate('float32', [2], 'webgpu')
    using two = OrtValue.allocate('float32', [2], 'webgpu')
    one.write(Float32Array.of(1, 2))
    two.write(Float32Array.of(10, 20))
    using io = session.createIoBinding({ a: one, b: two }, { outputs: { c: two, d: one } })
    await io.capture({ verify: true })
    await run(io)
    expect([numbers(one.read()), numbers(two.read())]).toEqual([
      [-9, -18],
      [11, 22],
    ])
    await run(io)
    expect([numbers(one.read()), numbers(two.read())]).toEqual([
      [-20, -40],
      [2, 4],
    ])
  })
})
