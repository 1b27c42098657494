// Captures beside other work, and captures whose binding, session or values are released.
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { counter, mlp } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values'
import * as fake from './fake-cuda.mjs'
import { alive, describeCuda, LONG, numbers, onCuda, slowBinding, slowOnCuda } from './support'

const GRAPHS = { enableGraphCapture: true }

describeCuda('concurrent captures', () => {
  test('captures of several sessions on two GPUs are correct', async () => {
    const sessions = await Promise.all(
      [0, 1, 0, 1].map((deviceId) => onCuda(counter(), { ...GRAPHS, deviceId })),
    )
    const states = [0, 1, 0, 1].map((id) => OrtValue.fromTensor(float32([10]), 'cuda', id))
    const bindings = sessions.map((session, i) => {
      return session.createIoBinding({ state: states[i]! }, { outputs: { new_state: states[i]! } })
    })
    for (let i = 0; i < 20; i++) {
      await Promise.all(bindings.map((binding) => binding.capture({ verify: i % 2 === 0 })))
      await Promise.all(bindings.map((binding) => binding.run()))
      for (const binding of bindings) binding.releaseCapture()
    }
    for (const state of states) expect(numbers(state)).toEqual([30])
    await Promise.all(sessions.map((session) => session.release()))
    for (const thing of [...bindings, ...states]) thing.dispose()
  })

  test('a capture has the GPU to itself while it records', async () => {
    const sessions = await Promise.all([0, 1, 2].map(() => slowOnCuda(GRAPHS)))
    const bindings = sessions.map((session) => slowBinding(session, 300n))
    fake.clearCalls()
    for (let i = 0; i < 5; i++) {
      const [one, two, three] = bindings
      await Promise.all([one!.capture(), two!.capture(), three!.run()])
      for (const binding of [one!, two!]) binding.releaseCapture()
    }
    const captures = []
    const others = []
    let capturing: number | undefined
    for (const { name, thread } of fake.calls()) {
      if (name === 'cuStreamBeginCapture_v2') {
        capturing = thread
        captures.push(thread)
      } else if (name === 'cuStreamEndCapture') capturing = undefined
      else if (capturing !== undefined && thread !== capturing && /flush|Memcpy|Alloc|Free/.test(name))
        others.push(name)
    }
    expect(captures).toHaveLength(10)
    expect(others).toEqual([])
    await Promise.all(sessions.map((session) => session.release()))
  })

  test('a capture blocks neither the event loop nor allocations', async () => {
    await using session = await slowOnCuda(GRAPHS)
    using binding = slowBinding(session, LONG)
    const capturing = binding.capture({ verify: true })
    fake.setCapturing(true)
    for (const device of ['cuda', 'cuda-pinned'] as const) {
      const value = OrtValue.allocate('float32', [100], device)
      value.write(new Float32Array(100).fill(1))
      expect(numbers(value)).toEqual(Array(100).fill(1))
      value.dispose()
    }
    await capturing
    fake.setCapturing(false)
  })

  test('captures and runs of one session are queued in order', async () => {
    await using session = await slowOnCuda(GRAPHS)
    const bindings = [LONG, 2n, 3n, 4n].map((trips) => slowBinding(session, trips))
    const settled: number[] = []
    const calls = bindings.map((binding, i) => (i % 2 ? binding.capture() : binding.run()))
    await Promise.all(calls.map((call, i) => call.then(() => settled.push(i))))
    expect(settled).toEqual([0, 1, 2, 3])
    expect(bindings.map(({ captured }) => captured)).toEqual([false, true, false, true])
    const results = await Promise.all(
      bindings.map(async (binding) => {
        await binding.run()
        return [...(binding.outputs.y as Float32Array)]
      }),
    )
    for (const [i, trips] of [LONG, 2n, 3n, 4n].entries()) {
      using alone = slowBinding(session, trips)
      alone.runSync()
      expect(results[i]).toEqual([...(alone.outputs.y as Float32Array)])
    }
    for (const binding of bindings) binding.dispose()
  })

  test.each([
    ['the binding is disposed', false],
    ['the session is released, and the binding disposed', true],
  ])('a capture ends when %s meanwhile', async (_, release) => {
    const session = await slowOnCuda(GRAPHS)
    OrtValue.fromTensor(float32([1]), 'cuda').dispose()
    const before = alive()
    const binding = slowBinding(session, LONG)
    const capturing = binding.capture({ verify: true })
    const released = release ? session.release() : undefined
    binding.dispose()
    await capturing
    expect(binding.captured).toBe(false)
    binding.releaseCapture()
    await (released ?? session.release())
    expect(alive()).toEqual({ ...before, streams: before.streams - 3 })
  })

  test('a capture that fails while its session is released releases everything', async () => {
    for (let i = 0; i < 50; i++) {
      const session = await onCuda(mlp(), GRAPHS)
      const before = alive()
      const binding = session.createIoBinding({ x: [1, 128] }, { outputs: { y: 'dynamic' } })
      const [capturing, released] = [binding.capture(), session.release()]
      await expect(capturing).rejects.toMatchObject({ code: 'ERR_GRAPH_CAPTURE' })
      await released
      binding.dispose()
      expect(alive()).toEqual({ ...before, streams: before.streams - 3 })
    }
  })

  test('a graph keeps collected values alive, but not disposed ones', async () => {
    await using session = await onCuda(counter(), GRAPHS)
    using binding = session.createIoBinding({ state: OrtValue.fromTensor(float32([4]), 'cuda') })
    await binding.capture({ verify: true })
    binding.runSync()
    expect([...(binding.outputs.new_state as Float32Array)]).toEqual([5])
    binding.inputValue('state')!.dispose()
    expect(() => binding.runSync()).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }))
  })
})
