// Captures that are refused, and what they leave.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { concatStrings, counter, mlp, model, node, nonZero, value } from '../helpers/model-builder.mjs'
import { stateful, twice } from '../helpers/shape-models.mjs'
import { float32 } from '../helpers/values'
import * as fake from './fake-cuda.mjs'
import { alive, describeCuda, numbers, onCpu, onCuda, slowBinding, slowOnCuda } from './support'

const GRAPHS = { enableGraphCapture: true }

/** y = x + noise */
const noise = () =>
  model({
    inputs: [value('x', 'float32', [8])],
    outputs: [value('y', 'float32', [8])],
    nodes: [node('RandomNormal', [], ['noise'], { shape: [8] }), node('Add', ['x', 'noise'], ['y'])],
  })

describeCuda('a refused capture', () => {
  test('is one with a node that draws random numbers', async () => {
    await using session = await onCuda(noise(), GRAPHS)
    using binding = session.createIoBinding({ x: [8] })
    await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: 'a RandomNormal node' })
    binding.runSync()
  })

  test.each([
    [1, 'reads 8 bytes of host memory'],
    [3, 'calls a function of the host'],
    [4, 'launches another graph'],
  ])('is one whose graph has a node of type %i', async (type, says) => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = session.createIoBinding({ x: [1, 128] })
    fake.setNodeType(type)
    const before = alive()
    await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says })
    expect(alive()).toEqual(before)
    binding.runSync()
    fake.setNodeType(0)
    await binding.capture({ verify: true })
    binding.runSync()
  })

  test('is one on a session without graphs', async () => {
    await using session = await onCuda(mlp())
    await using cpu = await onCpu(mlp())
    for (const loaded of [session, cpu]) {
      using binding = loaded.createIoBinding({ x: [1, 128] })
      await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE')
      binding.runSync()
    }
  })

  test('is one with an output that each run allocates', async () => {
    await using session = await onCuda(nonZero(), GRAPHS)
    using binding = session.createIoBinding({ x: [4] })
    await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: "'y'" })
    expect(binding.captured).toBe(false)
    binding.runSync()
  })

  test('is one with an output that does not have its declared shape', async () => {
    await using session = await onCuda(twice(), GRAPHS)
    using binding = session.createIoBinding({ x: [1] })
    for (let i = 1; i < 3; i++) {
      await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: ["'y'", 'outputs: {'] })
      binding.inputs.x.fill(i)
      binding.runSync()
      expect(binding.outputs.y).toEqual(Float32Array.of(i, i))
    }
    using given = session.createIoBinding({ x: [1] }, { outputs: { y: [2] } })
    await given.capture({ verify: true })
    given.inputs.x.fill(7)
    await given.run()
    expect(given.outputs.y).toEqual(Float32Array.of(7, 7))
  })

  test.each(['cuda', 'cuda-pinned', 'cpu'] as const)(
    'leaves a state in place in %s as it was, if an output does not have its declared shape',
    async (device) => {
      await using session = await onCuda(stateful(), GRAPHS)
      const state = OrtValue.fromTensor(float32([10]), device)
      using binding = session.createIoBinding({ x: [3], end: [1], state }, { outputs: { new_state: state } })
      binding.inputs.x.set([1, 2, 3])
      ;(binding.inputs.end as BigInt64Array)[0] = 2n
      await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: "'y'" })
      expect(numbers(state)).toEqual([10])
      for (let i = 1; i < 3; i++) {
        await (i === 1 ? binding.run() : binding.runSync())
        expect(numbers(state)).toEqual([10 + i])
        expect(binding.outputs.y).toEqual(Float32Array.of(1, 2))
      }
    },
  )

  test('leaves the results of the last run readable', async () => {
    // The output x is the device copy of the input x.
    const passing = model({
      inputs: [value('x', 'float32', [3])],
      outputs: [value('x', 'float32', [3]), value('y', 'float32', [3])],
      nodes: [node('Neg', ['x'], ['y'])],
    })
    await using session = await onCuda(passing, GRAPHS)
    using binding = session.ioBinding()
    binding.bindCpuInput('x', float32([1, 2, 3]))
    binding.bindOutput('x', 'cuda')
    binding.bindOutput('y')
    binding.runSync()
    binding.bindCpuInput('x', float32([4, 5, 6]))
    await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: "'x'" })
    expect(numbers(binding.outputValue('x'))).toEqual([1, 2, 3])
    expect(numbers(binding.outputValue('y'))).toEqual([-1, -2, -3])
  })

  test('is one with strings, which the CPU reads', async () => {
    await using session = await onCuda(concatStrings(), GRAPHS)
    using binding = session.createIoBinding({ a: [1], b: [1] })
    binding.bindOrtValueOutput('y', OrtValue.allocate('string', [1]))
    await expectError(() => binding.capture(), 'ERR_GRAPH_CAPTURE', { says: "'a'" })
    binding.inputValue('a')!.write(['p'])
    binding.inputValue('b')!.write(['q'])
    binding.runSync()
    expect(binding.outputValue('y')!.read()).toEqual(['pq'])
  })

  test('is one with unknown options or unbound inputs', async () => {
    await using session = await onCuda(mlp(), GRAPHS)
    using binding = session.ioBinding()
    await expectError(() => binding.capture({ check: true } as never), 'ERR_UNKNOWN_OPTION')
    await expectError(() => binding.capture({ verify: 1 } as never), 'ERR_INVALID_ARG_TYPE')
    await expectError(() => binding.capture(), 'ERR_MISSING_INPUT')
    binding.releaseCapture()
  })

  test('is one of a captured binding, which also refuses to be rebound', async () => {
    await using session = await onCuda(counter(), GRAPHS)
    using binding = session.createIoBinding({ state: [1] })
    using other = OrtValue.allocate('float32', [1], 'cuda')
    await binding.capture()
    for (const call of [
      () => binding.capture(),
      () => binding.bindOrtValueInput('state', other),
      () => binding.bindOrtValueOutput('new_state', other),
      () => binding.bindCpuInput('state', float32([1])),
      () => binding.bindOutput('new_state'),
      () => binding.clearBindingInputs(),
      () => binding.clearBindingOutputs(),
    ])
      await expectError(call, 'ERR_GRAPH_CAPTURED')
    expect(binding.captured).toBe(true)
    binding.runSync()
    expect([...(binding.outputs.new_state as Float32Array)]).toEqual([1])
    binding.releaseCapture()
    other.write(Float32Array.of(4))
    binding.bindOrtValueInput('state', other)
    await binding.capture({ verify: true })
    binding.runSync()
    expect([...(binding.outputs.new_state as Float32Array)]).toEqual([5])
  })

  test('is one of a binding in flight, and a capture in flight refuses runs and views', async () => {
    await using session = await slowOnCuda(GRAPHS)
    using binding = slowBinding(session, 1000n)
    const running = binding.run()
    await expectError(() => binding.capture(), 'ERR_BUSY')
    binding.releaseCapture() // has nothing to release
    await running
    const capturing = binding.capture()
    for (const call of [
      () => binding.run(),
      () => binding.runSync(),
      () => binding.capture(),
      () => binding.releaseCapture(),
      () => binding.bindOutput('y'),
      () => binding.inputs.x,
      () => binding.outputs.y,
    ])
      await expectError(call, 'ERR_BUSY')
    await capturing
    expect(binding.inputs.x).toHaveLength(96 * 96)
    await binding.run()
  })

  test('is one on a released session', async () => {
    const session = await onCuda(counter(), GRAPHS)
    const binding = session.createIoBinding({ state: [1] })
    await session.release()
    await expectError(() => binding.capture(), 'ERR_DISPOSED')
    binding.dispose()
  })
})
