import type { Tensor } from 'onnxruntime-common'
import { Batcher } from '../batching/batcher'
import type { BatcherOptions } from '../batching/options'
import { BindingPool, type BindingPoolOptions } from '../batching/pool'
import type { RowShape } from '../batching/rows'
import { IoBinding } from '../binding/binding'
import type { InputSpec, IoBindingOptions } from '../binding/create'
import type { IoBindingRunOptions } from '../binding/run-options'
import type { AnyViews, Views } from '../binding/values'
import type { SessionDevice } from '../device/device'
import type { AssignedSubgraph, EngineName, ModelMetadata } from '../engine/engine'
import { OrtError } from '../errors'
import { INSPECT, type InspectArguments } from '../inspect'
import type { ValueMetadata } from '../model/io'
import { checkBinding, checkRecorded, inspectSession } from './checks'
import { createSession, type LoadedSession } from './create'
import type { SessionOptions } from './options'
import { RunPlans } from './plans'
import { checkWritten } from './profile'
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
export class InferenceSession implements AsyncDisposable {
  readonly #loaded: LoadedSession
  readonly #plans: RunPlans
  #released: Promise<void> | undefined

  private constructor(loaded: LoadedSession) {
    this.#loaded = loaded
    this.#plans = new RunPlans(loaded)
  }

  /**
   * Loads a model on another thread.
   *
   * @param path file of the model, `.onnx` or `.ort`
   * @throws OrtError `ERR_ORT_NO_SUCHFILE`, `ERR_ORT_INVALID_PROTOBUF` and ONNX Runtime's other codes for a model that
   *   cannot be loaded, `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`, and those of {@link initialize}. If no provider of the list
   *   is available: `ERR_PROVIDER_UNAVAILABLE`, `ERR_WEBGPU_NO_ADAPTER`, and for CUDA `ERR_CUDA_DRIVER_NOT_FOUND`,
   *   `ERR_CUDA_DRIVER_VERSION`, `ERR_CUDA_NO_DEVICE`, `ERR_CUDA_PROVIDER_NOT_FOUND`, `ERR_CUDA_LIBRARY_NOT_FOUND`,
   *   `ERR_CUDA_LIBRARY_INVALID`, `ERR_CUDA_VERSION`. Without trying the next: `ERR_CUDA_DEVICE_ID`,
   *   `ERR_CUDA_OUT_OF_MEMORY`, and `ERR_CPU_FALLBACK` if nodes would run on the CPU and `'cpu'` is not in the list
   * @example
   * const session = await InferenceSession.create('model.onnx', { executionProviders: ['cpu'], intraOpNumThreads: 1 })
   */
  static create(path: string, options?: SessionOptions): Promise<InferenceSession>
  /** @param model bytes of the model, which are copied before the call returns, or taken over with `transfer` */
  static create(model: Uint8Array | ArrayBufferLike, options?: SessionOptions): Promise<InferenceSession>
  static create(
    model: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: SessionOptions,
  ): Promise<InferenceSession>
  static async create(...args: unknown[]): Promise<InferenceSession> {
    return new InferenceSession(await createSession(args))
  }

  get inputNames(): readonly string[] {
    return this.#loaded.inputs.names
  }

  get outputNames(): readonly string[] {
    return this.#loaded.outputs.names
  }

  get inputMetadata(): readonly ValueMetadata[] {
    return this.#loaded.inputs.metadata
  }

  get outputMetadata(): readonly ValueMetadata[] {
    return this.#loaded.outputs.metadata
  }

  /** The model's own description. @throws OrtError `ERR_DISPOSED`; `ERR_NOT_SUPPORTED` on onnxruntime-node */
  get modelMetadata(): ModelMetadata {
    return this.#open.session.modelMetadata()
  }

  /** What executes the session: the addon, or onnxruntime-node if the addon cannot be loaded. */
  get engine(): EngineName {
    return this.#loaded.engine.name
  }

  /**
   * The execution providers that run the session: `['cpu']`, a device alone, or a device and `'cpu'`, which runs the nodes that
   * the device has no kernel for, and those that ONNX Runtime prefers there (computations on shapes).
   */
  get executionProviders(): readonly string[] {
    return this.#loaded.executionProviders
  }

  /** The device that the session computes on. */
  get device(): SessionDevice {
    return this.#loaded.device
  }

