import type { InferenceSession as Common, Tensor } from 'onnxruntime-common'
import { Batcher } from '../batching/batcher'
import type { BatcherOptions } from '../batching/options'
import { BindingPool, type BindingPoolOptions } from '../batching/pool'
import type { RowShape } from '../batching/rows'
import { IoBinding } from '../binding/binding'
import type { InputSpec, IoBindingOptions } from '../binding/create'
import { type OrtRunOptions, PreparedRunOptions } from '../binding/prepared-options'
import type { IoBindingRunOptions } from '../binding/run-options'
import type { AnyViews, NamedViews, Views } from '../binding/views'
import { property } from '../check'
import { checkConstruction, INSPECT, type InspectArguments, refuseProxies } from '../classes'
import { type RunTimes, runsAreObserved } from '../engine/diagnostics'
import { loraAdapters, withAdapters } from './adapters'
import { checkBinding, inspectSession } from './checks'
import { createSession } from './create'
import { SessionDescription } from './description'
import { SessionHandle } from './handle'
import type { SessionOptions } from './options'
import { RunPlans } from './plans'
import {
  explainRun,
  type Feeds,
  type Fetches,
  type RunOptions,
  type RunResult,
  type RunValue,
  resolveRun,
} from './request'
import { checkFeeds, runOnce } from './run'
import { isTraced, traced, tracedRun } from './trace'

/**
 * A loaded model. A superset of onnxruntime-node's class, whose runs do not block the event loop. Runs of one session are done one
 * after another, in the order of the calls, on a thread of the session. ONNX Runtime has its own threads among which it divides the
 * work of a run (`intraOpNumThreads`).
 * @see https://onnxruntime.ai/docs/api/js/interfaces/InferenceSession-1.html
 * @example
 * await using session = await InferenceSession.create('model.onnx')
 * const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4], [1, 4]) })
 * console.log(y?.data)
 */
export class InferenceSession extends SessionDescription implements AsyncDisposable {
  readonly #handle: SessionHandle
  readonly #plans: RunPlans

