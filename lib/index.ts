/**
 * ONNX Runtime's IoBinding for Node.js: bind once, run many.
 *
 * @packageDocumentation
 */
export { env, Tensor, type TypedTensor } from 'onnxruntime-common'
export { IoBinding } from './binding/binding'
export type {
  BindOptions,
  CaptureOptions,
  IoBindingRunOptions,
  IoBindingRunSyncOptions,
} from './binding/run-options'
export type { InputSpec, IoBindingOptions, OutputSpec } from './binding/specs'
export type { AnyViews, Views } from './binding/views'
export type { CudaExecutionProviderOption } from './device/cuda-options'
export { deviceMemory, type SessionDevice } from './device/device'
export {
  type Initialized,
  type InitializeOptions,
  initialize,
  initialized,
  type LogLevel,
  type LogRecord,
} from './device/initialize'
export { type PreloadedLibrary, type PreloadOptions, preload } from './device/preload'
export type { ExecutionProvider } from './device/providers'
export type { WebGpuExecutionProviderOption } from './device/webgpu-options'
export type { CudaMajor } from './engine/cuda-libraries'
export type { AssignedNode, AssignedSubgraph, DeviceName, EngineName, ModelMetadata } from './engine/engine'
export {
  isOrtError,
  ORT_ERROR_CODES,
  OrtError,
  type OrtErrorCode,
  type OrtErrorConstructor,
  type OrtErrorDetails,
  type OrtErrorFields,
  OrtRangeError,
  OrtTypeError,
} from './errors'
export type { ElementArrays, ElementType, TypedArray } from './model/element-types'
export type { ValueMetadata } from './model/io'
export type { DeclaredShape } from './model/shape'
export type { SessionOptions } from './session/options'
export type { RunValue } from './session/run'
export {
  type Feeds,
  type Fetches,
  InferenceSession,
  type RunOptions,
  type RunResult,
} from './session/session'
export type {
  Check,
  CheckName,
  CheckStatus,
  Diagnosis,
  Problem,
  ProblemCode,
  Remedy,
  Requirement,
} from './tools/doctor/report'
export { OrtValue, type OrtValueData, type OrtValueKind } from './value/value'
