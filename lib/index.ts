/**
 * ONNX Runtime's IoBinding for Node.js: bind once, run many.
 *
 * @packageDocumentation
 */
export { env, Tensor, type TypedTensor } from 'onnxruntime-common'
export { IoBinding, type IoBindingRunOptions } from './binding'
export type { InputSpec, IoBindingOptions, OutputSpec } from './binding-specs'
export type { ElementArrays, ElementType, TypedArray } from './element-types'
export type { EngineName, ModelMetadata } from './engine'
export {
  isOrtError,
  OrtError,
  type OrtErrorCode,
  type OrtErrorConstructor,
  type OrtErrorDetails,
  type OrtErrorFields,
  OrtRangeError,
  OrtTypeError,
} from './errors'
export {
  type Initialized,
  type InitializeOptions,
  initialize,
  initialized,
  type LogLevel,
  type LogRecord,
} from './initialize'
export type { ValueMetadata } from './metadata'
export type { RunValue } from './run-arguments'
export { type Feeds, type Fetches, InferenceSession, type RunOptions, type RunResult } from './session'
export type { SessionOptions } from './session-options'
export { type DeviceName, OrtValue, type OrtValueData, type OrtValueKind } from './value'
export type { AnyViews, Views } from './views'
