import { OrtValue, type Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName, onDevice } from '../helpers/device'
import { model, node, value } from '../helpers/model-builder.mjs'

// On a device ONNX Runtime gives the input's memory, which the next run writes before JavaScript continues.

/** Outputs x, and y = x + x. */
const returned = model({
  inputs: [value('x', 'float32', [2])],
  outputs: [value('x', 'float32', [2]), value('y', 'float32', [2])],
  nodes: [node('Add', ['x', 'x'], ['y'])],
})

const preferred = {
  cpu: 'cpu',
  'cuda-pinned': 'cpu-pinned',
  cuda: 'gpu-buffer',
  webgpu: 'gpu-buffer',
} as const
type Place = keyof typeof preferred
const places: Place[] = ['cpu', deviceName ?? 'cpu']
if (deviceName === 'cuda') places.push('cuda-pinned')
const numbers = async (result: OrtValue | Tensor) =>
  Array.from((result instanceof OrtValue ? result.read() : await result.getData()) as Float32Array)

describe.runIf(onDevice).each(places)('an input in memory of %s that is returned', (place) => {
  async function open(where: Place) {
    const session = await createSession(returned, { preferredOutputLocation: preferred[where] })
    const state = OrtValue.allocate('float32', [2], place)
    state.write(Float32Array.of(1, 2))
    const step = session.createIoBinding({ x: state }, { outputs: { y: state }, fetches: ['y'] })
    return { session, state, step }
  }

  test.each(places)('to memory of %s is as it was at the end of the run', async (where) => {
    const { session, state, step } = await open(where)
    const io = session.createIoBinding({ x: state }, { fetches: ['x'] })
    io.bindOutput('x', where)
    for (const old of [1, 2, 4]) {
      await Promise.all([io.run(), step.run()])
      expect(await numbers(io.outputValue('x')!)).toEqual([old, 2 * old])
      expect(io.outputValue('x')!.location).toBe(where)
    }
    expect(await numbers(state)).toEqual([8, 16])
    await session.release()
  })

  // From the host to the device ONNX Runtime copies: what it gives is not the feed.
  const copied = place === 'cpu' ? deviceName : undefined
  test.each(places.filter((where) => where !== copied))(
    'by session.run to memory of %s is as it was',
    async (where) => {
      const { session, state, step } = await open(where)
      for (const old of [1, 2, 4]) {
        const [results] = await Promise.all([session.run<Tensor | OrtValue>({ x: state }, ['x']), step.run()])
        expect(await numbers(results.x!)).toEqual([old, 2 * old])
      }
      expect(await numbers(state)).toEqual([8, 16])
      await session.release()
    },
  )

  test.each(places)('to memory of %s is right beside a state that is written in place', async (where) => {
    const { session, state } = await open(where)
    const io = session.createIoBinding({ x: state }, { outputs: { y: state }, fetches: ['y'] })
    io.bindOutput('x', where)
    for (const old of [1, 2, 4]) {
      await io.run()
      expect(await numbers(io.outputValue('x')!)).toEqual([old, 2 * old])
      expect(await numbers(state)).toEqual([2 * old, 4 * old])
    }
    await session.release()
  })
})
