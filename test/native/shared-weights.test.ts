// Initializers that sessions share.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, OrtValue, type SessionOptions, SharedWeights, Tensor } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'weights-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

const WEIGHTS = [1, 2, 3, 4]
const matmul = (weights: object = tensor('W', 'float32', [2, 2], WEIGHTS)) =>
  model({
    inputs: [value('x', 'float32', [1, 2])],
    outputs: [value('y', 'float32', [1, 2])],
    nodes: [node('MatMul', ['x', 'W'], ['y'])],
    initializers: [weights],
  })
/** The data is in a file beside the model. */
const external = () =>
  matmul({
    name: 'W',
    dims: [2, 2],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: 'location', value: 'weights.bin' }],
  })

const x = float32([1, 10], [1, 2])
const owned = (data = WEIGHTS, dims = [2, 2]) =>
  OrtValue.fromTensor(new Tensor('float32', Float32Array.from(data), dims))
const create = (source: Uint8Array | string, options: SessionOptions) =>
  InferenceSession.create(source as string, options)

test.each(['bytes', 'a file'])(
  'an initializer of %s is memory of the caller, which the session keeps',
  async (form) => {
    const path = join(dir, 'matmul.onnx')
    writeFileSync(path, matmul())
    const source = form === 'bytes' ? matmul() : path
    const W = owned()
    const sharedWeights = new SharedWeights()
    const sessions = await Promise.all(
      Array.from({ length: 3 }, () => create(source, { initializers: { W }, sharedWeights })),
    )
    W.dispose()
    for (const session of sessions) {
      expect((await session.run({ x })).y!.data).toEqual(Float32Array.of(31, 42))
      await session.release()
    }
  },
)

test('data in another file is replaced', async () => {
  const W = owned([1, 0, 0, 1])
  await using session = await create(external(), { initializers: { W } })
  W.dispose()
  expect((await session.run({ x })).y!.data).toEqual(Float32Array.of(1, 10))
})

test('what an initializer cannot be is refused', async () => {
  const refused = (initializers: unknown, code: string, says: string, source = matmul()) =>
    expectError(() => create(source, { initializers: initializers as never }), code as never, { says })
  await refused({ w: owned() }, 'ERR_UNKNOWN_INITIALIZER', "'W'")
  await refused({ W: owned(WEIGHTS, [4]) }, 'ERR_SHAPE_MISMATCH', '[2, 2]')
  await refused({ W: OrtValue.allocate('float64', [2, 2]) }, 'ERR_TYPE_MISMATCH', 'float32')
  await refused({ W: owned([1, 2, 3, 5]) }, 'ERR_INVALID_ARG_VALUE', 'external data')
  await refused({ W: OrtValue.allocate('string', [2, 2]) }, 'ERR_NOT_SUPPORTED', 'numbers')
  await refused({ W: x }, 'ERR_INVALID_ARG_TYPE', 'initializers.W')
  const wrapped = OrtValue.wrap('float32', Float32Array.from(WEIGHTS), [2, 2])
  await refused({ W: wrapped }, 'ERR_NOT_SUPPORTED', 'fromTensor')
  const disposed = owned()
  disposed.dispose()
  await refused({ W: disposed }, 'ERR_DISPOSED', '')
  const ids = { name: 'W', dims: [2, 2], dataType: 1, doubleData: [] }
  await refused({ W: owned() }, 'ERR_NOT_SUPPORTED', 'raw_data', matmul({ ...ids, int32Data: WEIGHTS }))
  const path = join(dir, 'model.ort')
  await using _ = await create(matmul(), {
    optimizedModelFilePath: path,
    extra: { session: { save_model_format: 'ORT' } },
  })
  await expectError(() => create(path, { initializers: { W: owned() } }), 'ERR_NOT_SUPPORTED', {
    says: '.ort',
  })
  await expectError(() => create(matmul(), { sharedWeights: {} as never }), 'ERR_INVALID_ARG_TYPE', {
    says: 'SharedWeights',
  })
})
