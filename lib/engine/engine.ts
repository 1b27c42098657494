/**
 * The interface between the public classes and what executes a model. The native addon implements its classes in C++
 * (native/session, native/binding, native/value); onnxruntime-node/ implements them over onnxruntime-node.
 *
 * Arguments are validated before they get here: indices in place of names, numbers in place of enumerations.
 */

import type { CompileSettings } from './compile'
import type { ComputeDeviceName, DeviceName, EpDevice, ProviderSettings } from './devices'
import type { RunTimes } from './diagnostics'
import type { EngineOptions, LogLevel } from './log'
import type { EngineValue, Feeds, Fetches, Results } from './value'

export type { ComputeDeviceName, DeviceName, EpDevice, ProviderSettings } from './devices'
export type {
  EngineValue,
  Feeds,
  Fetch,
  Fetches,
  RawSparse,
  Results,
  TensorFeed,
  TensorResult,
} from './value'

export type EngineName = 'native' | 'onnxruntime-node'

/** `ONNXType` of the C API. */
export const ValueKind = { tensor: 1, sequence: 2, map: 3, opaque: 4, sparseTensor: 5, optional: 6 } as const

/** A model input or output as the model declares it. `type` is an `ONNXTensorElementDataType`. */
export interface RawValueInfo {
  readonly name: string
  readonly kind: number
  readonly type: number
  /**
   * The type as text, with element types by their numbers, such as `sequence(tensor(1))`; absent where the engine does not
   * report more than the kind.
   */
  readonly form?: string
  /** What the model says that the type means, such as `IMAGE`; absent where it says nothing. */
  readonly denotation?: string
  /** Whether the session has the value on its device; absent where the engine has none. */
  readonly onDevice?: boolean
  /** Dynamic dimensions by their symbolic name, or `''`; absent where the rank is unknown. */
  readonly shape?: readonly (number | string)[]
  /** Of an input: an initializer is its value where a run gives none. These follow the other inputs. */
  readonly overridable?: boolean
}

/** The model's own description. */
export interface ModelMetadata {
  readonly producerName: string
  readonly graphName: string
  readonly graphDescription: string
  readonly domain: string
  readonly description: string
  /** Absent where the model has none. */
  readonly version?: number
  readonly customMetadata: Readonly<Record<string, string>>
}

/** A node of the graph after ONNX Runtime's basic optimizations. */
export interface AssignedNode {
  /** `''` where the model gives no name. */
  readonly name: string
  /** Domain of the operator; `''` is ONNX's own. */
  readonly domain: string
  readonly opType: string
}

/** Nodes that an execution provider runs as one: a node that it has a kernel for, or several that it compiled together. */
export interface AssignedSubgraph {
  /** ONNX Runtime's name of the provider, such as `CPUExecutionProvider`. */
  readonly provider: string
  readonly nodes: readonly AssignedNode[]
}

/**
 * Session options after validation; ONNX Runtime's default for an absent field. How they reach ONNX Runtime:
 * native/session/options.cc, onnxruntime-node/convert.ts.
 */
export interface SessionSettings {
  intraOpNumThreads?: number
  interOpNumThreads?: number
  freeDimensionOverrides?: Record<string, number>
  freeDimensionOverridesByDenotation?: Record<string, number>
  useDeterministicCompute?: boolean
  graphOptimizationLevel?: number
  executionMode?: number
  enableCpuMemArena?: boolean
  enableMemPattern?: boolean
  optimizedModelFilePath?: string
  /** Enables profiling. */
  profileFilePrefix?: string
  logId?: string
  logSeverityLevel?: number
  logVerbosityLevel?: number
  externalData?: Readonly<Record<string, Uint8Array>>
  config?: Record<string, string>
  /** Absent: the session runs on the CPU. */
  provider?: ProviderSettings
  /** `OrtExecutionProviderDevicePolicy`, in place of a provider. */
  providerSelectionPolicy?: number
  enableGraphCapture?: boolean
  recordGraphAssignment?: boolean
  /** The run thread sleeps until the device is done; else it polls. */
  blockingWait?: boolean
  /** In place of the model's own data, which is the same. The session keeps their memory. */
  initializers?: Readonly<Record<string, EngineValue>>
  /** In place of data in other files. */
  externalInitializers?: Readonly<Record<string, EngineValue>>
  /** Of `Engine.SharedWeights`. */
  sharedWeights?: object
  /** Paths of libraries of operators. */
  customOpLibraries?: readonly string[]
  /** The session uses the process's threads. */
  sharedThreads?: boolean
  /** Receives the session's messages. */
  onLog?: EngineOptions['onLog']
  /** The data of an EPContext node, by name. */
  readContext?: (name: string) => Uint8Array
}

