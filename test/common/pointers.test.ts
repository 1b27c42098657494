// Values over memory by its address.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { createSession, deviceName, hostLocation } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { model, node, value } from '../helpers/model-builder.mjs'

const addressable = isNative && deviceName !== 'webgpu'
const locations = [...new Set(['cpu', hostLocation, deviceName ?? 'cpu'])] as ('cpu' | 'cuda')[]
const numbers = Float32Array.of(1, 2, 3, 4)

const negation = () =>
  model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('Neg', ['x'], ['y'])],
  })

test.skipIf(!addressable).each(locations)("a value over memory of '%s' by its address", async (location) => {
  await using session = await createSession(negation())
  const owner = OrtValue.allocate('float32', [8], location)
  const pointer = owner.dataPointer
  expect(pointer % 16n).toBe(0n)
  expect(owner.view([4], { offset: 4 }).dataPointer).toBe(pointer + 16n)
  using x = OrtValue.fromPointer(location, pointer, 'float32', [4], { keep: owner })
  using y = OrtValue.fromPointer(location, pointer + 16n, 'float32', [4], { keep: owner, deviceId: 0 })
  expect(x).toMatchObject({ type: 'float32', dims: [4], location })
  x.write(numbers)
  expect(owner.view([4]).read()).toEqual(numbers)
  using io = session.createIoBinding({ x }, { outputs: { y } })
  io.runSync()
  expect(owner.view([4], { offset: 4 }).read()).toEqual(Float32Array.of(-1, -2, -3, -4))
  using overlapping = OrtValue.fromPointer(location, pointer + 4n, 'float32', [4])
  await expectError(
    () => session.createIoBinding({ x }, { outputs: { y: overlapping } }),
    'ERR_MEMORY_OVERLAP',
  )
  if (location === 'cpu') expect(x.data).toEqual(numbers)
  x.dispose()
  expect(owner.view([4]).read()).toEqual(numbers)
  owner.dispose()
})

test.skipIf(!addressable)('the memory of a typed array has an address until it is detached', async () => {
  const { array, detach } = detachable(4)
  array.set(numbers)
  using whole = OrtValue.wrap('float32', array, [4])
  using copy = OrtValue.fromPointer('cpu', whole.dataPointer, 'float32', [4], { keep: array })
  expect(copy.read()).toEqual(numbers)
  copy.dispose()
  detach()
  await expectError(() => whole.dataPointer, 'ERR_DETACHED')
})

test.skipIf(!addressable)('what cannot be an address is refused', async () => {
  const at = (...args: unknown[]) => (OrtValue.fromPointer as (...args: unknown[]) => unknown)(...args)
  await expectError(() => at('cpu', 64, 'float32', [1]), 'ERR_INVALID_ARG_TYPE', { says: 'a bigint' })
  for (const pointer of [0n, -4n, 6n, 2n ** 64n - 4n, 2n ** 70n]) {
    await expectError(() => at('cpu', pointer, 'float32', [2]), 'ERR_INVALID_ARG_VALUE', {
      says: 'a multiple of 4',
    })
  }
  await expectError(() => at('cpu', 64n, 'string', [1]), 'ERR_TYPE_MISMATCH')
  await expectError(() => at('webgpu', 64n, 'float32', [1]), 'ERR_NOT_SUPPORTED', { says: 'no addresses' })
  await expectError(() => at('cpu', 64n, 'float32', [1], { deviceId: 1 }), 'ERR_INVALID_ARG_VALUE')
  await expectError(() => at('cpu', 64n, 'float32', [1], { keep: 1 }), 'ERR_INVALID_ARG_TYPE', {
    says: 'keep',
  })
  await expectError(() => at('cpu', 64n, 'float32', [1], { kep: {} }), 'ERR_UNKNOWN_OPTION')
  await expectError(() => OrtValue.allocate('string', [1]).dataPointer, 'ERR_TYPE_MISMATCH')
})
