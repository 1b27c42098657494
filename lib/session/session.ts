import type { InferenceSession as Common, Tensor } from 'onnxruntime-common'
import { type BindingHost, IoBinding } from '../binding/binding'
import type { IoBindingRunOptions } from '../binding/run-options'
import type { InputSpec, IoBindingOptions } from '../binding/specs'
import type { AnyViews, Views } from '../binding/views'
import type { SessionDevice } from '../device/device'
import type { ProviderChoice } from '../device/providers'
import { abortable, checkSignal } from '../engine/abort'
import type { AssignedSubgraph, EngineName, EngineSession, ModelMetadata } from '../engine/engine'
import { engineAsync } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'
import { copyTypedArray } from '../model/element-types'
import { SessionIO, type ValueMetadata } from '../model/io'
import { openSession } from './create'
import { modelArguments } from './model-arguments'
import { needsDevice, resolveSessionOptions, type SessionOptions } from './options'
import { type OutputLocation, resolveLocations, wantsDevice } from './output-locations'
import {
  type RunValue,
  resolveFeeds,
  resolveFetches,
  resolveRequest,
  resolveRunOptions,
  toReturnValue,
} from './run'
import { wrapShapeError } from './run-errors'

let lastRunId = 0

/** Names a run that can be canceled; 0 names none. */
function nextRunId(): number {
  lastRunId = (lastRunId % 0xffffffff) + 1
  return lastRunId
}

/** Options of `session.run`: onnxruntime-common's, and a signal. */
export interface RunOptions extends Common.RunOptions {
  /** Ends queued work at once, and running work at its next node. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Inputs by name: Tensors, or OrtValues for what onnxruntime-common has no Tensor for. */
export type Feeds = Readonly<Record<string, RunValue>>
/** Output names, or an object of them: null, or a pre-allocated Tensor that the result is written into. */
export type Fetches = readonly string[] | Readonly<Record<string, Tensor | null>>
export type RunResult<V extends RunValue = RunValue> = Readonly<Record<string, V>>

function deviceOf({ settings }: ProviderChoice): SessionDevice {
  return settings === undefined ? { name: 'cpu', id: 0 } : { name: settings.name, id: settings.deviceId }
}

/**
 * A loaded model. A superset of onnxruntime-node's class: what runs there runs here, off the event loop.
 *
 * Runs of one session are done one after another, in the order they were asked for, on a thread of the session's own;
 * the threads that ONNX Runtime shares a run's work among are its own (`intraOpNumThreads`).
 */
export class InferenceSession implements AsyncDisposable {
  readonly #host: BindingHost
  readonly #provider: ProviderChoice
  /** The outputs whose results `run` gives elsewhere than in host memory. */
  readonly #locations: ReadonlyMap<string, OutputLocation> | undefined
  #released: Promise<void> | undefined

  private constructor(
    host: BindingHost,
    provider: ProviderChoice,
    locations: ReadonlyMap<string, OutputLocation> | undefined,
  ) {
    this.#host = host
    this.#provider = provider
    this.#locations = locations
  }

