// Several bindings of one session in flight: events order their copies on separate streams, and they settle first in,
// first out.
import { type DeviceName, type InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors'
import { counter } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values'
import * as fake from './fake-cuda.mjs'
import { alive, describeCuda, ENDLESS, LONG, numbers, onCuda, slowBinding, slowOnCuda, work } from './support'

const output = (binding: { outputs: object }) => [...(binding.outputs as { y: Float32Array }).y]

/** The outputs of runs of so many trips, one at a time. */
function alone(session: InferenceSession, trips: readonly bigint[]): number[][] {
  return trips.map((count) => {
    using binding = slowBinding(session, count)
    binding.runSync()
    return output(binding)
  })
}

/** The largest number of runs in flight. */
function mostStarted(): number {
  let [started, most] = [0, 0]
  for (const { name, result } of fake.calls()) {
    if (name === 'fake_cuda_flush') most = Math.max(most, ++started)
    else if ((name === 'cuEventQuery' || name === 'cuEventSynchronize') && result === 0) started--
  }
  expect(started).toBe(0)
  return most
}

describeCuda('bindings of one session in flight', () => {
  test.each(['spin', 'block'] as const)('overlap, with correct results: %s', async (wait) => {
    await using session = await slowOnCuda({ wait })
    const trips = [LONG, 1n, 2n, 3n, 4n, 5n, 6n]
    const expected = alone(session, trips)
    const bindings = trips.map((count) => slowBinding(session, count))
    fake.clearCalls()
    const settled: number[] = []
    await Promise.all(bindings.map((binding, i) => binding.run().then(() => settled.push(i))))
    expect(settled).toEqual([0, 1, 2, 3, 4, 5, 6])
    for (const [i, binding] of bindings.entries()) expect(output(binding)).toEqual(expected[i])

    const calls = work()
    const at = (name: string) => calls.flatMap((call, i) => (call.name === name ? [i] : []))
    const runs = at('fake_cuda_flush')
    const uploads = at('MemcpyHtoDAsync')
    const downloads = at('MemcpyDtoHAsync')
    const ends = fake
      .calls()
      .filter(({ name }) => !/Ctx|CaptureMode/.test(name))
      .flatMap(({ name, result }, i) => (/Event(Query|Synchronize)/.test(name) && result === 0 ? [i] : []))
    expect([runs.length, uploads.length, downloads.length, ends.length]).toEqual([7, 14, 7, 7])
    const streams = (indices: number[]) => [...new Set(indices.map((i) => calls[i]!.stream))]
    const [compute] = streams(runs)
    expect(streams(runs)).toEqual([compute])
    // The first may have run alone; each of the others copies on two other streams.
    const [upload, ...moreUploads] = streams(uploads.slice(2))
    const [download, ...moreDownloads] = streams(downloads.slice(1))
    expect([...moreUploads, ...moreDownloads]).toEqual([])
    expect(new Set([compute, upload, download]).size).toBe(3)
    for (let run = 1; run < 7; run++) {
      const between = calls.slice(uploads[2 * run], downloads[run]! + 2)
      expect(between.filter(({ name }) => !/EventQuery|EventSynchronize/.test(name))).toEqual([
        { name: 'MemcpyHtoDAsync', stream: upload },
        { name: 'MemcpyHtoDAsync', stream: upload },
        { name: 'EventRecord', stream: upload },
        { name: 'StreamWaitEvent', stream: compute },
        calls[runs[run]!],
        { name: 'EventRecord', stream: compute },
        { name: 'StreamWaitEvent', stream: download },
        { name: 'MemcpyDtoHAsync', stream: download },
        { name: 'EventRecord', stream: download },
      ])
    }
    if (wait === 'spin') {
      for (let run = 1; run < 7; run++) expect(uploads[2 * run]).toBeLessThan(ends[run - 1]!)
    }
    expect(mostStarted()).toBeLessThanOrEqual(4)
    for (const binding of bindings) binding.dispose()
  })

  test('occupy the device with at most four runs', async () => {
    await using session = await slowOnCuda()
    const bindings = Array.from({ length: 40 }, (_, i) => slowBinding(session, i === 0 ? LONG : 1n))
    fake.clearCalls()
    await Promise.all(bindings.map((binding) => binding.run()))
    expect(mostStarted()).toBeLessThanOrEqual(4)
    for (const binding of bindings) binding.dispose()
  })

  /** Each binding reads the value that the one before it writes; all are in flight together. */
  async function expectChain(device: DeviceName, moreOptions: (i: number) => object = () => ({})) {
    await using session = await onCuda(counter())
    const values = Array.from({ length: 9 }, () => OrtValue.allocate('float32', [1], device))
    const bindings = values.slice(1).map((to, i) => {
      return session.createIoBinding({ state: values[i]! }, { outputs: { new_state: to }, ...moreOptions(i) })
    })
    for (let round = 0; round < 20; round++) {
      values[0]!.write(Float32Array.of(100 * round))
      await Promise.all(bindings.map((binding) => binding.run()))
      expect(values.map((value) => numbers(value)[0])).toEqual(values.map((_, i) => 100 * round + i))
    }
    for (const binding of bindings) binding.dispose()
    for (const value of values) value.dispose()
  }

  // A run reads the host memory that an earlier run writes, in the order of the calls, as on the CPU.
  test.each(['cpu', 'cuda-pinned', 'cuda'] as const)(
    'read the value that an earlier run writes: %s',
    (device) => expectChain(device),
  )

  test.each([
    ['as an output', { mapped: ['new_state'] }, {}],
    ['as an input', {}, { mapped: ['state'] }],
  ])('read the mapped memory that an earlier run writes: %s', (_, first, second) =>
    expectChain('cuda-pinned', (i) => (i % 2 ? second : first)),
  )

  test.each(['cpu', 'cuda-pinned', 'cuda'] as const)('share a state: %s', async (device) => {
    await using session = await onCuda(counter())
    using state = OrtValue.allocate('float32', [1], device)
    const bindings = Array.from({ length: 8 }, () =>
      session.createIoBinding({ state }, { outputs: { new_state: state } }),
    )
    for (let round = 0; round < 10; round++) await Promise.all(bindings.map((binding) => binding.run()))
    expect(numbers(state)).toEqual([80])
    for (const binding of bindings) binding.dispose()
  })

  test('run before later calls of runSync and session.run', async () => {
    await using session = await slowOnCuda()
    const [first, second] = alone(session, [LONG, 3n])
    using slow = slowBinding(session, LONG)
    using quick = slowBinding(session, 3n)
    const order: string[] = []
    const running = slow.run().then(() => order.push('run'))
    const feeds = { trips: quick.inputValue('trips')!, x: quick.inputValue('x')! }
    const results = session.run(feeds).then((result) => {
      order.push('session.run')
      return result
    })
    quick.runSync()
    expect(order).toEqual([])
    // Its run has ended, but its promise has not settled: until then `outputs` throws.
    expect([...(slow.outputValue('y')!.data as Float32Array)]).toEqual(first)
    expect(output(quick)).toEqual(second)
    await running
    expect(output(slow)).toEqual(first)
    expect([...((await results).y!.data as Float32Array)]).toEqual(second)
    expect(order).toEqual(['run', 'session.run'])
  })

  test('end at once by a signal if they are queued, and soon if they are running', async () => {
    await using session = await slowOnCuda()
    const [expected] = alone(session, [2n])
    const controllers = [0, 1, 2].map(() => new AbortController())
    const bindings = controllers.map(() => slowBinding(session, ENDLESS))
    using last = slowBinding(session, 2n)
    const runs = bindings.map((binding, i) => binding.run({ signal: controllers[i]!.signal }))
    const settled: number[] = []
    const results = runs.map((run, i) => run.catch(({ name }) => settled.push(i) && name))
    const end = last.run()
    controllers[1]!.abort()
    expect(await results[1]).toBe('AbortError')
    expect(settled).toEqual([1])
    controllers[0]!.abort()
    controllers[2]!.abort()
    expect(await Promise.all(results)).toEqual(Array(3).fill('AbortError'))
    await end
    expect(output(last)).toEqual(expected)
    for (const binding of bindings) {
      ;(binding.inputs.trips as BigInt64Array)[0] = 2n
      binding.runSync()
      expect(output(binding)).toEqual(expected)
      binding.dispose()
    }
  })

  test('are unaffected by a run that fails', async () => {
    await using session = await slowOnCuda()
    const trips = [LONG, 1n, 2n, 3n, 4n]
    const expected = alone(session, trips)
    const bindings = trips.map((count) => slowBinding(session, count))
    fake.failNthCall('cuMemcpyDtoHAsync_v2', 3, 1)
    const results = await Promise.allSettled(bindings.map((binding) => binding.run()))
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true])
    for (const i of [0, 1, 3, 4]) expect(output(bindings[i]!)).toEqual(expected[i])
    await bindings[2]!.run()
    expect(output(bindings[2]!)).toEqual(expected[2])
    for (const binding of bindings) binding.dispose()
  })

  test('continue after dispose and after release of the session', async () => {
    const session = await slowOnCuda()
    OrtValue.fromTensor(float32([1]), 'cuda').dispose() // creates the transfer stream
    const before = alive()
    const bindings = [LONG, 1n, 2n, 3n].map((count) => slowBinding(session, count))
    const settled: number[] = []
    const runs = bindings.map((binding, i) => binding.run().then(() => settled.push(i)))
    bindings[0]!.dispose()
    bindings[2]!.dispose()
    const released = session.release().then(() => settled.push(4))
    await expectError(() => bindings[1]!.run(), 'ERR_DISPOSED')
    await Promise.all([...runs, released])
    expect(settled).toEqual([0, 1, 2, 3, 4])
    for (const binding of bindings) binding.dispose()
    expect(alive()).toEqual({ ...before, streams: before.streams - 3 })
  })
})
