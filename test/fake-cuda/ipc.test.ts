// Device memory that two processes share.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { runScript } from '../native/child'
import * as fake from './fake-cuda.mjs'
import { alive, describeCuda, numbers } from './support'

const child = async (handle: Uint8Array, count: number) => {
  const script = `${import.meta.dirname}/fixtures/ipc.mjs`
  const { code, stdout, stderr } = await runScript(script, [
    Buffer.from(handle).toString('hex'),
    String(count),
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describeCuda('memory of a GPU', () => {
  test('is read and written by another process, which opens it by its handle', async () => {
    using value = OrtValue.allocate('float32', [8], 'cuda')
    value.write(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    const handle = value.ipcHandle
    expect(handle).toHaveLength(80)
    expect(await child(handle, 8)).toEqual({ read: [1, 2, 3, 4, 5, 6, 7, 8], location: 'cuda', left: 0 })
    expect(numbers(value)).toEqual([2, 4, 6, 8, 10, 12, 14, 16])
  })

  test('is shared from the place of a view on', async () => {
    using value = OrtValue.allocate('float32', [64], 'cuda')
    value.write(Float32Array.from({ length: 64 }, (_, i) => i))
    using part = value.view([2], { offset: 32 })
    expect(await child(part.ipcHandle, 2)).toMatchObject({ read: [32, 33] })
    expect(numbers(value).slice(30, 36)).toEqual([30, 31, 64, 66, 34, 35])
    using last = value.view([4], { offset: 60 })
    expect(await child(last.ipcHandle, 5)).toEqual({ code: 'ERR_INVALID_LENGTH' })
  })

  test('is not opened by its own process, nor as another size, nor by other bytes', async () => {
    const before = alive()
    using value = OrtValue.allocate('float32', [4], 'cuda')
    const handle = value.ipcHandle
    await expectError(() => OrtValue.fromIpcHandle(handle, 'float32', [4]), 'ERR_CUDA_INVALID_CONTEXT')
    await expectError(() => OrtValue.fromIpcHandle(handle, 'float32', [5]), 'ERR_INVALID_LENGTH', {
      says: ['16 bytes', '20'],
    })
    await expectError(() => OrtValue.fromIpcHandle(handle.subarray(1), 'float32', [4]), 'ERR_INVALID_LENGTH')
    await expectError(() => OrtValue.fromIpcHandle('x' as never, 'float32', [4]), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => OrtValue.fromIpcHandle(handle, 'string', [4]), 'ERR_TYPE_MISMATCH')
    await expectError(() => OrtValue.fromIpcHandle(handle, 'float32', [-4]), 'ERR_INVALID_DIMS')
    value.dispose()
    await expectError(() => value.ipcHandle, 'ERR_DISPOSED')
    expect(alive()).toEqual(before)
    fake.reset()
  })

  test('is not opened beyond its allocation by a handle that was damaged', async () => {
    using value = OrtValue.allocate('float32', [4], 'cuda')
    for (const [offset, bytes] of [
      [0n, 20n],
      [4n, 16n],
      [2n ** 63n, 16n],
      [8n, 2n ** 64n - 8n],
    ] as const) {
      const handle = value.ipcHandle
      const parts = new DataView(handle.buffer)
      parts.setBigUint64(64, offset, true)
      parts.setBigUint64(72, bytes, true)
      expect(await child(handle, bytes === 20n ? 5 : 4)).toEqual({ code: 'ERR_INVALID_LENGTH' })
    }
  })

  test('has no handle of an empty part, which may begin where another allocation does', async () => {
    using value = OrtValue.allocate('float32', [64], 'cuda')
    for (const offset of [0, 64]) {
      using part = value.view([0], { offset })
      await expectError(() => part.ipcHandle, 'ERR_NOT_SUPPORTED', { says: 'empty' })
    }
    await expectError(() => OrtValue.allocate('float32', [0], 'cuda').ipcHandle, 'ERR_NOT_SUPPORTED')
  })

  test('is the only memory that has a handle', async () => {
    for (const value of [OrtValue.allocate('float32', [1]), OrtValue.allocate('float32', [1], 'cuda-pinned')])
      await expectError(() => value.ipcHandle, 'ERR_NOT_SUPPORTED', { says: 'NVIDIA' })
  })
})
