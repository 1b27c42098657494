// The CommonJS module's objects, for ES modules: a process has one copy of the package.

import library from './index.js'

export type * from './index.js'
// As onnxruntime-node has it: `import ort from '...'`.
export default library
export {
  Batcher,
  BindingPool,
  buildInfo,
  compileModel,
  copyTensors,
  deviceMemory,
  env,
  getEpDevices,
  InferenceSession,
  IoBinding,
  initialize,
  initialized,
  isOrtError,
  LoraAdapter,
  listSupportedBackends,
  memoryStats,
  modelCompatibility,
  ORT_ERROR_CODES,
  OrtError,
  OrtRangeError,
  OrtTypeError,
  OrtValue,
  preload,
  registerBackend,
  registerExecutionProviderLibrary,
  SharedWeights,
  Tensor,
  TRACE,
  TRACE_EVENT_BEGIN,
  TRACE_EVENT_END,
  TRACE_FUNC_BEGIN,
  TRACE_FUNC_END,
  unregisterExecutionProviderLibrary,
} from './index.js'
