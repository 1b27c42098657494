// Outputs that are computed on the device, and read there by a node of the CPU: ONNX Runtime has them in host memory of its own.
import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession, deviceName } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { isFake } from '../helpers/fake-cuda.mjs'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'

const DIMS = [2, 2]
const TYPE = deviceName === 'webgpu' ? 'float32' : 'int32'
const array = (...numbers: number[]) => (TYPE === 'int32' ? Int32Array : Float32Array).from(numbers)

/** CUDA has no MatMul of integers. */
const bytes = model({
  inputs: [value('x', TYPE, DIMS)],
  outputs: ['fixed', 'negated', 'product', 'sum'].map((name) => value(name, TYPE, DIMS)),
  nodes: [
    node('Neg', ['constant'], ['fixed']),
    node('Neg', ['x'], ['negated']),
    node('MatMul', ['negated', 'negated'], ['product']),
    node('Add', ['negated', 'fixed'], ['sum']),
  ],
  initializers: [tensor('constant', TYPE, DIMS, [1, 2, 3, 4])],
})
const expected = {
  fixed: array(-1, -2, -3, -4),
  negated: array(-1, 2, -3, -4),
  product: array(-5, -10, 15, 10),
  sum: array(-2, 0, -6, -8),
}
const names = Object.keys(expected) as (keyof typeof expected)[]
const x = () => new Tensor(TYPE, array(1, -2, 3, 4), DIMS)

const places = deviceName === undefined ? ['cpu'] : ['cpu', deviceName]
const bound = [...places, 'dynamic']
const all = bound.flatMap((one) => bound.flatMap((other) => bound.map((last) => [one, other, last] as const)))

test.each(all)('negated is %s, fixed %s, the others %s', async (negated, fixed, others) => {
  await using session = await createSession(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const where = { fixed, negated, product: others, sum: others }
  for (const [, run] of runForms) {
    using io = session.ioBinding()
    io.bindCpuInput('x', x())
    for (const name of names) {
      if (where[name] === 'dynamic') io.bindOutput(name)
      else io.bindOrtValueOutput(name, OrtValue.allocate(TYPE, DIMS, where[name] as 'cpu'))
    }
    for (let i = 0; i < 2; i++) {
      await run(io)
      for (const name of names) expect(io.outputValue(name)!.read(), name).toEqual(expected[name])
    }
  }
})

// The fake driver's results of `session.run` are in host memory, whatever is asked.
test.skipIf(isFake).each(all)(
  'session.run gives negated in %s, fixed in %s, the others in %s',
  async (...wanted) => {
    const [negated, fixed, others] = wanted.map((place) => (place === deviceName ? 'gpu-buffer' : 'cpu'))
    const preferredOutputLocation = { fixed, negated, product: others, sum: others }
    const options = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const
    await using session = await createSession(bytes, {
      ...options,
      ...(deviceName !== undefined && { preferredOutputLocation: preferredOutputLocation as never }),
    })
    const target = () => new Tensor(TYPE, array(0, 0, 0, 0), DIMS)
    const targets = Object.fromEntries(
      names.map((name) => [
        name,
        wanted.includes('dynamic') && preferredOutputLocation[name] === 'cpu' ? target() : null,
      ]),
    )
    for (let i = 0; i < 2; i++) {
      const results = await session.run<Tensor | OrtValue>({ x: x() }, targets)
      for (const name of names) {
        const result = results[name]!
        expect(result instanceof OrtValue ? result.read() : await result.getData(), name).toEqual(
          expected[name],
        )
      }
    }
  },
)
