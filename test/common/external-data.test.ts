import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

describe('externalData', () => {
  /** y = x + weights, which are in a file. */
  const external = () =>
    model({
      inputs: [value('x', 'float32', [3])],
      outputs: [value('y', 'float32', [3])],
      nodes: [node('Add', ['x', 'weights'], ['y'])],
      initializers: [
        {
          name: 'weights',
          dims: [3],
          dataType: 1,
          dataLocation: 'EXTERNAL',
          externalData: [
            { key: 'location', value: 'weights.bin' },
            { key: 'offset', value: '4' },
            { key: 'length', value: '12' },
          ],
        },
      ],
    })
  const weights = () => new Uint8Array(Float32Array.of(-1, 10, 20, 30, -1).buffer)
  const x = float32([1, 2, 3])
  const y = Float32Array.of(11, 22, 33)

  test('is read from files beside the file of the model', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'external-data-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    writeFileSync(join(dir, 'external.onnx'), external())
    writeFileSync(join(dir, 'weights.bin'), weights())
    await using session = await createSession(join(dir, 'external.onnx'))
    expect((await session.run({ x })).y!.data).toEqual(y)
  })

  test('is passed as bytes, which the caller may change as soon as create() returns', async () => {
    const data = weights()
    const pending = createSession(external(), { externalData: [{ path: 'weights.bin', data }] })
    data.fill(0)
    await using session = await pending
    expect((await session.run({ x })).y!.data).toEqual(y)
  })

  test('is refused if it is missing or too short', async () => {
    await expectError(() => createSession(external()), /^ERR_ORT_/)
    const short = [{ path: 'weights.bin', data: weights().subarray(0, 8) }]
    await expectError(() => createSession(external(), { externalData: short }), /^ERR_ORT_/)
  })
})
