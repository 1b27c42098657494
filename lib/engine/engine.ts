/**
 * The one interface between the facades and what runs a model. The native addon implements it in C++ (native/addon.cc
 * registers exactly this); engines/onnxruntime-node.ts implements it over onnxruntime-node.
 *
 * Everything here takes resolved, validated values: positions instead of names, numbers instead of enumerations.
 */

export type EngineName = 'native' | 'onnxruntime-node'

/** `ONNXType` of the C API. */
export const ValueKind = { tensor: 1, sequence: 2, map: 3, opaque: 4, sparseTensor: 5, optional: 6 } as const

/** A model input or output as it declares itself. `type` is an `ONNXTensorElementDataType`. */
export interface RawValueInfo {
  readonly name: string
  readonly kind: number
  readonly type: number
  /** Symbolic dimensions by name, `''` where the model names none; absent where not even the rank is known. */
  readonly shape?: readonly (number | string)[]
}

/** What the model says of itself. */
export interface ModelMetadata {
  readonly producerName: string
  readonly graphName: string
  readonly graphDescription: string
  readonly domain: string
  readonly description: string
  /** Absent where the model states none. */
  readonly version?: number
  readonly customMetadata: Readonly<Record<string, string>>
}

/** A node of the graph, as ONNX Runtime has it after its basic optimizations. */
export interface AssignedNode {
  /** `''` where the model gives it none. */
  readonly name: string
  /** Of its operator; `''` is ONNX's own. */
  readonly domain: string
  readonly opType: string
}

/** Nodes that an execution provider runs as one: a single one that it has a kernel for, or all that it compiled together. */
export interface AssignedSubgraph {
  /** ONNX Runtime's name of the provider, such as `CPUExecutionProvider`. */
  readonly provider: string
  readonly nodes: readonly AssignedNode[]
}

/** Where memory is: `OrtValue.location`, and the `device` arguments. */
export type DeviceName = 'cpu' | 'cuda-pinned' | 'cuda' | 'webgpu'

/** The execution provider of a session that has a device, and its options under ONNX Runtime's own keys. */
export interface ProviderSettings {
  readonly name: 'cuda' | 'webgpu'
  readonly deviceId: number
  readonly options: Readonly<Record<string, string>>
}

/** Session options after validation; an absent field leaves ONNX Runtime's default. */
export interface SessionSettings {
  intraOpNumThreads?: number
  interOpNumThreads?: number
  freeDimensionOverrides?: Record<string, number>
  graphOptimizationLevel?: number
  executionMode?: number
  enableCpuMemArena?: boolean
  enableMemPattern?: boolean
  optimizedModelFilePath?: string
  /** Set: profiling is on. */
  profileFilePrefix?: string
  logId?: string
  logSeverityLevel?: number
  logVerbosityLevel?: number
  externalData?: Record<string, Uint8Array>
  config?: Record<string, string>
  /** Absent: the session runs on the CPU. */
  provider?: ProviderSettings
  enableGraphCapture?: boolean
  recordGraphAssignment?: boolean
  /** The run thread sleeps until the device is done, in place of looking all the time. */
  blockingWait?: boolean
}

/** Run options after validation. */
export interface RunSettings {
  logSeverityLevel?: number
  logVerbosityLevel?: number
  tag?: string
  terminate?: boolean
  config?: Record<string, string>
}

export interface EngineValue {
  kind(): number
  type(): number
  dims(): number[]
  device(): DeviceName
  deviceId(): number
  /** The value's memory, the same bytes every time; called once a value. Not for strings, not on a device. */
  arrayBuffer(): ArrayBuffer
  strings(): string[]
  setStrings(strings: readonly string[]): void
  /** Copies the tensor into another of the same type and shape, from any device to any. */
  copyTo(target: EngineValue): void
  /** The same on another thread; both are in use meanwhile. */
  copyToAsync(target: EngineValue): Promise<void>
  /** A sequence's elements, a map's keys and values. */
  elements(): EngineValue[]
  /** Idempotent. Detaches `buffer` where the value owns its memory. */
  dispose(buffer?: ArrayBuffer): void
}

