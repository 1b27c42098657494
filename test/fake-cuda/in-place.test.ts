// States in place on a GPU, in each kind of memory, with and without a graph. Sessions on the fake GPU run on the CPU, so
// kernels write device memory as they do in host memory.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { runForms } from '../helpers/engine'
import { model, node, value } from '../helpers/model-builder.mjs'
import { alive, describeCuda, numbers, onCuda } from './support'

const transpose = () =>
  model({
    inputs: [value('state', 'float32', [3, 3])],
    outputs: [value('next', 'float32', [3, 3])],
    nodes: [node('Transpose', ['state'], ['next'])],
  })

const OLD = [1, 2, 3, 4, 5, 6, 7, 8, 9]
const NEW = [1, 4, 7, 2, 5, 8, 3, 6, 9]

describeCuda('states in place on the fake GPU', () => {
  const places = [
    ['cuda', []],
    ['cuda-pinned', []],
    ['cuda-pinned', ['state']],
    ['cuda-pinned', ['next']],
    ['cuda-pinned', ['state', 'next']],
    ['cpu', []],
  ] as const
  for (const [form, run] of runForms) {
    test.each(places)(`a Transpose in memory of %s, mapped %j, by ${form}`, async (place, mapped) => {
      await using session = await onCuda(transpose(), { enableGraphCapture: true })
      using state = OrtValue.allocate('float32', [3, 3], place)
      state.write(Float32Array.from(OLD))
      using io = session.createIoBinding({ state }, { outputs: { next: state }, mapped: [...mapped] })
      for (const expected of [NEW, OLD, NEW, OLD]) {
        await run(io)
        expect(numbers(state)).toEqual(expected)
      }
      await io.capture({ verify: true })
      expect(numbers(state)).toEqual(OLD)
      for (const expected of [NEW, OLD, NEW]) {
        await run(io)
        expect(numbers(state)).toEqual(expected)
      }
    })
  }

  test('the second buffer is freed with the binding, and when the value is no longer shared', async () => {
    await using session = await onCuda(transpose())
    using state = OrtValue.allocate('float32', [3, 3], 'cuda')
    using apart = OrtValue.allocate('float32', [3, 3], 'cuda')
    const before = alive().deviceBlocks
    const io = session.createIoBinding({ state }, { outputs: { next: state } })
    await io.run()
    expect(alive().deviceBlocks).toBe(before + 1)
    io.bindOrtValueOutput('next', apart)
    await io.run()
    expect(alive().deviceBlocks).toBe(before)
    io.bindOrtValueOutput('next', state)
    await io.run()
    io.dispose()
    await session.run({ state: apart })
    expect(alive().deviceBlocks).toBe(before)
  })
})
