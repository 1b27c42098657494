/**
 * ONNX Runtime's IoBinding for Node.js: bind once, run many times.
 *
 * @packageDocumentation
 */
import { registerInPlace } from './engine/in-place'

export type * from 'onnxruntime-common'
export {
  env,
  registerBackend,
  Tensor,
  TRACE,
  TRACE_EVENT_BEGIN,
  TRACE_EVENT_END,
  TRACE_FUNC_BEGIN,
  TRACE_FUNC_END,
} from 'onnxruntime-common'
export { Batcher, type Row } from './batching/batcher'
export type { BatcherOptions, BatcherRunOptions } from './batching/options'
export { BindingPool, type BindingPoolOptions } from './batching/pool'
export type { Priority } from './batching/queue'
export type { RowData, RowShape } from './batching/rows'
export type { ShapedResult } from './batching/sized'
export type { BatcherDuration, BatcherStats, BatchSizeStats, Release } from './batching/stats'
export type { WaitOptions } from './batching/wait'
export { IoBinding } from './binding/binding'
export type { InputSpec, IoBindingOptions, OutputSpec } from './binding/create'
export { LoraAdapter } from './binding/lora-adapter'
export type { OrtRunOptions, PreparedRunOptions } from './binding/prepared-options'
export type {
  BindOptions,
  BindOutputOptions,
  CaptureOptions,
  IoBindingRunCall,
  IoBindingRunOptions,
  IoBindingRunSyncCall,
  IoBindingRunSyncOptions,
} from './binding/run-options'
export type { RunnableBinding } from './binding/runnable'
export type { AnyTypedArray, AnyViews, NamedViews, Views } from './binding/views'
export { listSupportedBackends, type SupportedBackend } from './device/backends'
export {
  type CompatibilityStatus,
  type ModelCompatibility,
  modelCompatibility,
} from './device/compatibility'
export type { CudaExecutionProviderOption } from './device/cuda-options'
export { deviceMemory, type SessionDevice } from './device/device'
export {
  getEpDevices,
  registerExecutionProviderLibrary,
  unregisterExecutionProviderLibrary,
} from './device/ep-devices'
export {
  type ArenaOptions,
  buildInfo,
  type Initialized,
  type InitializeOptions,
  initialize,
  initialized,
  memoryStats,
  type ThreadPoolOptions,
} from './device/initialize'
export { type PreloadedLibrary, type PreloadOptions, preload } from './device/preload'
export type { ExecutionProvider, NamedExecutionProviderOption } from './device/providers'
export type { WebGpuExecutionProviderOption } from './device/webgpu-options'
export type { CudaMajor } from './engine/cuda-libraries'
export type { EpDevice, HardwareDevice } from './engine/devices'
export type { LoadMessage, RunMessage } from './engine/diagnostics'
export type {
  AssignedNode,
  AssignedSubgraph,
  ComputeDeviceName,
  DeviceName,
  EngineName,
  ModelMetadata,
} from './engine/engine'
export type { LogLevel, LogRecord } from './engine/log'
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
export type { ValueMetadata, ValueType } from './model/io'
export type { DeclaredShape } from './model/shape'
export { type CompileOptions, compileModel } from './session/compile'
export type { SessionDescription } from './session/description'
export type { ProviderSelectionPolicy, SessionOptions } from './session/options'
export type { Feeds, Fetches, RunOptions, RunResult, RunValue } from './session/request'
export type { EpContextDataRead, ResourceOptions } from './session/resource-options'
export { InferenceSession } from './session/session'
export { SharedWeights } from './session/shared-weights'
export type { WarmupShapes } from './session/warmup'
export { copyTensors } from './value/copy-tensors'
export type { Elements, OrtValueData } from './value/data'
export type { IpcOptions } from './value/ipc'
export type { OrtValueKind } from './value/kind'
export type { MapValues, OrtValueAsJs } from './value/nested'
export type { PointerOptions } from './value/pointer'
export type { SparseFormat, SparseParts } from './value/sparse'
export { OrtValue } from './value/value'
export type { ViewOptions } from './value/view'

registerInPlace()