  /**
   * Loads a model on a thread of its own.
   *
   * @param path file of the model, `.onnx` or `.ort`
   * @throws OrtError `ERR_ORT_NO_SUCHFILE`, `ERR_ORT_INVALID_PROTOBUF` and ONNX Runtime's other codes for a model that
   *   cannot be loaded, `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`, and those of {@link initialize}. Where no provider of
   *   the list can be had: `ERR_PROVIDER_UNAVAILABLE`, `ERR_WEBGPU_NO_ADAPTER`, and for CUDA `ERR_CUDA_DRIVER_NOT_FOUND`,
   *   `ERR_CUDA_DRIVER_VERSION`, `ERR_CUDA_NO_DEVICE`, `ERR_CUDA_PROVIDER_NOT_FOUND`, `ERR_CUDA_LIBRARY_NOT_FOUND`,
   *   `ERR_CUDA_LIBRARY_INVALID`, `ERR_CUDA_VERSION`. At once: `ERR_CUDA_DEVICE_ID`, `ERR_CUDA_OUT_OF_MEMORY`,
   *   `ERR_CPU_FALLBACK` where nodes would run on the CPU and the list does not go on with `'cpu'`
   */
  static create(path: string, options?: SessionOptions): Promise<InferenceSession>
  /** @param model bytes of the model, which are copied before the call returns */
  static create(model: Uint8Array | ArrayBufferLike, options?: SessionOptions): Promise<InferenceSession>
  static create(
    model: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: SessionOptions,
  ): Promise<InferenceSession>
  static async create(...args: unknown[]): Promise<InferenceSession> {
    const { model, options } = modelArguments(args)
    const resolved = resolveSessionOptions(options)
    // A copy that is ours: the caller may change or transfer the bytes as soon as the call has returned.
    const source = typeof model === 'string' ? model : copyTypedArray(model)
    const opened = await engineAsync()
    const { session, provider } = await openSession(opened, source, resolved)
    try {
      const inputs = new SessionIO('input', session.inputs())
      const outputs = new SessionIO('output', session.outputs())
      const { preferredLocation } = resolved
      if (provider.settings === undefined && wantsDevice(preferredLocation))
        throw needsDevice("'preferredOutputLocation': 'gpu-buffer'")
      const locations = resolveLocations(preferredLocation, outputs, provider)
      const device = deviceOf(provider)
      return new InferenceSession({ engine: opened, session, inputs, outputs, device }, provider, locations)
    } catch (error) {
      await session.release()
      throw error
    }
  }

  get inputNames(): readonly string[] {
    return this.#host.inputs.names
  }

  get outputNames(): readonly string[] {
    return this.#host.outputs.names
  }

  get inputMetadata(): readonly ValueMetadata[] {
    return this.#host.inputs.metadata
  }

  get outputMetadata(): readonly ValueMetadata[] {
    return this.#host.outputs.metadata
  }

  /** What the model says of itself. @throws OrtError `ERR_DISPOSED`; `ERR_NOT_SUPPORTED` on onnxruntime-node */
  get modelMetadata(): ModelMetadata {
    return this.#open.modelMetadata()
  }

  /**
   * Which execution provider runs which nodes, of a session made with `recordGraphAssignment`: in ONNX Runtime's order, those
   * of nested graphs with the others. The nodes are those that its basic optimizations leave; later ones may still fuse some.
   *
   * ONNX Runtime 1.30 leaves out what a provider runs in the layout NHWC, which is WebGPU's default: with `preferredLayout:
   * 'NCHW'` all nodes are told.
   *
   * @throws OrtError `ERR_DISPOSED`; `ERR_NOT_SUPPORTED` for a session that did not record it, and on onnxruntime-node
   */
  graphAssignment(): readonly AssignedSubgraph[] {
    const assignment = this.#open.graphAssignment()
    if (assignment !== undefined) return assignment
    throw new OrtError('ERR_NOT_SUPPORTED', 'the session did not record which provider runs which nodes', {
      remedy: 'Create it with recordGraphAssignment: true',
    })
  }

  /** What runs the session: the addon, or onnxruntime-node where the addon cannot load. */
  get engine(): EngineName {
    return this.#host.engine.name
  }

  /**
   * The execution providers that run the session: `['cpu']`, a device's alone, or a device's and `'cpu'`, where nodes may
   * run that the device has no kernel for, or that ONNX Runtime would rather have there (computations on shapes).
   */
  get executionProviders(): readonly string[] {
    return this.#provider.names
  }

  /** Where the session computes, and which of the devices of that kind it is. */
  get device(): SessionDevice {
    return this.#host.device
  }

