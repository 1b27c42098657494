// What console.log() prints of a session, a binding and a value.
import { inspect } from 'node:util'
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { engineName, isNative } from '../helpers/engine.ts'
import { model, node, twoInputs, value } from '../helpers/model-builder.mjs'

const one = { breakLength: Number.POSITIVE_INFINITY, compact: true }

test('a value prints its type, shape and location', () => {
  using tensor = OrtValue.allocate('float32', [2, 3])
  expect(inspect(tensor, one)).toBe("OrtValue { type: 'float32', dims: [ 2, 3 ], location: 'cpu' }")
  using strings = OrtValue.allocate('string', [])
  expect(inspect(strings, one)).toBe("OrtValue { type: 'string', dims: [], location: 'cpu' }")
})

test('a disposed value prints "disposed"', () => {
  const tensor = OrtValue.allocate('float32', [2, 3])
  tensor.dispose()
  expect(inspect(tensor, one)).toBe(
    "OrtValue { type: 'float32', dims: [ 2, 3 ], location: 'cpu', disposed: true }",
  )
})

test.runIf(isNative)('a sequence prints its kind', () => {
  using sequence = OrtValue.sequence([OrtValue.allocate('float32', [1])])
  expect(inspect(sequence, one)).toBe("OrtValue { kind: 'sequence', location: 'cpu' }")
})

test('a value in an object is printed, and only its name below the depth', () => {
  using tensor = OrtValue.allocate('float32', [2])
  expect(inspect({ tensor }, one)).toBe(
    "{ tensor: OrtValue { type: 'float32', dims: [ 2 ], location: 'cpu' } }",
  )
  expect(inspect({ tensor }, { ...one, depth: 0 })).toBe('{ tensor: [OrtValue] }')
})

test('a session prints names, types and shapes, its device and engine, also when it is released', async () => {
  const session = await createSession(twoInputs())
  const { device, executionProviders } = session
  const text = inspect(session, one)
  expect(text).toContain("InferenceSession { inputs: { a: 'float32[n]', b: 'float32[n]' }, outputs: { ")
  expect(text).toContain("sum: 'float32[n]'")
  expect(text).toContain(`device: '${device.name}', engine: '${engineName}'`)
  expect(text).toContain(`executionProviders: ${inspect(executionProviders, one)}`)
  expect(text).not.toContain('released')
  await session.release()
  expect(inspect(session, one)).toContain('released: true')
})

test('a session prints unknown dimensions, and inputs that are not tensors', async () => {
  const bytes = model({
    inputs: [value('x', 'float32', [null, 4])],
    outputs: [value('y', 'float32', [null, 4])],
    nodes: [node('Identity', ['x'], ['y'])],
  })
  await using session = await createSession(bytes)
  expect(inspect(session, one)).toContain("{ x: 'float32[?, 4]' }")
})

test('a binding prints its bound values, also when it and its values are disposed', async () => {
  await using session = await createSession(twoInputs())
  const a = OrtValue.allocate('float32', [3])
  const io = session.createIoBinding({ a, b: [3] }, { outputs: { sum: 'dynamic' }, fetches: ['sum'] })
  const location = io.inputValue('b')!.location
  const bound = (where: string) => `OrtValue { type: 'float32', dims: [ 3 ], location: '${where}' }`
  const inputs = `{ a: ${bound('cpu')}, b: ${bound(location)} }`
  expect(inspect(io, one)).toBe(
    `IoBinding { inputs: ${inputs}, outputs: { sum: 'dynamic' }, device: '${session.device.name}', engine: '${engineName}' }`,
  )
  await io.run()
  a.dispose()
  io.dispose()
  expect(inspect(io, one)).toContain(
    "a: OrtValue { type: 'float32', dims: [ 3 ], location: 'cpu', disposed: true }",
  )
  using empty = session.ioBinding()
  expect(inspect(empty, one)).toContain('IoBinding { inputs: {}, outputs: {}')
})
