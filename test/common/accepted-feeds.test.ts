import { OrtValue } from 'onnxruntime-iobinding'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { createSession, onDevice } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { hasElement } from '../helpers/kind-models.mjs'
import { identity, model, node, tensorType, twoInputs, value } from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

/** y = x * rate, as a voice activity detector declares its sample rate: a scalar. */
const withRate = () =>
  model({
    inputs: [value('x', 'float32', ['n']), value('rate', 'int64', [])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('Cast', ['rate'], ['factor'], { to: 1 }), node('Mul', ['x', 'factor'], ['y'])],
  })

describe('a declared scalar', () => {
  test.each([[[]], [[1]], [[1, 1]]])('accepts a single element of shape %j in session.run', async (dims) => {
    await using session = await createSession(withRate())
    const { y } = await session.run({ x: float32([1, 2]), rate: int64([16000n], dims) })
    expect(y!.data).toEqual(Float32Array.of(16000, 32000))
  })

  test('accepts a matrix and an empty tensor in session.run', async () => {
    await using session = await createSession(identity('float32', []))
    expect((await session.run({ x: float32([1, 2, 3, 4], [2, 2]) })).y).toMatchObject({ dims: [2, 2] })
    expect((await session.run({ x: float32([], [0]) })).y).toMatchObject({ dims: [0] })
  })

  test.each(runForms)('is bound by its shape, by a value, and by a later value, with %s', async (_, run) => {
    await using session = await createSession(withRate())
    using io = session.createIoBinding({ x: [2], rate: [1] })
    io.inputs.x.set([1, 2])
    io.inputs.rate[0] = 3n
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(3, 6))
    io.bindOrtValueInput('rate', OrtValue.wrap('int64', BigInt64Array.of(4n), []))
    await run(io)
    expect(io.outputs.y).toEqual(Float32Array.of(4, 8))
    using other = session.createIoBinding({ x: [2], rate: OrtValue.wrap('int64', BigInt64Array.of(5n), [1]) })
    other.inputs.x.set([1, 2])
    await run(other)
    expect(other.outputs.y).toEqual(Float32Array.of(5, 10))
  })

  test('a declared rank or size is required in any other case', async () => {
    await using session = await createSession(identity('float32', [2]))
    for (const dims of [[], [1], [1, 2], [0]]) {
      const x = float32(new Float32Array(dims.reduce((size, dim) => size * dim, 1)), dims)
      await expectError(() => session.run({ x }), /ERR_(SHAPE_MISMATCH|ORT_INVALID_ARGUMENT)/)
    }
  })
})

describe('ignoreUnknownFeeds', () => {
  const feeds = { a: float32([1]), b: float32([2]), c: float32([3]) }

  test('ignores feeds that the model does not have', async () => {
    await using session = await createSession(twoInputs(), { ignoreUnknownFeeds: true })
    expect((await session.run(feeds)).sum!.data).toEqual(Float32Array.of(3))
    expect((await session.run({ ...feeds, c: 'no tensor' as never }, ['prod'])).prod!.data).toEqual(
      Float32Array.of(2),
    )
    await expectError(() => session.run({ a: feeds.a, c: feeds.c }), 'ERR_MISSING_INPUT')
  })

  test('false refuses them, and it must be a boolean', async () => {
    await using session = await createSession(twoInputs(), { ignoreUnknownFeeds: false })
    await expectError(() => session.run(feeds), 'ERR_UNKNOWN_INPUT', { type: RangeError, says: "'c'" })
    await expectError(
      () => createSession(twoInputs(), { ignoreUnknownFeeds: 1 as never }),
      'ERR_INVALID_ARG_TYPE',
    )
  })

  test('is true by default, as in onnxruntime-node', async () => {
    await using session = await createSession(twoInputs())
    const peer = await ort.InferenceSession.create(twoInputs())
    const expected = (await peer.run(feeds)).sum!.data
    for (let run = 0; run < 3; ++run) expect((await session.run(feeds)).sum!.data).toEqual(expected)
  })

  test.runIf(isNative && !onDevice)('is false by default if an optional input has no feed', async () => {
    await using session = await createSession(hasElement(tensorType('float32', [null])))
    const X = float32([1])
    const error = await expectError(() => session.run({ X }), 'ERR_UNKNOWN_INPUT')
    expect(error.remedy).toBe("Did you mean 'x'?")
    expect((await session.run({ x: X, X })).has!.data).toEqual(Uint8Array.of(1))
    expect((await session.run({ x: null, X })).has!.data).toEqual(Uint8Array.of(0))
  })
})
