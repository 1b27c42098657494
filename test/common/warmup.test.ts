import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OrtErrorCode, SessionOptions } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession, onDevice } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, oneNode, tensor, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

/** Runs on an x of four elements alone. */
const ofFour = model({
  inputs: [value('x', 'float32', ['n'])],
  outputs: [value('y', 'float32', [2, 2])],
  nodes: [node('Reshape', ['x', 'shape'], ['y'])],
  initializers: [tensor('shape', 'int64', [2], [2n, 2n])],
})

const create = (bytes: Uint8Array, warmup: unknown, options: SessionOptions = {}) =>
  createSession(bytes, { ...options, warmup } as SessionOptions)

test('the session runs as one without a warm-up', async () => {
  await using session = await create(ofFour, { x: [4] })
  const { y } = await session.run({ x: float32([1, 2, 3, 4]) })
  expect([...(y!.data as Float32Array)]).toEqual([1, 2, 3, 4])
})

test('the model runs on the shapes, and its error rejects the creation', async () => {
  await expect(create(ofFour, { x: [3] }, { logSeverityLevel: 4 })).rejects.toThrow(/ERR_ORT_|reshape/i)
  await expect(create(ofFour, [{ x: [4] }, { x: [5] }], { logSeverityLevel: 4 })).rejects.toThrow(/reshape/i)
})

test('the shapes are read before create returns', async () => {
  const x = [4]
  const pending = create(ofFour, { x })
  x[0] = 3
  await (await pending).release()
})

test.runIf(isNative && !onDevice)('each set of shapes is one run', async () => {
  const runs = async (warmup: unknown, bytes = mlp()) => {
    const profileFilePrefix = join(tmpdir(), `warmup-${process.pid}-`)
    const session = await create(bytes, warmup, { enableProfiling: true, profileFilePrefix })
    const path = session.endProfiling()
    await session.release()
    const events = JSON.parse(readFileSync(path, 'utf8')) as { name: string }[]
    return events.filter(({ name }) => name === 'model_run').length
  }
  expect(await runs(undefined)).toBe(0)
  expect(await runs({ x: [1, 128] })).toBe(1)
  expect(await runs([{ x: [1, 128] }, { x: [8, 128] }])).toBe(2)
  expect(await runs({}, oneNode())).toBe(1)
})

test.each<[string, unknown, OrtErrorCode]>([
  ['a number', 3, 'ERR_INVALID_ARG_TYPE'],
  ['null', null, 'ERR_INVALID_ARG_TYPE'],
  ['an array of numbers', [1, 4], 'ERR_INVALID_ARG_TYPE'],
  ['a shape that is not an array', { x: 4 }, 'ERR_INVALID_DIMS'],
  ['a negative size', { x: [-1] }, 'ERR_INVALID_DIMS'],
  ['the name of no input', { z: [1] }, 'ERR_UNKNOWN_INPUT'],
  ['a shape that the model refuses', { x: [1, 4] }, 'ERR_SHAPE_MISMATCH'],
  ['no shape for a dynamic input', {}, 'ERR_MISSING_INPUT'],
])('%s is refused', async (_, warmup, code) => {
  await expectError(() => create(ofFour, warmup), code as OrtErrorCode)
})
