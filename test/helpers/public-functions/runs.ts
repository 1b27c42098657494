// The functions of sessions, bindings, batchers and pools.
import type { Batcher } from 'onnxruntime-iobinding'

import { type Any, batched, batcher, io, pool, released, session, x } from './opened.ts'

/** What hostile arguments were accepted for. */
async function closed(created: Promise<Batcher>): Promise<void> {
  await (await created).close()
}

export const RUNS: Readonly<Record<string, (bad: Any) => unknown>> = {
  'session.run(BAD)': (bad) => session.run(bad),
  'session.run({ x: BAD })': (bad) => session.run({ x: bad }),
  'session.run(feeds, BAD)': (bad) => session.run(x(), bad),
  'session.run(feeds, [BAD])': (bad) => session.run(x(), [bad]),
  'session.run(feeds, { y: BAD })': (bad) => session.run(x(), { y: bad }),
  'session.run(feeds, fetches, BAD)': (bad) => session.run(x(), ['y'], bad),
  'session.run(feeds, fetches, { extra: BAD })': (bad) => session.run(x(), ['y'], { extra: bad }),
  'session.run(feeds, fetches, { signal: BAD })': (bad) => session.run(x(), ['y'], { signal: bad }),
  'session.run(feeds, fetches, { tag: BAD })': (bad) => session.run(x(), ['y'], { tag: bad }),
  'session.run(feeds, { activeLoraAdapters: BAD })': (bad) => session.run({}, { activeLoraAdapters: bad }),
  'session.run(feeds, { activeLoraAdapters: [BAD] })': (bad) =>
    session.run({}, { activeLoraAdapters: [bad] }),
  'session.prepareRunOptions(BAD)': (bad) => void session.prepareRunOptions(bad),
  'session.prepareRunOptions({ extra: BAD })': (bad) => void session.prepareRunOptions({ extra: bad }),
  'session.prepareRunOptions({ profile: BAD })': (bad) => void session.prepareRunOptions({ profile: bad }),
  'session.run() after release': () => released.run(x()),
  'session.modelMetadata': () => session.modelMetadata,
  'session.modelMetadata after release': () => released.modelMetadata,
  'session.graphAssignment()': () => session.graphAssignment(),
  'session.endProfiling()': () => session.endProfiling(),
  'session.createIoBinding(BAD)': (bad) => session.createIoBinding(bad).dispose(),
  'session.createIoBinding({ x: BAD })': (bad) => session.createIoBinding({ x: bad }).dispose(),
  'session.createIoBinding(inputs, BAD)': (bad) => session.createIoBinding({ x: [1] }, bad).dispose(),
  'session.createIoBinding(inputs, { outputs: BAD })': (bad) =>
    session.createIoBinding({ x: [1] }, { outputs: bad }).dispose(),
  'session.createIoBinding(inputs, { outputs: { y: BAD } })': (bad) =>
    session.createIoBinding({ x: [1] }, { outputs: { y: bad } }).dispose(),
  'session.createIoBinding(inputs, { fetches: BAD })': (bad) =>
    session.createIoBinding({ x: [1] }, { fetches: bad }).dispose(),
  'session.createIoBinding(inputs, { mapped: BAD })': (bad) =>
    session.createIoBinding({ x: [1] }, { mapped: bad }).dispose(),
  'session.runWithIoBinding(BAD)': (bad) => session.runWithIoBinding(bad),
  'session.runWithIoBinding(io, BAD)': (bad) => session.runWithIoBinding(io, bad),
  'session.createBatcher(BAD)': (bad) => closed(batched.createBatcher(bad)),
  'session.createBatcher({ x: BAD })': (bad) => closed(batched.createBatcher({ x: bad })),
  'session.createBatcher({ x: [BAD] })': (bad) => closed(batched.createBatcher({ x: [bad] })),
  'session.createBatcher(row, BAD)': (bad) => closed(batched.createBatcher({ x: [1] }, bad)),
  ...Object.fromEntries(
    ['batchAxes', 'fetches', 'pad', 'samples', 'sizes', 'verify', 'maxQueueDelayMs'].map((name) => [
      `session.createBatcher(row, { ${name}: BAD })`,
      (bad: Any) => closed(batched.createBatcher({ x: [1] }, { maxBatchSize: 2, [name]: bad } as Any)),
    ]),
  ),
  'session.createBatcher(row, { samples: [BAD] })': (bad) =>
    closed(batched.createBatcher({ x: [1] }, { maxBatchSize: 2, samples: [bad] })),
  'batcher.run(BAD)': (bad) => batcher.run(bad),
  'batcher.run({ x: BAD })': (bad) => batcher.run({ x: bad }),
  'batcher.run(row, BAD)': (bad) => batcher.run({ x: new Float32Array(1) }, bad),
  'batcher.run(row, { signal: BAD })': (bad) => batcher.run({ x: new Float32Array(1) }, { signal: bad }),
  'batcher.run(row, { timeoutMs: BAD })': (bad) =>
    batcher.run({ x: new Float32Array(1) }, { timeoutMs: bad }),
  'batcher.run(row, { priority: BAD })': (bad) => batcher.run({ x: new Float32Array(1) }, { priority: bad }),
  'session.createBindingPool(BAD)': (bad) => void batched.createBindingPool(bad).close(),
  'session.createBindingPool(shapes, BAD)': (bad) =>
    void batched.createBindingPool({ x: [1, 1] }, bad).close(),
  'session.createBindingPool(shapes, { size: BAD })': (bad) =>
    void batched.createBindingPool({ x: [1, 1] }, { size: bad }).close(),
  'pool.use(BAD)': (bad) => (typeof bad === 'function' ? undefined : pool.use(bad)),
  'pool.use(work, BAD)': (bad) => pool.use(() => undefined, bad),
  'pool.use(work, { timeoutMs: BAD })': (bad) => pool.use(() => undefined, { timeoutMs: bad }),
  'batcher.close() and pool.close() of others': async () => {
    await batched.createBindingPool({ x: [1, 1] }, { size: 1 }).close()
    await closed(batched.createBatcher({ x: [1] }))
  },
  'session.ioBinding()': () => session.ioBinding().dispose(),
  'batcher.runWithShapes(BAD)': (bad) => batcher.runWithShapes(bad),
  'batcher.runWithShapes(row, BAD)': (bad) => batcher.runWithShapes({ x: new Float32Array(1) }, bad),
  'io.run(BAD)': (bad) => io.run(bad),
  'io.run({ upload: BAD })': (bad) => io.run({ upload: bad }),
  'io.runSync(BAD)': (bad) => io.runSync(bad),
  'io.runSync({ upload: [BAD] })': (bad) => io.runSync({ upload: [bad] }),
  'io.run(prepared, BAD)': (bad) => io.run(session.prepareRunOptions({}), bad),
  'io.runSync(prepared, { upload: BAD })': (bad) =>
    io.runSync(session.prepareRunOptions({}), { upload: bad }),
  'io.capture({ onStale: BAD })': (bad) => io.capture({ onStale: bad }),
  'io.releaseCapture()': () => io.releaseCapture(),
  'io.bindAdapter(BAD)': (bad) => session.ioBinding().bindAdapter(bad),
  'io.clearBindingInputs() and clearBindingOutputs()': () => {
    const empty = session.ioBinding()
    empty.clearBindingInputs()
    empty.clearBindingOutputs()
  },
  'io.capture(BAD)': (bad) => io.capture(bad),
  'io.inputValue(BAD)': (bad) => io.inputValue(bad),
  'io.outputValue(BAD)': (bad) => io.outputValue(bad),
  'io.bindCpuInput(BAD)': (bad) => session.ioBinding().bindCpuInput(bad, x().x),
  'io.bindCpuInput(x, BAD)': (bad) => session.ioBinding().bindCpuInput('x', bad),
  'io.bindOutput(BAD)': (bad) => session.ioBinding().bindOutput(bad),
  'io.bindOutput(y, BAD)': (bad) => session.ioBinding().bindOutput('y', bad),
  'io.bindOutput(y, cpu, BAD)': (bad) => session.ioBinding().bindOutput('y', 'cpu', bad),
  'io.getOutputs() before a run': () => session.ioBinding().getOutputs(),
  'io.copyOutputsToCpu() before a run': () => session.ioBinding().copyOutputsToCpu(),
}
