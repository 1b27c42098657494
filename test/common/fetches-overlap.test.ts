import { type OrtError, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device'
import { model, node, value } from '../helpers/model-builder.mjs'

// What session.run writes into pre-allocated tensors whose memory is a feed's, or another's.

const N = 2000
const shape = [N]

/** Returns both inputs and their sum. */
const bytes = model({
  inputs: [value('a', 'float32', ['n']), value('b', 'float32', ['n'])],
  outputs: [value('sum', 'float32', ['n']), value('a', 'float32', ['n']), value('b', 'float32', ['n'])],
  nodes: [node('Add', ['a', 'b'], ['sum'])],
})

const filled = (first: number) => Float32Array.from({ length: N }, (_, i) => first + i)
const makeTensor = (data: Float32Array) => new Tensor('float32', data, shape)

test('a result is written into the memory of a feed that another output returns', async () => {
  await using session = await createSession(bytes)
  for (let i = 0; i < 3; ++i) {
    const [a, b] = [filled(1), filled(10)]
    const { a: old } = await session.run(
      { a: makeTensor(a), b: makeTensor(b) },
      { sum: makeTensor(a), a: null },
    )
    expect(old!.data).toEqual(filled(1))
    expect(a).toEqual(filled(1).map((one, j) => one + filled(10)[j]!))
  }
})

test('the same with OrtValues as feeds', async () => {
  await using session = await createSession(bytes)
  using a = OrtValue.allocate('float32', shape)
  using b = OrtValue.allocate('float32', shape)
  a.data.set(filled(1))
  b.data.set(filled(10))
  const { a: old } = await session.run({ a, b }, { sum: makeTensor(a.data as Float32Array), a: null })
  expect(old!.data).toEqual(filled(1))
  expect(a.data).toEqual(filled(1).map((one, j) => one + filled(10)[j]!))
})

test('two inputs that are returned are exchanged', async () => {
  await using session = await createSession(bytes)
  const [a, b] = [filled(1), filled(10)]
  await session.run({ a: makeTensor(a), b: makeTensor(b) }, { a: makeTensor(b), b: makeTensor(a) })
  expect(a).toEqual(filled(10))
  expect(b).toEqual(filled(1))
})

test('a result that overlaps with a part of its feed is right', async () => {
  await using session = await createSession(bytes)
  const memory = new Float32Array(N + 1)
  memory.set(filled(1))
  await session.run(
    { a: makeTensor(memory.subarray(0, N)), b: makeTensor(filled(10)) },
    { a: makeTensor(memory.subarray(1)) },
  )
  expect(memory.subarray(1)).toEqual(filled(1))
})

test('two results into the same memory are refused, and nothing is written', async () => {
  await using session = await createSession(bytes)
  const memory = new Float32Array(2 * N)
  for (const from of [0, 1, N - 1]) {
    const fetches = {
      sum: makeTensor(memory.subarray(0, N)),
      a: makeTensor(memory.subarray(from, from + N)),
    }
    const error = await session
      .run({ a: makeTensor(filled(1)), b: makeTensor(filled(10)) }, fetches)
      .catch((e) => e)
    expect((error as OrtError).code).toBe('ERR_MEMORY_OVERLAP')
    expect(memory).toEqual(new Float32Array(2 * N))
  }
  const side = { sum: makeTensor(memory.subarray(0, N)), a: makeTensor(memory.subarray(N)) }
  await session.run({ a: makeTensor(filled(1)), b: makeTensor(filled(10)) }, side)
  expect(memory.subarray(N)).toEqual(filled(1))
})
