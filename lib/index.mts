// The CommonJS module's objects, for ES modules: a process has one copy of the package.

import library from './index.js'

export type * from './index.js'
// As onnxruntime-node has it: `import ort from '...'`.
export default library
export {
  deviceMemory,
  env,
  getEpDevices,
  InferenceSession,
  IoBinding,
  initialize,
  initialized,
  isOrtError,
  ORT_ERROR_CODES,
  OrtError,
  OrtRangeError,
  OrtTypeError,
  OrtValue,
  preload,
  registerExecutionProviderLibrary,
  Tensor,
  unregisterExecutionProviderLibrary,
} from './index.js'
