// The public functions, with an argument of each to replace.
import {
  type Batcher,
  type BindingPool,
  buildInfo,
  compileModel,
  copyTensors,
  deviceMemory,
  getEpDevices,
  InferenceSession,
  type IoBinding,
  initialize,
  initialized,
  isOrtError,
  LoraAdapter,
  listSupportedBackends,
  memoryStats,
  modelCompatibility,
  OrtError,
  OrtRangeError,
  OrtTypeError,
  OrtValue,
  preload,
  registerExecutionProviderLibrary,
  SharedWeights,
  Tensor,
  unregisterExecutionProviderLibrary,
} from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { adapterFile } from './adapter-file.ts'
import { identity, oneNode } from './model-builder.mjs'

let session: InferenceSession
let io: IoBinding
let released: InferenceSession
let batched: InferenceSession
let batcher: Batcher
let pool: BindingPool
let adapter: LoraAdapter

export async function openSessions(): Promise<void> {
  session = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
  released = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
  await released.release()
  io = session.createIoBinding({ x: [1] })
  batched = await InferenceSession.create(identity('float32', ['n', 1]), { logSeverityLevel: 4 })
  batcher = await batched.createBatcher({ x: [1] }, { maxBatchSize: 2 })
  pool = batched.createBindingPool({ x: [1, 1] }, { size: 1 })
  adapter = await LoraAdapter.create(adapterFile([['x', [1], [1]]]))
}

/** A binding, and a session unless it was released. */
export async function renewSessions(): Promise<void> {
  io.dispose()
  try {
    io = session.createIoBinding({ x: [1] })
  } catch {
    session = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
    io = session.createIoBinding({ x: [1] })
  }
}

/** What a hostile argument may dispose of, release or run again. */
export const opened = () => ({ session, io, batcher, pool, adapter })

const x = () => ({ x: new Tensor('float32', [1], [1]) })
const value = () => OrtValue.allocate('float32', [1])
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript refuses
type Any = any

/** What hostile arguments were accepted for. */
async function closed(created: Promise<Batcher>): Promise<void> {
  await (await created).close()
}

