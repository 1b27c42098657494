// The public functions, with an argument of each to replace.
import {
  buildInfo,
  compileModel,
  deviceMemory,
  getEpDevices,
  InferenceSession,
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
  preload,
  registerExecutionProviderLibrary,
  SharedWeights,
  unregisterExecutionProviderLibrary,
} from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { oneNode } from '../model-builder.mjs'

import { type Any, session, x } from './opened.ts'

import { RUNS } from './runs.ts'
import { VALUES } from './values.ts'

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
  'initialized()': () => initialized(),
  'compileModel(BAD)': (bad) => compileModel(bad),
  'compileModel(model, BAD)': (bad) => compileModel(oneNode(), bad),
  // A name is that of a file, which would be written.
  ...Object.fromEntries(
    ['to', 'externalInitializersFile'].map((name) => [
      `compileModel(model, { ${name}: BAD })`,
      (bad: Any) =>
        compileModel(oneNode(), { [name]: typeof bad === 'string' ? `/missing/${bad}` : bad } as Any),
    ]),
  ),
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
  ...RUNS,
  ...VALUES,
}
