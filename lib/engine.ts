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
  /** The value's memory, the same bytes every time; called once a value. Not for strings. */
  arrayBuffer(): ArrayBuffer
  strings(): string[]
  setStrings(strings: readonly string[]): void
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
 * `[output index, target, dims]` for each fetch, flat; undefined for all outputs. A result of these dims is written into the target, a typed array;
 * a result of others is given back, and so is one without a target (undefined).
 */
export type Fetches = unknown[] | undefined
/**
 * `[element type, dims, data]` for each fetch, flat. `data` is an `ArrayBuffer`, a `string[]`, `null` where the target
 * was written, or, for what onnxruntime-common has no name for, an {@link EngineValue} (and the rest undefined).
 */
export type Results = unknown[]

export interface EngineSession {
  /** The bytes of a model, and of its external data, stay as they are until the promise is settled. */
  load(model: string | Uint8Array, settings: SessionSettings): Promise<void>
  inputs(): RawValueInfo[]
  outputs(): RawValueInfo[]
  modelMetadata(): ModelMetadata
  /** Results at once where the run was short enough to be done inline, else a promise. `id`, unless 0, names it for `cancel`. */
  run(feeds: Feeds, fetches: Fetches, settings?: RunSettings, id?: number): Results | Promise<Results>
  cancel(id: number): void
  endProfiling(): string
  /** After every run in flight. Called once. */
  release(): Promise<void>
}

export interface EngineBinding {
  bindInput(index: number, value: EngineValue): void
  /** Without a value ONNX Runtime allocates the output anew for each run. */
  bindOutput(index: number, value?: EngineValue): void
  clearInputs(): void
  clearOutputs(): void
  /** In the order they were bound: the last run's value where ONNX Runtime allocated it, else null. */
  outputs(): (EngineValue | null)[]
  runSync(): void
  /** Undefined where the run was short enough to be done inline, else a promise. */
  run(): undefined | Promise<void>
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
  readonly supports: { readonly runSync: boolean; readonly cancel: boolean }
  readonly Session: new (inlineRunBelowUs: number, runThreadSpinUs: number) => EngineSession
  readonly Binding: new (session: EngineSession) => EngineBinding
  readonly Value: {
    allocate(type: number, dims: readonly number[]): EngineValue
    borrow(type: number, dims: readonly number[], data: ArrayBufferView): EngineValue
    sequence(values: readonly EngineValue[]): EngineValue
  }
  availableProviders(): string[]
}
