// Captures of a binding's graph. Sessions on the fake GPU run on the CPU, which replays nothing: these tests cover the
// rest, above all that a capture leaves all data as they were.
import { type InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { mlp, model, node, pseudoRandom, tensor, twoInputs, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values'
import { alive, describeCuda, numbers, onCpu, onCuda } from './support'

const GRAPHS = { enableGraphCapture: true }
const X = pseudoRandom(128)

/** state_out = state_in + x, and y = x + x */
const accumulator = () =>
  model({
    inputs: [value('state_in', 'float32', [3]), value('x', 'float32', [3])],
    outputs: [value('state_out', 'float32', [3]), value('y', 'float32', [3])],
    nodes: [node('Add', ['state_in', 'x'], ['state_out']), node('Add', ['x', 'x'], ['y'])],
  })

/** y = x without a half of its elements, others in each run: a node of training, which its name does not tell. */
const random = () =>
  model({
    inputs: [value('x', 'float32', [8])],
    outputs: [value('y', 'float32', [8])],
    nodes: [node('Dropout', ['x', 'ratio', 'training'], ['y'])],
    initializers: [tensor('ratio', 'float32', [], [0.5]), tensor('training', 'bool', [], [1])],
  })

function accumulating(
  session: InferenceSession,
  device: 'cuda' | 'cuda-pinned' | 'cpu',
  mapped: string[] = [],
) {
  const state = OrtValue.allocate('float32', [3], device)
  state.write(Float32Array.of(100, 200, 300))
  const binding = session.createIoBinding(
    { state_in: state, x: [3] },
    { outputs: { state_out: state }, mapped },
  )
  ;(binding.inputs.x as Float32Array).set([1, 2, 3])
  return { state, binding }
}

describeCuda('binding.capture', () => {
  test.each([false, true])(
    'runs give the same results before and after a capture: verify %s',
    async (verify) => {
      await using session = await onCuda(mlp(), GRAPHS)
      await using cpu = await onCpu(mlp())
      using reference = cpu.createIoBinding({ x: [1, 128] })
      using binding = session.createIoBinding({ x: [1, 128] })
      const check = async () => {
        for (const seed of [1, 2, 3]) {
          for (const { inputs } of [binding, reference])
            (inputs.x as Float32Array).set(pseudoRandom(128, seed))
          reference.runSync()
          await (seed % 2 ? binding.run() : binding.runSync())
          expect(binding.outputs.y).toEqual(reference.outputs.y)
        }
      }
      await check()
      expect(binding.captured).toBe(false)
      await binding.capture({ verify })
      expect(binding.captured).toBe(true)
      await check()
      binding.releaseCapture()
      binding.releaseCapture()
      expect(binding.captured).toBe(false)
      await check()
      await binding.capture({ verify })
      await check()
    },
  )

  test.each([
    ['cuda', [], false],
    ['cuda', [], true],
    ['cuda-pinned', ['state_in', 'state_out'], false],
    ['cuda-pinned', ['state_in', 'state_out'], true],
    ['cuda-pinned', [], true],
    ['cuda-pinned', ['state_out'], true],
    ['cuda-pinned', ['state_in'], true],
    ['cpu', [], true],
  ] as const)(
    'a capture restores a state that is updated in place: %s, mapped %j, verify %s',
    async (device, mapped, verify) => {
      await using session = await onCuda(accumulator(), GRAPHS)
      const { state, binding } = accumulating(session, device, [...mapped])
      await binding.capture({ verify })
      expect(numbers(state)).toEqual([100, 200, 300])
      binding.runSync()
      await binding.run()
      expect(numbers(state)).toEqual([102, 204, 306])
      expect([...(binding.outputs.y as Float32Array)]).toEqual([2, 4, 6])
      binding.releaseCapture()
      await binding.capture({ verify })
      expect(numbers(state)).toEqual([102, 204, 306])
      binding.dispose()
      state.dispose()
    },
  )

  test.each([
    ['on the host', 'cpu', false],
    ['pinned', 'cuda-pinned', false],
    ['mapped', 'cuda-pinned', true],
    ['on the GPU', 'cuda', false],
  ] as const)('a capture writes no output: %s', async (_, device, mapped) => {
    await using session = await onCuda(mlp(), GRAPHS)
    using y = OrtValue.allocate('float32', [1, 128], device)
    y.write(new Float32Array(128).fill(-7))
    using binding = session.createIoBinding({ x: [1, 128] }, { outputs: { y }, mapped: mapped ? ['y'] : [] })
    ;(binding.inputs.x as Float32Array).set(X)
    await binding.capture({ verify: true })
    expect(numbers(y)).toEqual(Array(128).fill(-7))
    binding.runSync()
    expect(numbers(y)).not.toEqual(Array(128).fill(-7))
  })

  test('a capture frees its copies', async () => {
    await using session = await onCuda(accumulator(), GRAPHS)
    const { state, binding } = accumulating(session, 'cuda')
    binding.runSync() // allocates the second buffer of the state
    const before = alive()
    await binding.capture({ verify: true })
    expect(alive()).toEqual({ ...before, graphs: before.graphs + 1 })
    binding.releaseCapture()
    expect(alive()).toEqual(before)
    binding.dispose()
    state.dispose()
  })

  test('a capture leaves inputs as they are', async () => {
    await using session = await onCuda(twoInputs(), GRAPHS)
    using a = OrtValue.fromTensor(float32([1, 2]), 'cuda')
    using binding = session.createIoBinding({ a, b: [2] })
    ;(binding.inputs.b as Float32Array).set([3, 4])
    await binding.capture({ verify: true })
    expect(numbers(a)).toEqual([1, 2])
    expect([...(binding.inputs.b as Float32Array)]).toEqual([3, 4])
    binding.runSync({ upload: [] })
    expect([...(binding.outputs.sum as Float32Array)]).toEqual([4, 6])
  })

  test('verify detects a model whose results differ in each run', async () => {
    await using session = await onCuda(random(), GRAPHS)
    using binding = session.createIoBinding({ x: [8] })
    ;(binding.inputs.x as Float32Array).fill(1)
    await binding.run()
    const before = alive()
    await expectError(() => binding.capture({ verify: true }), 'ERR_GRAPH_MISMATCH', { says: '1 of 1' })
    expect(binding.captured).toBe(false)
    expect(alive()).toEqual(before)
    await binding.run()
    binding.runSync()
    binding.bindOrtValueInput('x', OrtValue.allocate('float32', [8], 'cuda'))
    binding.runSync()
    await binding.capture()
    expect(binding.captured).toBe(true)
  })

  test('verify leaves the state as it was when it fails', async () => {
    await using session = await onCuda(random(), GRAPHS)
    using state = OrtValue.fromTensor(float32([1, 2, 3, 4, 5, 6, 7, 8]), 'cuda')
    using binding = session.createIoBinding({ x: state }, { outputs: { y: state } })
    await expectError(() => binding.capture({ verify: true }), 'ERR_GRAPH_MISMATCH')
    expect(numbers(state)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})