export const CALLS: Readonly<Record<string, (bad: Any) => unknown>> = {
  'initialize(BAD)': (bad) => initialize(bad),
  'preload(BAD)': (bad) => (bad === undefined || bad === null ? undefined : preload(bad)),
  'preload({ python: BAD })': (bad) => preload({ python: bad, cudnn: false }),
  'preload({ directories: BAD })': (bad) => preload({ directories: bad, cudnn: false }),
  'deviceMemory(BAD)': (bad) => deviceMemory(bad),
  'deviceMemory(cuda, BAD)': (bad) => deviceMemory('cuda', bad),
  'create(BAD)': (bad) => InferenceSession.create(bad),
  'create(model, BAD)': (bad) => InferenceSession.create(oneNode(), bad),
  'create(buffer, BAD)': (bad) => InferenceSession.create(oneNode().buffer as ArrayBuffer, bad),
  'create(buffer, 0, BAD)': (bad) => InferenceSession.create(oneNode().buffer as ArrayBuffer, 0, bad),
  ...Object.fromEntries(
    [
      'arena',
      'concurrentRuns',
      'deterministicCompute',
      'profileFilePrefix',
      'executionProviders',
      'externalData',
      'ignoreUnknownFeeds',
      'initializers',
      'extra',
      'freeDimensionOverrides',
      'graphOptimizationLevel',
      'intraOpNumThreads',
      'logId',
      'preferredOutputLocation',
      'providerPolicy',
      'sharedWeights',
      'signal',
      'threadPool',
      'transfer',
      'warmup',
    ].map((name) => [
      `create(model, { ${name}: BAD })`,
      (bad: Any) => InferenceSession.create(oneNode(), { [name]: bad }),
    ]),
  ),
  'compileModel(BAD)': (bad) => compileModel(bad),
  'compileModel(model, BAD)': (bad) => compileModel(oneNode(), bad),
  // Other strings are names of files.
  ...Object.fromEntries(
    ['to', 'epContextBinary', 'epContextEmbedMode', 'externalInitializersFile', 'weightless', 'signal'].map(
      (name) => [
        `compileModel(model, { ${name}: BAD })`,
        (bad: Any) => (typeof bad === 'string' ? undefined : compileModel(oneNode(), { [name]: bad } as Any)),
      ],
    ),
  ),
  'modelCompatibility(BAD, devices)': (bad) => modelCompatibility(bad, getEpDevices().slice(0, 1)),
  'modelCompatibility({ info: BAD }, devices)': (bad) =>
    modelCompatibility({ info: bad }, getEpDevices().slice(0, 1)),
  'modelCompatibility(model, BAD)': (bad) => modelCompatibility(oneNode(), bad),
  'copyTensors(BAD, values)': (bad) => copyTensors(bad, [value()]),
  'copyTensors(values, BAD)': (bad) => copyTensors([value()], bad),
  'copyTensors([BAD], [BAD])': (bad) => copyTensors([bad], [bad]),
  'value.sparse()': () => value().sparse(),
  'OrtValue.fromIpcHandle(BAD)': (bad) => OrtValue.fromIpcHandle(bad, 'float32', [1]),
  'OrtValue.fromIpcHandle(handle, BAD)': (bad) => OrtValue.fromIpcHandle(new Uint8Array(80), bad, [1]),
  'OrtValue.fromIpcHandle(handle, float32, BAD)': (bad) =>
    OrtValue.fromIpcHandle(new Uint8Array(80), 'float32', bad),
  'OrtValue.fromIpcHandle(handle, float32, dims, BAD)': (bad) =>
    OrtValue.fromIpcHandle(new Uint8Array(80), 'float32', [1], bad),
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
  'io.bindOrtValueInput(BAD)': (bad) => session.ioBinding().bindOrtValueInput(bad, value()),
  'io.bindOrtValueInput(x, BAD)': (bad) => session.ioBinding().bindOrtValueInput('x', bad),
  'io.bindOrtValueInput(x, value, BAD)': (bad) => session.ioBinding().bindOrtValueInput('x', value(), bad),
  'io.bindOrtValueOutput(BAD)': (bad) => session.ioBinding().bindOrtValueOutput(bad, value()),
  'io.bindOrtValueOutput(y, BAD)': (bad) => session.ioBinding().bindOrtValueOutput('y', bad),
  'io.bindOrtValueOutput(y, value, BAD)': (bad) => session.ioBinding().bindOrtValueOutput('y', value(), bad),
  'io.bindCpuInput(BAD)': (bad) => session.ioBinding().bindCpuInput(bad, x().x),
  'io.bindCpuInput(x, BAD)': (bad) => session.ioBinding().bindCpuInput('x', bad),
  'io.bindOutput(BAD)': (bad) => session.ioBinding().bindOutput(bad),
  'io.bindOutput(y, BAD)': (bad) => session.ioBinding().bindOutput('y', bad),
  'io.bindOutput(y, cpu, BAD)': (bad) => session.ioBinding().bindOutput('y', 'cpu', bad),
  'io.getOutputs() before a run': () => session.ioBinding().getOutputs(),
  'io.copyOutputsToCpu() before a run': () => session.ioBinding().copyOutputsToCpu(),
  'OrtValue.allocate(BAD)': (bad) => OrtValue.allocate(bad, [1]),
  'OrtValue.allocate(type, BAD)': (bad) => OrtValue.allocate('float32', bad),
  'OrtValue.allocate(type, [BAD])': (bad) => OrtValue.allocate('float32', [bad]),
  'OrtValue.allocate(type, dims, BAD)': (bad) => OrtValue.allocate('float32', [1], bad),
  'OrtValue.allocate(type, dims, cpu, BAD)': (bad) => OrtValue.allocate('float32', [1], 'cpu', bad),
  'OrtValue.fromTensor(BAD)': (bad) => OrtValue.fromTensor(bad),
  'OrtValue.fromTensor(tensor, BAD)': (bad) => OrtValue.fromTensor(x().x, bad),
  'OrtValue.wrap(BAD)': (bad) => OrtValue.wrap(bad, new Float32Array(1) as never, [1]),
  'OrtValue.wrap(type, BAD)': (bad) => OrtValue.wrap('float32', bad, [1]),
  'OrtValue.wrap(type, data, BAD)': (bad) => OrtValue.wrap('float32', new Float32Array(1), bad),
  'OrtValue.sequence(BAD)': (bad) => OrtValue.sequence(bad),
  'OrtValue.sequence([BAD])': (bad) => OrtValue.sequence([bad]),
  'OrtValue.sequence([], BAD)': (bad) => OrtValue.sequence([], bad),
  'OrtValue.fromPointer(BAD)': (bad) => OrtValue.fromPointer(bad, 64n, 'float32', [1]),
  'OrtValue.fromPointer(cpu, BAD)': (bad) =>
    OrtValue.fromPointer('cpu', typeof bad === 'bigint' ? -bad : bad, 'float32', [1]),
  'OrtValue.fromPointer(cpu, pointer, BAD)': (bad) => OrtValue.fromPointer('cpu', 64n, bad, [1]),
  'OrtValue.fromPointer(cpu, pointer, type, BAD)': (bad) => OrtValue.fromPointer('cpu', 64n, 'float32', bad),
  'OrtValue.fromPointer(cpu, pointer, type, dims, BAD)': (bad) =>
    OrtValue.fromPointer('cpu', 64n, 'float32', [1], bad),
  'OrtValue.fromPointer(cpu, pointer, type, dims, { keep: BAD })': (bad) =>
    OrtValue.fromPointer('cpu', 64n, 'float32', [1], { keep: bad }),
  'OrtValue.fromPointer(cpu, pointer, type, dims, { deviceId: BAD })': (bad) =>
    OrtValue.fromPointer('cpu', 64n, 'float32', [1], { deviceId: bad }),
  'OrtValue.map(BAD)': (bad) => OrtValue.map(bad, new Float32Array(1)),
  'OrtValue.map([BAD])': (bad) => OrtValue.map([bad], new Float32Array(1)),
  'OrtValue.map(keys, BAD)': (bad) => OrtValue.map(['a'], bad),
  'OrtValue.map(keys, [BAD])': (bad) => OrtValue.map(['a'], [bad]),
  'value.view(BAD)': (bad) => value().view(bad),
  'value.view([BAD])': (bad) => value().view([bad]),
  'value.view(dims, BAD)': (bad) => value().view([1], bad),
  'value.view(dims, { offset: BAD })': (bad) => value().view([1], { offset: bad }),
  'value.readAsync(BAD)': (bad) => value().readAsync(bad),
  'value.writeAsync(BAD)': (bad) => value().writeAsync(bad),
  'value.copyToAsync(BAD)': (bad) => value().copyToAsync(bad),
  'value.write(BAD)': (bad) => value().write(bad),
  'value.copyTo(BAD)': (bad) => value().copyTo(bad),
  ...Object.fromEntries(
    (['read', 'readAsync', 'toTensor', 'toJS', 'elements', 'sparse', 'dispose'] as const).map((name) => [
      `OrtValue's ${name}() of BAD`,
      // Only of what has the class: of anything else JavaScript reports that it has no such function.
      (bad: Any) => (bad instanceof OrtValue ? bad[name]() : undefined),
    ]),
  ),
  "OrtValue's write() of BAD": (bad) =>
    bad instanceof OrtValue ? bad.write(new Float32Array(1) as Any) : undefined,
  "OrtValue's data, type, disposed and deviceId of BAD": (bad) =>
    bad instanceof OrtValue ? [bad.data, bad.type, bad.disposed, bad.deviceId] : undefined,
  'initialized()': () => initialized(),
  'compileModel(BAD)': (bad) => compileModel(bad),
  'compileModel(model, BAD)': (bad) => compileModel(oneNode(), bad),
  // A name is that of a file, which would be written.
  'compileModel(model, { to: BAD })': (bad) =>
    compileModel(oneNode(), { to: typeof bad === 'string' ? `/missing/${bad}` : bad }),
  ...Object.fromEntries(
    [
      'epContextBinary',
      'epContextEmbedMode',
      'errorIfNoNodesCompiled',
      'executionProviders',
      'externalInitializersSizeThreshold',
      'signal',
      'weightless',
    ].map((name) => [
      `compileModel(model, { ${name}: BAD })`,
      (bad: Any) => compileModel(oneNode(), { [name]: bad }),
    ]),
  ),
  'modelCompatibility(BAD)': (bad) => modelCompatibility(bad, getEpDevices().slice(0, 1)),
  'modelCompatibility({ info: BAD })': (bad) => modelCompatibility({ info: bad }, getEpDevices().slice(0, 1)),
  'modelCompatibility(model, BAD)': (bad) => modelCompatibility(oneNode(), bad),
  'modelCompatibility(model, [BAD])': (bad) => modelCompatibility(oneNode(), [bad]),
  'copyTensors(BAD)': (bad) => copyTensors(bad, [value()]),
  'copyTensors([BAD])': (bad) => copyTensors([bad], [value()]),
  'copyTensors(sources, BAD)': (bad) => copyTensors([value()], bad),
  'copyTensors(sources, [BAD])': (bad) => copyTensors([value()], [bad]),
  'LoraAdapter.create(BAD)': async (bad) => (await LoraAdapter.create(bad)).dispose(),
  'new SharedWeights(BAD)': (bad) => void new (SharedWeights as Any)(bad),
  'registerExecutionProviderLibrary(BAD)': (bad) => registerExecutionProviderLibrary(bad, '/missing.so'),
  'registerExecutionProviderLibrary(name, BAD)': (bad) => registerExecutionProviderLibrary('bad', bad),
  'unregisterExecutionProviderLibrary(BAD)': (bad) => unregisterExecutionProviderLibrary(bad),
  'getEpDevices()': () => getEpDevices(),
  'buildInfo()': () => buildInfo(),
  'memoryStats()': () => memoryStats(),
  'listSupportedBackends()': () => listSupportedBackends(),
  'isOrtError(BAD)': (bad) => isOrtError(bad),
  ...Object.fromEntries(
    Object.entries({ OrtError, OrtTypeError, OrtRangeError }).map(([name, Class]) => [
      `instanceof ${name}`,
      (bad: Any) => bad instanceof Class,
    ]),
  ),
  'checkExport(BAD)': (bad) => checkExport(bad, [{ inputs: x() }]),
  'checkExport(session, BAD)': (bad) => (typeof bad === 'function' ? undefined : checkExport(session, bad)),
  'checkExport(session, [BAD])': (bad) => checkExport(session, [bad]),
  'checkExport(session, [{ inputs: BAD }])': (bad) => checkExport(session, [{ inputs: bad }]),
  'checkExport(session, [{ inputs: { x: BAD } }])': (bad) => checkExport(session, [{ inputs: { x: bad } }]),
  'checkExport(session, [{ inputs, outputs: BAD }])': (bad) =>
    checkExport(session, [{ inputs: x(), outputs: bad }]),
  'checkExport(session, { samples, tolerance: BAD })': (bad) =>
    checkExport(session, { samples: [{ inputs: x() }], tolerance: bad }),
}