/** Run options after validation. */
export interface RunSettings {
  logSeverityLevel?: number
  logVerbosityLevel?: number
  tag?: string
  terminate?: boolean
  config?: Record<string, string>
  /** Profiles the run into a file of this prefix. */
  profileFilePrefix?: string
}

/** Run options for the runs of one binding. */
export type EngineRunOptions = object

export interface EngineSession {
  /** The bytes of the model and of its external data must not change until the promise settles. */
  load(model: string | Uint8Array, settings: SessionSettings): Promise<void>
  /** Compiles a model in place of a load: the session then has none. The bytes of the compiled model, unless they are written. */
  compile(
    model: string | Uint8Array,
    settings: SessionSettings,
    compile: CompileSettings,
  ): Promise<ArrayBuffer | undefined>
  /** Ends the load or the compilation in flight, if any: its promise rejects. */
  cancelLoad(): void
  inputs(): RawValueInfo[]
  outputs(): RawValueInfo[]
  /** The device whose memory it uses. */
  device(): { readonly name: ComputeDeviceName; readonly id: number }
  modelMetadata(): ModelMetadata
  /** Undefined unless `recordGraphAssignment` was set. */
  graphAssignment(): AssignedSubgraph[] | undefined
  /** Results where the run ended inline, else a promise: always with an `id` other than 0, which `cancel` takes. */
  run(
    feeds: Feeds,
    fetches: Fetches,
    settings?: RunSettings,
    id?: number,
    times?: RunTimes,
  ): Results | Promise<Results>
  cancel(id: number): void
  endProfiling(): string
  /** Nanoseconds. */
  profilingStartTime(): bigint
  /** Settles after every run in flight. Called once. */
  release(): Promise<void>
}

export interface EngineBinding {
  /**
   * On a session with a device, each run copies host memory to the device; `mapped`: the device reads and writes pinned
   * memory directly. Undefined unbinds the input.
   */
  bindInput(index: number, value: EngineValue | undefined, mapped?: boolean): void
  /**
   * Without a value ONNX Runtime allocates the output in each run, in host memory or on the device. An output in an input's
   * memory is written elsewhere and copied after the run; `alias`: ONNX Runtime writes it at once.
   */
  bindOutput(index: number, value: EngineValue, mapped?: boolean, alias?: boolean): void
  bindOutput(index: number, value: undefined, device: DeviceName, id: number): void
  clearInputs(): void
  clearOutputs(): void
  /** The options of later runs; undefined: none. @throws OrtError `ERR_BUSY`, `ERR_GRAPH_CAPTURED` */
  useRunOptions(options: EngineRunOptions | undefined): void
  /** In the order of binding: the last run's value where ONNX Runtime allocated it, else null. */
  outputs(): (EngineValue | null)[]
  /** Number of the run whose results the outputs are; 0 where that run failed. A run that is refused does not count. */
  resultsRun(): number
  /** `upload`: indices of the inputs that changed since the last run; absent: all. */
  runSync(upload?: readonly number[], times?: RunTimes): void
  /** Undefined where the run ended inline, else a promise: always if it is `cancelable`. */
  run(upload?: readonly number[], cancelable?: boolean, times?: RunTimes): undefined | Promise<void>
  /**
   * Whether a run that was started after the last one, which has ended, uses memory that it wrote, or writes memory that it
   * used: it then cannot be repeated in its order.
   */
  overtaken(): boolean
  /**
   * Captures the device's work of a run for later runs to replay. `verify`: compares a replay with a run without it.
   * `throwStale`: a run throws where the graph may no longer be right, in place of capturing it anew. `whole`: the graph holds
   * the copies of host memory too.
   */
  capture(verify: boolean, throwStale: boolean, whole: boolean): Promise<void>
  /** How often the graph was captured anew. */
  recaptures(): number
  /** Whether runs replay a graph: from the end of a capture that succeeded until releaseCapture or dispose. */
  captured(): boolean
  /** Later runs do not replay the graph. Nothing to do without a graph or a capture in flight, or after dispose. */
  releaseCapture(): void
  /** Ends the run in flight, if any: its promise rejects. */
  cancel(): void
  /** Idempotent. A run in flight continues. */
  dispose(): void
}