/**
 * `[input index, element type, dims, data]` for each feed, flat. `data` is a typed array, a `string[]`, or, where the
 * element type is undefined, an {@link EngineValue}.
 */
export type Feeds = unknown[]
/**
 * `[output index, target, dims]` for each fetch, flat; undefined for all outputs. A result of these dims is written into
 * the target, a typed array; a result of others is given back, and so is one without a target (undefined). A target may
 * also be `'gpu-buffer'` or `'cpu-pinned'`, the session's device's: the result is then given back as an
 * {@link EngineValue}.
 */
export type Fetches = unknown[] | undefined
/**
 * `[element type, dims, data]` for each fetch, flat. `data` is an `ArrayBuffer`, a `string[]`, `null` where the target
 * was written, or, for what onnxruntime-common has no name for, an {@link EngineValue} (and the rest undefined); for what
 * was left on a device an EngineValue too.
 */
export type Results = unknown[]

export interface EngineSession {
  /** The bytes of a model, and of its external data, stay as they are until the promise is settled. */
  load(model: string | Uint8Array, settings: SessionSettings): Promise<void>
  inputs(): RawValueInfo[]
  outputs(): RawValueInfo[]
  modelMetadata(): ModelMetadata
  /** Undefined unless the settings had it recorded. */
  graphAssignment(): AssignedSubgraph[] | undefined
  /** Results at once where the run was short enough to be done inline, else a promise. `id`, unless 0, names it for `cancel`. */
  run(feeds: Feeds, fetches: Fetches, settings?: RunSettings, id?: number): Results | Promise<Results>
  cancel(id: number): void
  endProfiling(): string
  /** After every run in flight. Called once. */
  release(): Promise<void>
}

export interface EngineBinding {
  /**
   * On a session with a device, host memory is copied to the device by each run; `mapped`: the device reads and writes
   * pinned memory where it is.
   */
  bindInput(index: number, value: EngineValue, mapped?: boolean): void
  /** Without a value ONNX Runtime allocates the output anew for each run, in host memory or on the device named. */
  bindOutput(index: number, value: EngineValue, mapped?: boolean): void
  bindOutput(index: number, value: undefined, device: DeviceName, id: number): void
  clearInputs(): void
  clearOutputs(): void
  /** In the order they were bound: the last run's value where ONNX Runtime allocated it, else null. */
  outputs(): (EngineValue | null)[]
  /** `upload`: the indices of the inputs that have changed since the last run; absent: all may have. */
  runSync(upload?: readonly number[]): void
  /** Undefined where the run was short enough to be done inline, else a promise. */
  run(upload?: readonly number[]): undefined | Promise<void>
  /** Captures the device's work of a run, which later runs replay. `verify`: and compares it with a run without. */
  capture(verify: boolean): Promise<void>
  /** Whether runs replay a graph: from the end of a capture that succeeded until releaseCapture or dispose. */
  captured(): boolean
  /** Runs without the graph from now on; idempotent. */
  releaseCapture(): void
  /** Ends the run in flight, if there is one: its promise rejects. */
  cancel(): void
  /** Idempotent. A run in flight goes on. */
  dispose(): void
}

export interface Engine {
  readonly name: EngineName
  /** Of ONNX Runtime, such as `1.30.0`; `path` of its library. */
  readonly library: { readonly version: string; readonly path: string }
  /** What can be asked of this engine beyond running: each false is refused with a coded error. */
  readonly supports: {
    readonly runSync: boolean
    readonly cancel: boolean
    readonly devices: boolean
    /** Memory that is not V8's can be shown as ArrayBuffers. */
    readonly externalBuffers: boolean
  }
  readonly Session: new (inlineRunBelowUs: number, runThreadSpinUs: number) => EngineSession
  readonly Binding: new (session: EngineSession) => EngineBinding
  readonly Value: {
    allocate(type: number, dims: readonly number[], device: DeviceName, id: number): EngineValue
    borrow(type: number, dims: readonly number[], data: ArrayBufferView): EngineValue
    sequence(values: readonly EngineValue[]): EngineValue
  }
  availableProviders(): string[]
  deviceMemory(device: DeviceName, id: number): { free: number; total: number }
}
