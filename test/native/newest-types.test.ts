import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { model, node, value } from '../helpers/onnx-graph.mjs'
import { elementTypes } from '../helpers/tensors.mjs'

/** Types whose number in ONNX differs from ONNX Runtime's: packed elements, and what they are as numbers. */
const CASES = {
  uint2: { bits: Uint8Array.of(0xe4, 0x02), numbers: [0, 1, 2, 3, 2] },
  int2: { bits: Uint8Array.of(0xe4, 0x02), numbers: [0, 1, -2, -1, -2] },
  float8e8m0: { bits: Uint8Array.of(127, 128, 126, 137, 0), numbers: [1, 2, 0.5, 1024, 2 ** -127] },
}

const cast = (from: string, to: string) =>
  model({
    inputs: [value('x', from, [5])],
    outputs: [value('y', to, [5])],
    nodes: [node('Cast', ['x'], ['y'], { to: elementTypes[to]!.code })],
    opset: 25,
    irVersion: 13,
  })

describe.each(Object.entries(CASES))('%s', (name, { bits, numbers }) => {
  const type = name as keyof typeof CASES

  it('is read by session.run from memory of either kind', async () => {
    await using session = await createSession(cast(type, 'float32'))
    const own = OrtValue.allocate(type, [5])
    own.write(bits)
    for (const x of [own, OrtValue.wrap(type, bits.slice(), [5])])
      expect([...(await session.run({ x })).y!.data]).toEqual(numbers)
  })

  it.each(runForms)('is read and written by a binding: %s', async (_form, run) => {
    await using read = await createSession(cast(type, 'float32'))
    using reading = read.createIoBinding()
    reading.inputs.x.set(bits)
    await run(reading)
    expect([...reading.outputs.y]).toEqual(numbers)

    await using write = await createSession(cast('float32', type))
    for (const y of ['dynamic', [5]] as const) {
      using writing = write.createIoBinding({}, { outputs: { y } })
      writing.inputs.x.set(numbers)
      await run(writing)
      expect(writing.outputValue('y')).toMatchObject({ type, dims: [5] })
      expect(writing.outputs.y).toEqual(bits)
    }
  })

  it.each([[[]], [[0]], [[3]], [[2, 4]], [[7, 3]]])('has memory of shape %j', (dims) => {
    expect(OrtValue.allocate(type, dims)).toMatchObject({ type, dims })
  })
})