  /**
   * Which execution provider runs which nodes, of a session with `recordGraphAssignment`: in ONNX Runtime's order, with the
   * nodes of nested graphs. The nodes are those after its basic optimizations; later ones may fuse some.
   *
   * ONNX Runtime 1.30 omits nodes that a provider runs in the layout NHWC, WebGPU's default: `preferredLayout: 'NCHW'` reports
   * all of them.
   *
   * @throws OrtError `ERR_DISPOSED`; `ERR_NOT_SUPPORTED` for a session that did not record it, and on onnxruntime-node
   * @example
   * await using recorded = await InferenceSession.create('model.onnx', { recordGraphAssignment: true })
   * for (const { provider, nodes } of recorded.graphAssignment()) console.log(provider, nodes.length)
   */
  graphAssignment(): readonly AssignedSubgraph[] {
    return checkRecorded(this.#open.session.graphAssignment())
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
  run<V extends RunValue = Tensor>(feeds: Feeds, options?: RunOptions): Promise<RunResult<V>>
  run<V extends RunValue = Tensor>(
    feeds: Feeds,
    fetches: Fetches,
    options?: RunOptions,
  ): Promise<RunResult<V>>
  async run(feeds: Feeds, second?: unknown, third?: unknown): Promise<RunResult> {
    const { request, settings, signal } = resolveRun(this.#open, second, third)
    checkFeeds(feeds)
    const tensors = settings === undefined ? this.#plans.tensors(feeds) : undefined
    const plan = tensors && this.#plans.begin(tensors, request.fetches)
    try {
      if (plan !== undefined) {
        const pending = this.#plans.run(plan, request, signal)
        return pending instanceof Promise ? await pending : pending
      }
      const pending = runOnce(this.#open, feeds, request, settings, signal)
      const results = pending instanceof Promise ? await pending : pending
      if (tensors !== undefined) this.#plans.remember(tensors, request, results)
      return results
    } catch (error) {
      throw explainRun(error, this.#loaded.inputs, feeds)
    }
  }

  /**
   * A binding with memory for each input, allocated once (or an OrtValue of the caller), and for each output whose shape follows
   * from the inputs' shapes. Write into `binding.inputs`, run, read `binding.outputs`.
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
  createIoBinding<I extends Views = AnyViews, O extends Partial<Views> = AnyViews>(
    inputs: Readonly<Partial<Record<keyof NoInfer<I> & string, InputSpec>>> = {} as never,
    options: IoBindingOptions = {},
  ): IoBinding<I, O> {
    return IoBinding.create(this.#open, inputs as never, options) as IoBinding<I, O>
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
    return new IoBinding(this.#open)
  }

  /**
   * Puts the rows of many callers together: see {@link Batcher}. Batches are compared with their rows alone first.
   * @param row the shape of one row by input name, without the batch axis; `'?'` for a size that varies
   * @throws OrtError `ERR_BATCH_MISMATCH`, `ERR_NO_BATCH_AXIS`, `ERR_NOT_SUPPORTED`, `ERR_ORT_*` for sample rows
   * @example
   * await using batcher = await session.createBatcher({ x: [4] }, { maxBatchSize: 32 })
   * const { y } = await batcher.run({ x: Float32Array.of(1, 2, 3, 4) })
   */
  async createBatcher<I extends Views = AnyViews, O extends Partial<Views> = AnyViews>(
    row: Readonly<Partial<Record<keyof NoInfer<I> & string, RowShape>>> = {} as never,
    options: BatcherOptions = {},
  ): Promise<Batcher<I, O>> {
    return (await Batcher.create(this.#open, row as never, options)) as Batcher<I, O>
  }

  /**
   * A few bindings of the same shapes, each lent to one caller at a time: see {@link BindingPool}.
   * @example
   * await using pool = session.createBindingPool({ x: [1, 4] }, { size: 4, maxQueueSize: 128 })
   */
  createBindingPool<I extends Views = AnyViews, O extends Partial<Views> = AnyViews>(
    shapes: Readonly<Partial<Record<keyof NoInfer<I> & string, readonly number[]>>> = {} as never,
    options: BindingPoolOptions = {},
  ): BindingPool<I, O> {
    return new BindingPool((rest) => this.createIoBinding<I, O>(shapes, rest), shapes, options)
  }

  /**
   * The same as `binding.run(options)`, for a binding of this session.
   *
   * @example
   * await session.runWithIoBinding(session.createIoBinding({ x: [1, 4] }))
   */
  async runWithIoBinding(
    binding: Pick<IoBinding, 'belongsTo' | 'run'>,
    options?: IoBindingRunOptions,
  ): Promise<void> {
    return checkBinding(binding, this.#open.session).run(options)
  }

  /** Does nothing: onnxruntime-common has it, but ONNX Runtime starts profiling with the option `enableProfiling`. */
  startProfiling(): void {}

  /**
   * Ends profiling. Returns the path of the file that was written; `''` without `enableProfiling`, and on onnxruntime-node.
   *
   * @throws OrtError `ERR_INVALID_ARG_VALUE` if the file could not be written
   * @example
   * await using profiled = await InferenceSession.create('model.onnx', { enableProfiling: true })
   * console.log(profiled.endProfiling()) // such as /home/me/onnxruntime_profile_2026-01-31_12-00-00.json
   */
  endProfiling(): string {
    return checkWritten(this.#open.session.endProfiling())
  }

  /**
   * Releases the model after the runs in flight. Later runs of its bindings are refused (`ERR_DISPOSED`); their memory exists until
   * they are disposed of, or collected. Idempotent.
   * @example
   * await session.release()
   */
  release(): Promise<void> {
    this.#plans.dispose()
    try {
      this.#released ??= this.#loaded.session.release()
    } catch (error) {
      return Promise.reject(error) // nothing was queued: the next call tries again
    }
    return this.#released
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    return inspectSession(this.#loaded, this.#released !== undefined, args)
  }

  get #open(): LoadedSession {
    if (this.#released !== undefined) throw new OrtError('ERR_DISPOSED', 'the session was released')
    return this.#loaded
  }
}

/** onnxruntime-common's names of this class's types. */
export declare namespace InferenceSession {
  export type FeedsType = Feeds
  export type FetchesType = Fetches
  export type OnnxValueMapType = RunResult<Tensor>
  export type ReturnType = RunResult<Tensor>
  export type RunOptions = import('./request').RunOptions
  export type SessionOptions = import('./options').SessionOptions
  export type ValueMetadata = import('../model/io').ValueMetadata
}