  /**
   * Runs the model once, by onnxruntime-common's contract. Inputs are read before the call returns, so the caller may
   * change them at once; results are the caller's.
   *
   * Results are Tensors; of a model that gives sequences, or types that onnxruntime-common has no name for, they are
   * OrtValues: `run<RunValue>(...)`.
   *
   * For many runs bind instead: {@link InferenceSession.createIoBinding}.
   *
   * @throws OrtTypeError, OrtRangeError naming the argument; OrtError `ERR_MISSING_INPUT`, `ERR_DETACHED`,
   *   `ERR_OUTPUT_SHAPE`, `ERR_DISPOSED`, `ERR_ORT_*`
   */
  run<V extends RunValue = Tensor>(feeds: Feeds, options?: RunOptions): Promise<RunResult<V>>
  run<V extends RunValue = Tensor>(
    feeds: Feeds,
    fetches: Fetches,
    options?: RunOptions,
  ): Promise<RunResult<V>>
  async run(feeds: Feeds, second?: unknown, third?: unknown): Promise<RunResult> {
    const session = this.#open
    const { inputs, outputs } = this.#host
    const request = resolveRequest(outputs, second, third)
    const settings = resolveRunOptions(request.options)
    const resolvedFeeds = resolveFeeds(inputs, feeds)
    const resolvedFetches = resolveFetches(outputs, request.fetches, this.#locations)
    const signal = checkSignal(this.#host.engine, request.options.signal)
    const id = signal === undefined ? 0 : nextRunId()
    try {
      const results = session.run(resolvedFeeds, resolvedFetches, settings, id)
      if (Array.isArray(results)) return toReturnValue(request.fetches, results)
      const pending = signal === undefined ? results : abortable(results, signal, () => session.cancel(id))
      return toReturnValue(request.fetches, await pending)
    } catch (error) {
      throw wrapShapeError(error, inputs, (name) => feeds[name]?.dims)
    }
  }

  /**
   * The bind-once form: memory for each input is allocated once (or an OrtValue is bound), and for each output whose
   * shape follows from them. Write into `binding.inputs`, run, read `binding.outputs`.
   *
   * @param inputs a shape or an OrtValue by input name; an input whose declared shape is fixed may be left out
   * @throws OrtRangeError `ERR_UNKNOWN_INPUT`, `ERR_UNKNOWN_OUTPUT`, `ERR_SHAPE_MISMATCH`; OrtTypeError
   *   `ERR_TYPE_MISMATCH`; OrtError `ERR_MISSING_INPUT`, `ERR_DISPOSED`
   */
  createIoBinding<I extends Views = AnyViews, O extends Partial<Views> = AnyViews>(
    inputs: Readonly<Partial<Record<keyof NoInfer<I> & string, InputSpec>>> = {} as never,
    options: IoBindingOptions = {},
  ): IoBinding<I, O> {
    const host = { ...this.#host, session: this.#open }
    return IoBinding.create(host, inputs as Readonly<Record<string, InputSpec>>, options) as IoBinding<I, O>
  }

  /** An empty binding, to be bound as Python's is. */
  ioBinding(): IoBinding {
    return new IoBinding({ ...this.#host, session: this.#open })
  }

  /** The same as `binding.run(options)`, of a binding of this session. */
  runWithIoBinding(
    binding: Pick<IoBinding, 'belongsTo' | 'run'>,
    options?: IoBindingRunOptions,
  ): Promise<void> {
    try {
      if (!(binding instanceof IoBinding)) {
        throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'binding' must be an IoBinding", {
          given: describe(binding),
        })
      }
      if (!binding.belongsTo(this.#open)) {
        throw new OrtError('ERR_INVALID_ARG_VALUE', "'binding' is another session's", {
          remedy: 'Run it with the session that made it',
        })
      }
      return binding.run(options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** onnxruntime-common has it, and ONNX Runtime no such call: profiling starts with `enableProfiling`. */
  startProfiling(): void {}

  /** Ends profiling. Returns the path of the file that was written. */
  endProfiling(): string {
    return this.#open.endProfiling()
  }

  /**
   * Lets go of the model when the runs in flight have ended. Its bindings then run no more (`ERR_DISPOSED`); what they hold stays
   * until they are disposed of, or collected. Idempotent.
   */
  release(): Promise<void> {
    this.#released ??= this.#host.session.release()
    return this.#released
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  get #open(): EngineSession {
    if (this.#released !== undefined) throw new OrtError('ERR_DISPOSED', 'the session was released')
    return this.#host.session
  }
}

/** onnxruntime-common's names for the types of this class. */
export declare namespace InferenceSession {
  export type FeedsType = Feeds
  export type FetchesType = Fetches
  export type OnnxValueMapType = RunResult<Tensor>
  export type ReturnType = RunResult<Tensor>
  export type RunOptions = import('./session').RunOptions
  export type SessionOptions = import('./options').SessionOptions
  export type ValueMetadata = import('../model/io').ValueMetadata
}