export interface Engine {
  readonly name: EngineName
  /** Version of ONNX Runtime, such as `1.30.0`, and path of its library. */
  readonly library: { readonly version: string; readonly path: string }
  /** Optional features. Calls for a missing one fail with a coded error. */
  readonly supports: {
    readonly runSync: boolean
    readonly cancel: boolean
    readonly devices: boolean
    /** Initializers can be given in place of the model's. */
    readonly overridableInitializers: boolean
    readonly sharedArena: boolean
    /** V8 accepts ArrayBuffers over memory that it did not allocate. */
    readonly externalBuffers: boolean
  }
  /** `concurrentRuns`: 0 for a session that is loaded on a device, whose thread then is its own. */
  readonly Session: new (
    inlineRunBelowUs: number,
    runThreadSpinUs: number,
    concurrentRuns: number,
    pollEventLoopUs: number,
    inlineOnIdleLoopBelowUs: number,
  ) => EngineSession
  readonly Binding: new (session: EngineSession) => EngineBinding
  readonly RunOptions: new (session: EngineSession, settings: RunSettings) => EngineRunOptions
  readonly SharedWeights: new () => object
  readonly Value: {
    allocate(type: number, dims: readonly number[], device: DeviceName, id: number): EngineValue
    /** `detachable`: JavaScript can detach the memory, so a run on another thread works on a copy of it. */
    borrow(type: number, dims: readonly number[], data: ArrayBufferView, detachable: boolean): EngineValue
    /** Copies each source into its target on another thread, in order; nothing unless all of it can be copied. */
    copyAll(sources: readonly EngineValue[], targets: readonly EngineValue[]): Promise<void>
    sequence(values: readonly EngineValue[]): EngineValue
    emptySequence(type: number): EngineValue
    /** With copies of the two tensors. */
    map(keys: EngineValue, values: EngineValue): EngineValue
    /** Over memory of others, which `keep` owns. */
    at(
      type: number,
      dims: readonly number[],
      device: DeviceName,
      id: number,
      address: bigint,
      keep?: object,
    ): EngineValue
  }
  /** Makes `onLog` the receiver of the log, which the engine was opened with another one for; absent where it has none. */
  receiveLog?(onLog: EngineOptions['onLog']): void
  /** A message of this package, in the log of ONNX Runtime. */
  log(level: LogLevel, message: string): void
  /** The level of the process's log from now on. */
  setLogLevel(level: LogLevel): void
  /** What ONNX Runtime's library reports of its build. */
  buildInfo(): string
  /** Of the shared arena, by ONNX Runtime's names; undefined without one. */
  memoryStats(): Record<string, number> | undefined
  availableProviders(): string[]
  /** ONNX Runtime's environment, and so its plugins, belong to the process. */
  registerExecutionProviderLibrary(name: string, path: string): Promise<void>
  unregisterExecutionProviderLibrary(name: string): Promise<void>
  epDevices(): EpDevice[]
  /**
   * `OrtCompiledModelCompatibility` of a compiled model with devices of one provider, and the information that decides it: given,
   * or read from the model, which may have none.
   */
  modelCompatibility(
    model: string | Uint8Array | undefined,
    info: string | undefined,
    provider: string,
    devices: readonly number[],
  ): Promise<[status: number, info?: string]>
  /** A handle of memory of a GPU for other processes, and a tensor over such memory of another process. */
  shareMemory(value: EngineValue): ArrayBuffer
  openSharedMemory(type: number, dims: readonly number[], id: number, handle: Uint8Array): EngineValue
  deviceMemory(device: DeviceName, id: number): { free: number; total: number }
}