  static {
    refuseProxies(InferenceSession, 'an InferenceSession', (value) => #plans in value)
  }

  private constructor(handle: SessionHandle) {
    checkConstruction(handle, 'InferenceSession', 'await InferenceSession.create()')
    super(handle)
    this.#handle = handle
    this.#plans = new RunPlans(handle.loaded)
  }

  /**
   * Loads a model on another thread.
   *
   * @param path file of the model, `.onnx` or `.ort`, or its `file:` URL
   * @throws OrtError `ERR_ORT_NO_SUCHFILE`, `ERR_ORT_INVALID_PROTOBUF` and ONNX Runtime's other codes for a model that
   *   cannot be loaded, `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`, and those of {@link initialize}. If no provider of the list
   *   is available: `ERR_PROVIDER_UNAVAILABLE`, `ERR_WEBGPU_NO_ADAPTER`, and for CUDA `ERR_CUDA_DRIVER_NOT_FOUND`,
   *   `ERR_CUDA_DRIVER_VERSION`, `ERR_CUDA_NO_DEVICE`, `ERR_CUDA_PROVIDER_NOT_FOUND`, `ERR_CUDA_LIBRARY_NOT_FOUND`,
   *   `ERR_CUDA_LIBRARY_INVALID`, `ERR_CUDA_VERSION`. Without trying the next: `ERR_CUDA_DEVICE_ID`,
   *   `ERR_CUDA_OUT_OF_MEMORY`, and `ERR_CPU_FALLBACK` if nodes would run on the CPU and `'cpu'` is not in the list
   * @example
   * const session = await InferenceSession.create('model.onnx', { executionProviders: ['cpu'], intraOpNumThreads: 1 })
   */
  static create(path: string | URL, options?: SessionOptions): Promise<InferenceSession>
  /** @param model bytes of the model, which are copied before the call returns, or taken over with `transfer` */
  static create(model: Uint8Array | ArrayBufferLike, options?: SessionOptions): Promise<InferenceSession>
  static create(
    model: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: SessionOptions,
  ): Promise<InferenceSession>
  static async create(...args: unknown[]): Promise<InferenceSession> {
    const load = () => createSession(args)
    return new InferenceSession(
      new SessionHandle(await (isTraced() ? traced('InferenceSession.create', load) : load())),
    )
  }

  /**
   * Runs the model once, by onnxruntime-common's contract. Inputs are read before the call returns, so that the caller may change
   * them at once; the results belong to the caller.
   *
   * Results are Tensors, or OrtValues for sequences, for optional outputs without a value (`hasValue` is false), and for types
   * that onnxruntime-common does not have: `run<RunValue>(...)`. For many runs use a binding:
   * {@link InferenceSession.createIoBinding}.
   * @throws OrtTypeError, OrtRangeError naming the argument; OrtError `ERR_MISSING_INPUT`, `ERR_DETACHED`,
   *   `ERR_OUTPUT_SHAPE`, `ERR_DISPOSED`, `ERR_ORT_*`
   * @example
   * const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4], [1, 4]) }, ['y'])
   */
  run<V extends RunValue = Tensor>(
    feeds: Feeds,
    options?: RunOptions | PreparedRunOptions,
  ): Promise<RunResult<V>>
  run<V extends RunValue = Tensor>(
    feeds: Feeds,
    fetches: Fetches,
    options?: RunOptions | PreparedRunOptions,
  ): Promise<RunResult<V>>
  run(feeds: Feeds, second?: unknown, third?: unknown): Promise<RunResult> {
    if (!isTraced() && !runsAreObserved()) return this.#run(feeds, second, third)
    return tracedRun(this.#handle.loaded, (times) => this.#run(feeds, second, third, times))
  }

  async #run(feeds: Feeds, second: unknown, third: unknown, times?: RunTimes): Promise<RunResult> {
    const { request, settings, signal } = resolveRun(this.#handle.open, second, third)
    checkFeeds(feeds)
    const adapters = property(request.options, 'activeLoraAdapters')
    if (adapters !== undefined)
      feeds = withAdapters(this.#handle.loaded.inputs, feeds, loraAdapters(adapters, 'activeLoraAdapters'))
    const tensors = settings === undefined ? this.#plans.tensors(feeds) : undefined
    const plan = tensors && this.#plans.begin(tensors, request.fetches)
    try {
      const pending = plan
        ? this.#plans.run(plan, request, signal, times)
        : runOnce(this.#handle.open, feeds, request, settings, signal, times)
      const results = pending instanceof Promise ? await pending : pending
      if (!plan && tensors !== undefined) this.#plans.remember(tensors, request, results)
      return results
    } catch (error) {
      throw explainRun(error, this.#handle.loaded.inputs, feeds)
    }
  }

  /**
   * A binding with memory for each input, allocated once (or an OrtValue of the caller), and for each output whose shape follows
   * from the inputs' shapes. Write into `binding.inputs`, run, read `binding.outputs`.
   *
   * `binding.inputs` has the names of `inputs`. Two type arguments declare the types of all inputs and outputs, and their names:
   * `npx onnxruntime-iobinding inspect MODEL --types` writes them.
   * @param inputs a shape or an OrtValue by input name; an input with a fixed shape can be omitted
   * @throws OrtRangeError `ERR_UNKNOWN_INPUT`, `ERR_UNKNOWN_OUTPUT`, `ERR_SHAPE_MISMATCH`; OrtTypeError
   *   `ERR_TYPE_MISMATCH`; OrtError `ERR_MISSING_INPUT`, `ERR_DISPOSED`
   * @example
   * type Inputs = { x: Float32Array }
   * type Outputs = { y: Float32Array }
   * using io = session.createIoBinding<Inputs, Outputs>({ x: [1, 4] }, { outputs: { y: [1, 4] } })
   * io.inputs.x.fill(1)
   * await io.run()
   * console.log(io.outputs.y)
   */
  createIoBinding<const S extends Readonly<Record<string, InputSpec>>>(
    inputs?: S,
    options?: IoBindingOptions,
  ): IoBinding<NamedViews<S>>
  /** @param inputs a shape or an OrtValue by the names of `I`; an input with a fixed shape can be omitted */
  createIoBinding<I extends Views = AnyViews, O extends Views = AnyViews>(
    inputs?: Readonly<Partial<Record<keyof NoInfer<I> & string, InputSpec>>>,
    options?: IoBindingOptions,
  ): IoBinding<I, O>
  createIoBinding(
    inputs: Readonly<Record<string, InputSpec>> = {},
    options: IoBindingOptions = {},
  ): IoBinding {
    return IoBinding.create(this.#handle.open, inputs, options)
  }

  /**
   * An empty binding, whose values are bound as in Python.
   *
   * @example
   * using io = session.ioBinding()
   * io.bindCpuInput('x', new Tensor('float32', [1, 2, 3, 4], [1, 4]))
   * io.bindOutput('y')
   * await session.runWithIoBinding(io)
   * const [y] = io.copyOutputsToCpu()
   */
  ioBinding(): IoBinding {
    return new IoBinding(this.#handle.open)
  }

  /**
   * Run options for many runs, of this session or of its bindings: they are checked and converted once, so that
   * `binding.runSync(prepared)` allocates nothing.
   *
   * @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError naming the option
   * @example
   * const shrink = session.prepareRunOptions({ extra: { memory: { enable_memory_arena_shrinkage: 'cpu:0' } } })
   * using io = session.createIoBinding({ x: [1, 4] })
   * io.runSync(shrink) // ONNX Runtime frees the memory of its arena that nothing uses
   */
  prepareRunOptions(options: OrtRunOptions): PreparedRunOptions {
    return PreparedRunOptions.create(options)
  }

  /**
   * Puts the rows of many callers together: see {@link Batcher}. Batches are compared with their rows alone first.
   * @param row the shape of one row by input name, without the batch axis; `'?'` for a size that varies
   * @throws OrtError `ERR_BATCH_MISMATCH`, `ERR_NO_BATCH_AXIS`, `ERR_NOT_SUPPORTED`, `ERR_ORT_*` for sample rows
   * @example
   * await using batcher = await session.createBatcher({ x: [4] }, { maxBatchSize: 32 })
   * const { y } = await batcher.run({ x: Float32Array.of(1, 2, 3, 4) })
   */
  async createBatcher<I extends Views = AnyViews, O extends Views = AnyViews>(
    row: Readonly<Partial<Record<keyof NoInfer<I> & string, RowShape>>> = {} as never,
    options: BatcherOptions = {},
  ): Promise<Batcher<I, O>> {
    return (await Batcher.create(this.#handle.open, row as never, options)) as Batcher<I, O>
  }

  /**
   * A few bindings of the same shapes, each lent to one caller at a time: see {@link BindingPool}.
   * @example
   * await using pool = session.createBindingPool({ x: [1, 4] }, { size: 4, maxQueueSize: 128 })
   */
  createBindingPool<const S extends Readonly<Record<string, readonly number[]>>>(
    shapes?: S,
    options?: BindingPoolOptions,
  ): BindingPool<NamedViews<S>>
  /** @param shapes a shape by the names of `I`; that of an input with a fixed one can be omitted */
  createBindingPool<I extends Views = AnyViews, O extends Views = AnyViews>(
    shapes?: Readonly<Partial<Record<keyof NoInfer<I> & string, readonly number[]>>>,
    options?: BindingPoolOptions,
  ): BindingPool<I, O>
  createBindingPool(
    shapes: Readonly<Record<string, readonly number[]>> = {},
    options: BindingPoolOptions = {},
  ): BindingPool {
    return new BindingPool((rest) => this.createIoBinding<AnyViews>(shapes, rest), shapes, options)
  }

  /**
   * The same as `binding.run(options)`, for a binding of this session.
   *
   * @example
   * await session.runWithIoBinding(session.createIoBinding({ x: [1, 4] }))
   */
  async runWithIoBinding(
    binding: Pick<IoBinding, 'belongsTo' | 'run'>,
    options?: IoBindingRunOptions | PreparedRunOptions,
  ): Promise<void> {
    return checkBinding(binding, this.#handle.open.session).run(options as IoBindingRunOptions)
  }

  /**
   * Releases the model after the runs in flight. Later runs of its bindings are refused (`ERR_DISPOSED`); their memory exists until
   * they are disposed of, or collected. Idempotent.
   * @example
   * await session.release()
   */
  release(): Promise<void> {
    this.#plans.dispose()
    return this.#handle.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    return inspectSession(this.#handle.loaded, this.#handle.released, args)
  }
}

/** onnxruntime-common's names of this class's types: its own types, and this package's where these are supersets. */
export declare namespace InferenceSession {
  export type CoreMLExecutionProviderOption = Common.CoreMLExecutionProviderOption
  export type CpuExecutionProviderOption = Common.CpuExecutionProviderOption
  export type CudaExecutionProviderOption = import('../device/cuda-options').CudaExecutionProviderOption
  export type DmlExecutionProviderOption = Common.DmlExecutionProviderOption
  export type ExecutionProviderConfig = Common.ExecutionProviderConfig
  export type ExecutionProviderName = Common.ExecutionProviderName
  export type ExecutionProviderOption = Common.ExecutionProviderOption
  export type ExecutionProviderOptionMap = Common.ExecutionProviderOptionMap
  export type FeedsType = Common.FeedsType
  export type FetchesType = Common.FetchesType
  export type NnapiExecutionProviderOption = Common.NnapiExecutionProviderOption
  export type NonTensorValueMetadata = Common.NonTensorValueMetadata
  export type NullableOnnxValueMapType = Common.NullableOnnxValueMapType
  export type OnnxValueMapType = Common.OnnxValueMapType
  export type QnnExecutionProviderOption = Common.QnnExecutionProviderOption
  export type ReturnType = Common.ReturnType
  export type RunOptions = import('./request').RunOptions
  export type SessionOptions = import('./options').SessionOptions
  export type TensorRtExecutionProviderOption = Common.TensorRtExecutionProviderOption
  export type TensorValueMetadata = Common.TensorValueMetadata
  export type ValueMetadata = Common.ValueMetadata
  export type ValueMetadataBase = Common.ValueMetadataBase
  export type WebAssemblyExecutionProviderOption = Common.WebAssemblyExecutionProviderOption
  export type WebGLExecutionProviderOption = Common.WebGLExecutionProviderOption
  export type WebGpuExecutionProviderOption = Common.WebGpuExecutionProviderOption
  export type WebNNContextOptions = Common.WebNNContextOptions
  export type WebNNExecutionProviderName = Common.WebNNExecutionProviderName
  export type WebNNExecutionProviderOption = Common.WebNNExecutionProviderOption
  export type WebNNOptionsWebGpu = Common.WebNNOptionsWebGpu
  export type WebNNOptionsWithMLContext = Common.WebNNOptionsWithMLContext
  export type WebNNOptionsWithoutMLContext = Common.WebNNOptionsWithoutMLContext
  export type XnnpackExecutionProviderOption = Common.XnnpackExecutionProviderOption
}
