// The backend for copies of onnxruntime-common, called as onnxruntime-common calls it.
import { createRequire } from 'node:module'
import * as common from 'onnxruntime-common'
import { register } from 'onnxruntime-iobinding/backend'
import { describe, expect, test } from 'vitest'
import { cpuTest, deviceName, sessionOptions } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { castTo, construct } from '../helpers/kind-models.mjs'
import { identity, twoInputs } from '../helpers/model-builder.mjs'

// The CommonJS copy: another class Tensor, whose Tensors are not instances of this package's.
const copy = createRequire(import.meta.url)('onnxruntime-common') as typeof common
const { InferenceSession, Tensor } = copy
const options = sessionOptions as common.InferenceSession.SessionOptions

const float32 = (values: number[]) => new Tensor('float32', values, [values.length])
const feeds = { a: float32([1, 2]), b: float32([3, 4]) }

describe.runIf(isNative)('the backend', () => {
  register(copy)

  test('gives results of the copy, for Tensors of any copy', async () => {
    const session = await InferenceSession.create(twoInputs(), options)
    expect(session.inputNames).toEqual(['a', 'b'])
    expect(session.outputMetadata).toMatchObject([
      { name: 'sum', type: 'float32' },
      { name: 'prod', type: 'float32' },
    ])
    const b = new common.Tensor('float32', [3, 4], [2])
    for (let run = 0; run < 3; ++run) {
      const { sum, prod } = await session.run({ ...feeds, b: b as never })
      expect([sum, prod]).toEqual([float32([4, 6]), float32([3, 8])])
      expect([sum, prod].every((tensor) => tensor instanceof Tensor)).toBe(true)
    }
    await session.release()
    await expectError(() => session.run(feeds), 'ERR_DISPOSED')
  })

  test('takes fetches, pre-allocated Tensors of the copy and run options', async () => {
    const session = await InferenceSession.create(twoInputs(), options)
    const sum = float32([0, 0])
    const run = { logSeverityLevel: 4, unknown: 1 } as never
    const results = await session.run(feeds, { sum }, run)
    expect(Object.keys(results)).toEqual(['sum'])
    expect(results.sum).toBe(sum)
    expect(sum.data).toEqual(Float32Array.of(4, 6))
    expect(Object.keys(await session.run(feeds, ['prod']))).toEqual(['prod'])
    await expectError(() => session.run(feeds, { logSeverityLevel: 8 as 4 }), 'ERR_INVALID_ARG_VALUE')
    await session.release()
  })

  cpuTest('SwiftShader and the simulations lack float16')('gives float16 as the copy has it', async () => {
    const session = await InferenceSession.create(castTo('float16', 10), options)
    const { y } = await session.run({ x: float32([1, -2, 0, 0.5]) })
    expect(y).toBeInstanceOf(Tensor)
    const { buffer, byteOffset, length } = y!.data as Uint16Array
    expect([...new Uint16Array(buffer, byteOffset, length)]).toEqual([0x3c00, 0xc000, 0, 0x3800])
    await session.release()
  })

  test('gives strings, and profiles', async () => {
    const session = await InferenceSession.create(identity('string', [2]), options)
    const { y } = await session.run({ x: new Tensor('string', ['a', 'β'], [2]) })
    expect(y!.data).toEqual(['a', 'β'])
    session.startProfiling()
    session.endProfiling()
    await session.release()
  })

  cpuTest('a device refuses sequences')('refuses what has no Tensor', async () => {
    const session = await InferenceSession.create(construct('float32'), options)
    const call = () => session.run({ a: float32([1]), b: float32([2]) })
    await expectError(call, 'ERR_NOT_SUPPORTED', { says: ['cannot be a Tensor', "kind 'sequence'"] })
    await session.release()
  })

  test.runIf(deviceName === 'webgpu')('leaves results on the device, for the next run', async () => {
    const located = { ...options, preferredOutputLocation: 'gpu-buffer' } as const
    const session = await InferenceSession.create(twoInputs(), located)
    const { sum } = await session.run(feeds)
    expect(sum).toBeInstanceOf(Tensor)
    expect(sum!.location).toBe('gpu-buffer')
    const { prod } = await session.run({ a: sum!, b: feeds.b })
    expect(await prod!.getData()).toEqual(Float32Array.of(12, 24))
    expect(await sum!.getData(true)).toEqual(Float32Array.of(4, 6))
    expect(sum!.location).toBe('cpu')
    prod!.dispose()
    await session.release()
  })

  test.runIf(deviceName)('lets nodes run on the CPU if only the device is named', async () => {
    const session = await InferenceSession.create(identity('string', [2]), {
      executionProviders: [deviceName!],
    })
    const { y } = await session.run({ x: new Tensor('string', ['a', 'b'], [2]) })
    expect(y!.data).toEqual(['a', 'b'])
    await session.release()
  })

  test('is called by the name of older copies', async () => {
    type Old = Record<
      'init' | 'createSessionHandler',
      (model: Uint8Array) => Promise<common.InferenceSession>
    >
    const registered: Record<string, Old> = {}
    const registerBackend = (name: string, backend: unknown) => {
      registered[name] = backend as Old
    }
    register({ registerBackend, Tensor: class {}, env: { ...copy.env } } as never)
    expect(Object.keys(registered)).toEqual(['cpu', 'cuda', 'webgpu'])
    const handler = await registered.cpu!.createSessionHandler(twoInputs())
    expect(handler.outputNames).toEqual(['sum', 'prod'])
  })
})

test.skipIf(isNative)('the backend is refused on the onnxruntime-node engine', async () => {
  register(common)
  await expect(common.InferenceSession.create(twoInputs())).rejects.toThrow(
    /no available backend found.*\[cpu\] Error: the onnxruntime-node engine has no backend of its own/,
  )
})
