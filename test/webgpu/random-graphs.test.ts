// Captured graphs of random bindings: outputs that are inputs, states in place, memory of the host and of the device.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { model, node, value } from '../helpers/model-builder.mjs'
import { Random } from '../helpers/random.mjs'
import { create } from './webgpu.ts'

const SEEDS = 12 * Number(process.env.TEST_MEMORY_FACTOR ?? 1)

/** a itself, c = transposed a + b, d = a - b, of n * n elements. */
const mixed = (n: number) =>
  model({
    inputs: [value('a', 'float32', [n, n]), value('b', 'float32', [n, n])],
    outputs: [value('a', 'float32', [n, n]), value('c', 'float32', [n, n]), value('d', 'float32', [n, n])],
    nodes: [node('Transpose', ['a'], ['t']), node('Add', ['t', 'b'], ['c']), node('Sub', ['a', 'b'], ['d'])],
  })

test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i', async (seed) => {
  const random = new Random(seed)
  const next = (bound: number) => random.below(bound)
  const n = 1 + next(5)
  await using session = await create(mixed(n), { enableGraphCapture: true })
  const values = Array.from({ length: 5 }, () =>
    OrtValue.allocate('float32', [n, n], next(3) === 0 ? 'cpu' : 'webgpu'),
  )
  const contents = values.map(() => new Float32Array(n * n))
  const write = (i: number) => {
    const data = Float32Array.from({ length: n * n }, () => next(20) - 10)
    values[i]!.write(data)
    contents[i] = data
  }
  write(0)
  write(1)
  // The inputs are the first two values. The outputs are three of all.
  const targets = [0, 1, 2, 3, 4].map((i) => ({ i, key: next(1000) })).sort((x, y) => x.key - y.key)
  const [a, c, d] = targets.map(({ i }) => i) as [number, number, number]
  using binding = session.createIoBinding(
    { a: values[0]!, b: values[1]! },
    { outputs: { a: values[a]!, c: values[c]!, d: values[d]! } },
  )
  const check = (step: string) => {
    const read = values.map((each) => [...(each.read() as Float32Array)].map((one) => one + 0))
    expect(read, step).toEqual(contents.map((each) => [...each]))
  }
  let captured = false
  for (let i = 0; i < 12; ++i) {
    const what = next(6)
    const step = `step ${i}: ${what}, outputs at ${[a, c, d]}, n ${n}`
    if (what === 0) write(next(2))
    else if (what === 1 && captured) {
      binding.releaseCapture()
      captured = false
    } else if (what === 1) {
      await binding.capture({ verify: next(2) === 0 })
      captured = true
    } else {
      if (next(2)) await binding.run()
      else binding.runSync()
      const [x, y] = [contents[0]!, contents[1]!]
      contents[a] = x.slice()
      contents[c] = x.map((_, k) => x[(k % n) * n + Math.floor(k / n)]! + y[k]!)
      contents[d] = x.map((one, k) => one - y[k]!)
    }
    check(step)
  }
  for (const each of values) each.dispose()
})
