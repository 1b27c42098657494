import { type InferenceSession, type IoBinding, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, onDevice } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode, slowLoop } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

// Without the log of the runs that are ended early.
const create = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })
const floats = (...values: number[]) => Float32Array.from(values)

/** A binding of slowLoop() that multiplies so many times, or, where the device may be software, a part of that. */
function slowBinding(session: InferenceSession, trips: number, seed = 1): IoBinding {
  const binding = session.createIoBinding({ trips: [], x: [96, 96] })
  ;(binding.inputs.trips as BigInt64Array)[0] = BigInt(onDevice ? Math.ceil(trips / 20) : trips)
  binding.inputs.x.set(Float32Array.from({ length: 96 * 96 }, (_, i) => ((i * seed) % 7) - 3))
  return binding
}

async function runExpected(session: InferenceSession, binding: IoBinding): Promise<unknown> {
  const x = float32(binding.inputs.x as Float32Array, [96, 96])
  const { y } = await session.run({
    trips: new Tensor('int64', binding.inputs.trips as BigInt64Array, []),
    x,
  })
  return y!.data
}

describe('a run in flight', () => {
  test('makes the binding refuse a second run and rebinding', async () => {
    await using session = await create(slowLoop())
    using binding = slowBinding(session, 300)
    using value = OrtValue.allocate('float32', [96, 96])
    const expected = await runExpected(session, binding)
    const first = binding.run()
    const refused: (() => unknown)[] = [
      () => binding.run(),
      () => binding.bindOrtValueInput('x', value),
      () => binding.bindCpuInput('x', float32(new Float32Array(9216), [96, 96])),
      () => binding.bindOrtValueOutput('y', value),
      () => binding.bindOutput('y'),
      () => binding.clearBindingInputs(),
      () => binding.clearBindingOutputs(),
      ...(isNative ? [() => binding.runSync()] : []),
    ]
    // All at once: the first run may end at any turn of the event loop.
    await Promise.all(refused.map((call) => expectError(call, 'ERR_BUSY', { says: 'one run at a time' })))
    await first
    expect(binding.outputs.y).toEqual(expected)
    binding.bindOrtValueOutput('y', value)
    await binding.run()
    expect(value.data).toEqual(expected)
  })

  test('leaves the binding without outputs', async () => {
    await using session = await create(slowLoop())
    using binding = slowBinding(session, 100)
    await binding.run()
    const second = binding.run()
    await Promise.all([expectError(() => binding.getOutputs(), /^ERR_(INVALID_ARG_VALUE|BUSY)$/), second])
    expect(binding.getOutputs()).toHaveLength(1)
  })

  test('makes other bindings of the session wait, first in, first out', async () => {
    await using session = await create(slowLoop())
    const bindings = [5, 4, 3, 2, 1].map((seed) => slowBinding(session, 20 * seed, seed))
    const ended: number[] = []
    await Promise.all(bindings.map((binding, i) => binding.run().then(() => ended.push(i))))
    expect(ended).toEqual([0, 1, 2, 3, 4])
    for (const binding of bindings) {
      expect(binding.outputs.y).toEqual(await runExpected(session, binding))
      binding.dispose()
    }
  })

  if (isNative) {
    test('ends before runSync of another binding starts', async () => {
      await using session = await create(slowLoop())
      using first = slowBinding(session, 200)
      using second = slowBinding(session, 20, 2)
      const { y } = first.outputs
      const pending = first.run()
      second.runSync()
      const after = Float32Array.from(y as Float32Array)
      await pending
      expect(y).toEqual(after)
      expect(y).toEqual(await runExpected(session, first))
      expect(second.outputs.y).toEqual(await runExpected(session, second))
    })

    test('is canceled by a signal, as a queued run is', async () => {
      await using session = await create(slowLoop())
      using first = slowBinding(session, 1_000_000)
      using second = slowBinding(session, 1_000_000)
      const running = new AbortController()
      const waiting = new AbortController()
      const pending = [first.run({ signal: running.signal }), second.run({ signal: waiting.signal })]
      const reason = new Error('no longer wanted')
      waiting.abort()
      await expect(pending[1]).rejects.toMatchObject({ name: 'AbortError' })
      running.abort(reason)
      await expect(pending[0]).rejects.toBe(reason)
      await expect(first.run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      for (const binding of [first, second]) {
        ;(binding.inputs.trips as BigInt64Array)[0] = 2n
        await binding.run({ signal: new AbortController().signal })
        expect(binding.outputs.y).toEqual(await runExpected(session, binding))
      }
    })
  } else {
    test('is not canceled by onnxruntime-node', async () => {
      await using session = await create(oneNode())
      using binding = session.createIoBinding()
      const { signal } = new AbortController()
      await expectError(() => binding.run({ signal }), 'ERR_NOT_SUPPORTED', { says: 'cancel' })
      await binding.run({})
      expect(binding.outputs.y).toEqual(floats(1))
    })
  }
})

describe('disposal', () => {
  const uses: [string, (binding: IoBinding) => unknown][] = [
    ...runForms,
    ['bindCpuInput', (binding) => binding.bindCpuInput('x', float32([1]))],
    ['bindOutput', (binding) => binding.bindOutput('y')],
    ['clearBindingInputs', (binding) => binding.clearBindingInputs()],
    ['clearBindingOutputs', (binding) => binding.clearBindingOutputs()],
  ]

  test.each(uses)('a disposed binding refuses %s', async (_name, use) => {
    await using session = await create(oneNode())
    const binding = session.createIoBinding()
    await binding.run()
    const { y } = binding.outputs
    binding.dispose()
    binding.dispose()
    binding[Symbol.dispose]()
    await expectError(() => use(binding), 'ERR_DISPOSED', { says: 'IoBinding' })
    if (isNative) expect(y).toHaveLength(0)
    expect((await session.run({ x: float32([1]) })).y!.data).toEqual(floats(2))
  })

  test.each(uses)('a binding of a released session refuses %s', async (_name, use) => {
    const session = await create(oneNode())
    using binding = session.createIoBinding()
    await binding.run()
    await session.release()
    await expectError(() => use(binding), 'ERR_DISPOSED', { says: 'session' })
    // The earlier values are still bound.
    expect(binding.outputs.y).toEqual(floats(1))
  })

  test.skipIf(onDevice).each(runForms)(
    'an output that ONNX Runtime allocated is read after the release: %s',
    async (_name, run) => {
      for (const awaited of [true, false]) {
        const session = await create(oneNode())
        using binding = session.createIoBinding({}, { outputs: { y: 'dynamic' } })
        binding.inputs.x.fill(4)
        const ran = run(binding)
        if (awaited) await ran
        const released = session.release()
        await ran
        if (awaited) await released
        expect(binding.outputs.y).toEqual(floats(5))
        await released
        expect([...binding.getOutputs()[0]!.read()]).toEqual([5])
        expect(binding.copyOutputsToCpu()[0]!.data).toEqual(floats(5))
      }
    },
  )

  test.each(runForms)('a binding of a disposed value refuses %s', async (_name, run) => {
    await using session = await create(oneNode())
    for (const side of ['input', 'output']) {
      const value = OrtValue.allocate('float32', [1])
      using binding = session.createIoBinding(
        side === 'input' ? { x: value } : {},
        side === 'output' ? { outputs: { y: value } } : {},
      )
      await run(binding)
      value.dispose()
      await expectError(() => run(binding), 'ERR_DISPOSED', { says: 'OrtValue' })
      if (side === 'input') binding.bindCpuInput('x', float32([1]))
      else binding.bindOutput('y')
      await run(binding)
      expect(binding.outputs.y).toEqual(floats(side === 'input' ? 2 : 1))
    }
  })

  test('disposing a binding leaves values of the user as they are', async () => {
    await using session = await create(oneNode())
    using x = OrtValue.allocate('float32', [1])
    using y = OrtValue.allocate('float32', [1])
    session.createIoBinding({ x }, { outputs: { y } }).dispose()
    expect([x.disposed, y.disposed]).toEqual([false, false])
  })

  test('disposing a binding while a run is in flight lets the run finish', async () => {
    const session = await create(slowLoop())
    const binding = slowBinding(session, 100)
    const other = slowBinding(session, 100)
    using x = OrtValue.fromTensor(float32(binding.inputs.x as Float32Array, [96, 96]))
    using y = OrtValue.allocate('float32', [96, 96])
    binding.bindOrtValueInput('x', x)
    binding.bindOrtValueOutput('y', y)
    const expected = await runExpected(session, other)
    const runs = [binding.run(), other.run()]
    binding.dispose()
    const released = session.release()
    await Promise.all([...runs, released])
    expect(y.data).toEqual(expected)
    expect(other.outputs.y).toEqual(expected)
    await expectError(() => other.run(), 'ERR_DISPOSED')
    other.dispose()
  })
})
