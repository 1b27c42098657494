// The memory of pre-allocated results, which the JavaScript thread writes when a run has ended: in no order with other runs,
// those of the same session included.
import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

const create = () => createSession(twoInputs(), { inlineRunBelowUs: 0 })
const target = (memory: Float32Array) => new Tensor('float32', memory, [memory.length])
const b = float32([1, 1])

test('is refused to later runs and readers until the run has ended', async () => {
  await using session = await create()
  const memory = new Float32Array(2)
  const value = OrtValue.wrap('float32', memory, [2])
  using io = session.createIoBinding({ a: value, b: [2] }, { outputs: { sum: [2], prod: [2] } })
  const running = session.run({ a: float32([1, 2]), b }, { sum: target(memory) })
  await expectError(() => io.run(), 'ERR_BUSY', { says: "input 'a'" })
  await expectError(() => session.run({ a: value, b }), 'ERR_BUSY', { says: 'feeds' })
  await expectError(() => session.run({ a: b, b }, { prod: target(memory) }), 'ERR_BUSY', { says: "'prod'" })
  await expectError(() => value.read(), 'ERR_BUSY')
  await running
  expect(memory).toEqual(Float32Array.of(2, 3))
  await io.run()
  expect(io.outputs.prod).toEqual(new Float32Array(2))
  expect(io.outputs.sum).toEqual(memory)
})

test('is refused to a run while another one reads or writes it', async () => {
  await using session = await create()
  const [read, written] = [Float32Array.of(1, 2), new Float32Array(2)]
  using io = session.createIoBinding(
    { a: OrtValue.wrap('float32', read, [2]), b: OrtValue.wrap('float32', Float32Array.of(3, 4), [2]) },
    { outputs: { sum: OrtValue.wrap('float32', written, [2]), prod: [2] } },
  )
  const running = io.run()
  for (const memory of [read, written])
    await expectError(() => session.run({ a: b, b }, { sum: target(memory) }), 'ERR_BUSY', { says: "'sum'" })
  await running
  expect([read, written]).toEqual([Float32Array.of(1, 2), Float32Array.of(4, 6)])
  await session.run({ a: b, b }, { sum: target(read) })
  expect(read).toEqual(Float32Array.of(2, 2))
})
