// The same objects for ECMAScript modules: one copy of the package in a process, however it is loaded.

export type * from './index.js'
export {
  deviceMemory,
  env,
  InferenceSession,
  IoBinding,
  initialize,
  initialized,
  isOrtError,
  OrtError,
  OrtRangeError,
  OrtTypeError,
  OrtValue,
  preload,
  Tensor,
} from './index.js'
