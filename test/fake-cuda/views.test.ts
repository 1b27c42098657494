// Views of device memory and of pinned memory: as the driver and ONNX Runtime see them.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { model, node, slowLoop, value } from '../helpers/model-builder.mjs'
import * as fake from './fake-cuda.mjs'
import { describeCuda, onCuda } from './support'

const count = (length: number, from = 1) => Float32Array.from({ length }, (_, i) => from + i)

/** `y = -x` */
const negation = () =>
  model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('Neg', ['x'], ['y'])],
  })

describeCuda('views', () => {
  test('allocate nothing, and free the block once, after the last of them', () => {
    const whole = OrtValue.allocate('float32', [64], 'cuda')
    const pinned = OrtValue.allocate('float32', [64], 'cuda-pinned')
    fake.clearCalls()
    const views = [whole, pinned].flatMap((value) => {
      const half = value.view([32], { offset: 8 })
      return [value.view([4]), half, half.view([4], { offset: 4 })]
    })
    whole.dispose()
    pinned.dispose()
    const calls = () =>
      fake
        .calls()
        .filter(({ name }) => /Alloc|Free/.test(name))
        .map(({ name }) => name)
    expect(calls()).toEqual([])
    for (const view of views) view.dispose()
    expect(calls()).toEqual(['cuMemFree_v2', 'cuMemFreeHost'])
  })

  test.each(['run', 'runSync'] as const)(
    'of pinned memory are mapped at their addresses: %s',
    async (run) => {
      await using session = await onCuda(negation())
      using buffer = OrtValue.allocate('float32', [12], 'cuda-pinned')
      buffer.write(count(12))
      using x = buffer.view([4], { offset: 4 })
      using y = buffer.view([4], { offset: 8 })
      using io = session.createIoBinding({ x }, { outputs: { y }, mapped: ['x', 'y'] })
      await io[run]()
      expect([...buffer.read()]).toEqual([...count(8), -5, -6, -7, -8])
    },
  )

  test('that kernels cannot access are refused, and can be copied', async () => {
    await using session = await onCuda(negation())
    const says = ['multiple of 16 bytes', 'copyTo()']
    const refusal = ['ERR_INVALID_ARG_VALUE', { says }] as const
    for (const location of ['cuda', 'cuda-pinned'] as const) {
      using buffer = OrtValue.allocate('float32', [12], location)
      using x = buffer.view([4], { offset: 1 })
      const mapped = location === 'cuda' ? {} : { mapped: ['x'] }
      await expectError(() => session.createIoBinding({ x }, mapped), ...refusal)
      if (location === 'cuda') await expectError(() => session.run({ x }), ...refusal)
      else await session.run({ x })
      x.write(count(4))
      expect(x.read()).toEqual(count(4))
      using aligned = buffer.view([4], { offset: 4 })
      using io = session.createIoBinding({ x: aligned }, mapped)
      io.runSync()
      expect([...(io.outputs.y as Float32Array)]).toEqual([-4, -0, -0, -0])
    }
  })

  test('of memory that a copy in flight uses are busy, as outputs too', async () => {
    await using session = await onCuda(slowLoop())
    const n = 96 * 96
    using buffer = OrtValue.allocate('float32', [2 * n], 'cuda')
    using trips = OrtValue.allocate('int64', [], 'cpu')
    trips.write(BigInt64Array.of(1n))
    using y = buffer.view([96, 96])
    using io = session.createIoBinding({ trips, x: [96, 96] }, { outputs: { y } })
    const tensor = buffer.view([4], { offset: 8 }).toTensor()
    const copied = tensor.getData() // on another thread
    await expectError(() => io.runSync(), 'ERR_BUSY', { says: 'being copied' })
    await copied
    io.runSync()
  })
})
