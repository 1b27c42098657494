// Graphs that other runs of their session made stale.
import { type InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { mlp, model, node, pseudoRandom, tensor, value } from '../helpers/model-builder.mjs'
import * as fake from './fake-cuda.mjs'
import { alive, count, describeCuda, onCpu, onCuda } from './support'

const SHRINK = { extra: { memory: { enable_memory_arena_shrinkage: 'cpu:0' } } }
const feeds = (batch: number) => ({
  x: new Tensor('float32', new Float32Array(batch * 128).fill(1), [batch, 128]),
})

async function captured(session: InferenceSession, onStale?: 'recapture' | 'throw') {
  const binding = session.createIoBinding({ x: [1, 128] })
  binding.inputs.x.set(pseudoRandom(128) as never)
  await binding.capture({ verify: true, ...(onStale && { onStale }) })
  return binding
}

describeCuda('a stale graph', () => {
  test.each([
    ['new shapes by session.run', (session: InferenceSession) => session.run(feeds(8)), 1],
    ['shapes that the session has seen', (session: InferenceSession) => session.run(feeds(1)), 0],
    ['a shrunk arena', (session: InferenceSession) => session.run(feeds(1), SHRINK), 1],
    [
      'new shapes by another binding',
      async (session: InferenceSession) => {
        const other = session.createIoBinding({ x: [3, 128] })
        await other.run()
        other.dispose()
      },
      1,
    ],
  ])('is captured anew by the next run, once: after %s', async (_, act, recaptures) => {
    await using session = await onCuda(mlp(), { enableGraphCapture: true })
    await using cpu = await onCpu(mlp())
    using binding = await captured(session)
    using reference = cpu.createIoBinding({ x: [1, 128] })
    const before = alive()
    await act(session)
    for (const seed of [1, 2, 3]) {
      for (const { inputs } of [binding, reference]) (inputs.x as Float32Array).set(pseudoRandom(128, seed))
      fake.clearCalls()
      await (seed % 2 ? binding.run() : binding.runSync())
      expect(count('StreamBeginCapture')).toBe(seed === 1 ? recaptures : 0)
      expect(count('GraphLaunch')).toBe(seed === 1 ? 1 - recaptures : 1)
      reference.runSync()
      expect(binding.outputs.y).toEqual(reference.outputs.y)
    }
    expect(binding.recaptures).toBe(recaptures)
    expect(binding.captured).toBe(true)
    expect(alive()).toEqual(before)
  })

  // ONNX Runtime's fused convolutions replace a buffer whenever the shape changes.
  test('is one of a convolution after every change of shape', async () => {
    const convolution = model({
      inputs: [value('x', 'float32', ['n', 1, 2, 2])],
      outputs: [value('y', 'float32', ['n', 1, 2, 2])],
      nodes: [node('Conv', ['x', 'weight'], ['y'])],
      initializers: [tensor('weight', 'float32', [1, 1, 1, 1], [3])],
    })
    await using session = await onCuda(convolution, { enableGraphCapture: true })
    using binding = session.createIoBinding({ x: [1, 1, 2, 2] })
    using other = session.createIoBinding({ x: [2, 1, 2, 2] })
    other.runSync()
    await binding.capture({ verify: true })
    for (let i = 1; i < 4; i++) {
      binding.inputs.x.fill(i)
      binding.runSync()
      binding.runSync()
      expect(binding.outputs.y).toEqual(new Float32Array(4).fill(3 * i))
      expect(binding.recaptures).toBe(i - 1)
      other.runSync()
    }
  })

  test("throws with onStale: 'throw', until it is captured again", async () => {
    await using session = await onCuda(mlp(), { enableGraphCapture: true })
    using binding = await captured(session, 'throw')
    binding.runSync()
    await session.run(feeds(8))
    for (const run of [() => binding.run(), () => binding.runSync()]) {
      await expectError(run, 'ERR_GRAPH_STALE', { says: 'releaseCapture()' })
    }
    expect([binding.captured, binding.recaptures]).toEqual([true, 0])
    binding.releaseCapture()
    binding.runSync()
    await binding.capture({ onStale: 'throw' })
    binding.runSync()
    await expectError(() => binding.capture({ onStale: 'never' } as never), 'ERR_INVALID_ARG_VALUE')
  })

  test('that cannot be captured anew has plain runs, after some attempts', async () => {
    await using session = await onCuda(mlp(), { enableGraphCapture: true })
    using binding = await captured(session)
    await session.run(feeds(8))
    fake.setNodeType(3)
    for (let i = 1; i <= 6; i++) {
      fake.clearCalls()
      binding.runSync()
      expect(count('StreamBeginCapture')).toBe(i <= 4 ? 1 : 0)
      expect(count('GraphLaunch')).toBe(0)
    }
    expect(binding.recaptures).toBe(0)
    binding.releaseCapture()
    fake.setNodeType(0)
    await binding.capture({ verify: true })
    binding.runSync()
  })
})
