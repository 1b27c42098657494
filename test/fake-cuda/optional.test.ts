import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { model, node, optionalType, tensorType, value } from '../helpers/model-builder.mjs'
import { count, describeCuda, onCpu, onCuda } from './support.ts'

/** y = |x|, z = |w|, and whether an optional input has a value. */
const withOptional = () =>
  model({
    inputs: [
      value('x', 'float32', [2]),
      value('w', 'float32', [2]),
      value('maybe', optionalType(tensorType('float32', [null]))),
    ],
    outputs: [value('y', 'float32', [2]), value('z', 'float32', [2]), value('has', 'bool', [])],
    nodes: [
      node('Abs', ['x'], ['y']),
      node('Abs', ['w'], ['z']),
      node('OptionalHasElement', ['maybe'], ['has']),
    ],
    opset: 18,
  })

/** An optional without a value. */
async function nothing(): Promise<OrtValue> {
  const type = tensorType('float32', [null])
  const nodes = [node('Optional', [], ['y'], { type })]
  await using session = await onCpu(
    model({ inputs: [], outputs: [value('y', optionalType(type))], nodes, opset: 18 }),
  )
  return (await session.run<OrtValue>({})).y!
}

describeCuda('an optional input', () => {
  test('leaves the other inputs as they are bound, mapped or uploaded, when it loses its value', async () => {
    await using session = await onCuda(withOptional())
    using io = session.createIoBinding(
      { x: [2], w: [2], maybe: OrtValue.allocate('float32', [1]) },
      { mapped: ['x'] },
    )
    const [x, w] = [io.inputs.x, io.inputs.w] as Float32Array[]
    x!.set([-1, 2])
    w!.set([-3, 4])
    io.runSync()
    expect([...(io.outputs.has as Uint8Array)]).toEqual([1])
    io.bindOrtValueInput('maybe', await nothing())
    x!.set([-5, 6])
    w!.set([-7, 8])
    const uploads = count('MemcpyHtoDAsync')
    io.runSync({ upload: [] })
    expect(count('MemcpyHtoDAsync')).toBe(uploads)
    expect([...(io.outputs.has as Uint8Array)]).toEqual([0])
    expect([...(io.outputs.y as Float32Array)]).toEqual([5, 6])
    expect([...(io.outputs.z as Float32Array)]).toEqual([3, 4])
  })
})
