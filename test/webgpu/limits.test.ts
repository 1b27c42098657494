import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { counter, model, node, value } from '../helpers/model-builder.mjs'
import { int64 } from '../helpers/values.ts'
import { create, createMixed, double, floats, onDevice } from './webgpu.ts'

/** SwiftShader's limit on the size of a buffer. */
const LIMIT = 2 ** 30
const quiet = { logSeverityLevel: 4 } as const

/** The largest of n * n copies of x. */
const largest = model({
  inputs: [value('x', 'float32', [1, 1]), value('shape', 'int64', [2])],
  outputs: [value('y', 'float32', [1, 1])],
  nodes: [node('Expand', ['x', 'shape'], ['copies']), node('ReduceMax', ['copies'], ['y'], { keepdims: 1 })],
})

describe('memory beyond the limit of the device', () => {
  test('is refused when it is allocated, and other values keep their data', async () => {
    using before = onDevice([1, 2, 3])
    for (const bytes of [LIMIT + 1, 2 ** 40]) {
      using copied = onDevice([0, 0, 0])
      before.write(floats(4, 5, bytes))
      before.copyTo(copied)
      const error = await expectError(
        () => OrtValue.allocate('uint8', [bytes], 'webgpu'),
        'ERR_OUT_OF_MEMORY',
        { says: [`${bytes} bytes`] },
      )
      expect(error.remedy).toMatch(/smaller/)
      expect(before.read()).toEqual(floats(4, 5, bytes))
      expect(copied.read()).toEqual(floats(4, 5, bytes))
      using after = onDevice([7])
      expect(after.read()).toEqual(floats(7))
    }
  })

  test('is refused for the device copy of a bound value, and the binding stays usable', async () => {
    await using session = await create(double(), quiet)
    using binding = session.createIoBinding({ x: [LIMIT / 4 + 1] }, { outputs: { y: 'dynamic' } })
    await expectError(() => binding.run(), 'ERR_OUT_OF_MEMORY')
    await expectError(() => binding.runSync(), 'ERR_OUT_OF_MEMORY')
    binding.bindOrtValueInput('x', onDevice([1, 2]))
    await binding.run()
    expect(binding.outputs.y).toEqual(floats(2, 4))
  })

  test('is an error of the run that needs it, and the session stays usable', async () => {
    for (const preferredOutputLocation of ['cpu', 'gpu-buffer'] as const) {
      await using session = await createMixed(largest, { ...quiet, preferredOutputLocation })
      const x = new Tensor('float32', [7], [1, 1])
      const run = async (size: number) => {
        const { y } = await session.run({ x, shape: int64([size, size]) })
        return y!.getData(true)
      }
      expect(await run(4)).toEqual(floats(7))
      await expectError(() => run(17_000), 'ERR_OUT_OF_MEMORY')
      expect(await run(4)).toEqual(floats(7))
    }
  })
})

describe('a run that fails on the device', () => {
  test('loses no copy, and no step of a state, that came before', async () => {
    await using failing = await createMixed(largest, quiet)
    using shape = OrtValue.allocate('int64', [2])
    shape.write(BigInt64Array.of(17_000n, 17_000n))
    using y = OrtValue.allocate('float32', [1, 1], 'webgpu')
    using fails = failing.createIoBinding({ x: onDevice([7], [1, 1]), shape }, { outputs: { y } })
    const fail = () => expectError(() => fails.run(), 'ERR_OUT_OF_MEMORY')

    using from = onDevice([1, 2])
    using to = onDevice([0, 0])
    from.copyTo(to)
    await fail()
    expect(to.read()).toEqual(floats(1, 2))

    await using counting = await create(counter())
    using state = onDevice([0])
    using counts = counting.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 0; i < 3; ++i) {
      await counts.run()
      await fail()
    }
    expect(state.read()).toEqual(floats(3))
  })
})

test('memory of more than 128 MiB is zeroed, and keeps what is written', () => {
  const size = 130 * 2 ** 18
  using large = OrtValue.allocate('float32', [size], 'webgpu')
  const data = large.read()
  expect([data.length, data[0], data.at(-1)]).toEqual([size, 0, 0])
  data[0] = 1
  data[size - 1] = 2
  large.write(data)
  const read = large.read()
  expect([read[0], read[1], read.at(-1)]).toEqual([1, 0, 2])
})
