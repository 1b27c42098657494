import { refuseProxies } from '../classes'
import type { SessionDevice } from '../device/device'
import type { AssignedSubgraph, EngineName, ModelMetadata } from '../engine/engine'
import { OrtError } from '../errors'
import type { ValueMetadata, ValueType } from '../model/io'
import { checkRecorded } from './checks'
import type { SessionHandle } from './handle'
import { checkWritten } from './profile'

/** What a session reports of itself and of its model: the base of `InferenceSession`. */
export abstract class SessionDescription {
  readonly #handle: SessionHandle

  static {
    refuseProxies(SessionDescription, 'an InferenceSession', (value) => #handle in value)
  }

  /** @internal */
  protected constructor(handle: SessionHandle) {
    this.#handle = handle
  }

  get inputNames(): readonly string[] {
    return this.#handle.loaded.inputs.names
  }

  get outputNames(): readonly string[] {
    return this.#handle.loaded.outputs.names
  }

  get inputMetadata(): readonly ValueMetadata[] {
    return this.#handle.loaded.inputs.metadata
  }

  get outputMetadata(): readonly ValueMetadata[] {
    return this.#handle.loaded.outputs.metadata
  }

  /** The types of the inputs, and where the session reads them. */
  get inputTypes(): readonly ValueType[] {
    return this.#handle.loaded.inputs.types(this.device.name)
  }

  /** The types of the outputs, and where the session writes them. */
  get outputTypes(): readonly ValueType[] {
    return this.#handle.loaded.outputs.types(this.device.name)
  }

  /**
   * Initializers that are inputs too, whose data a run can replace: give them to `session.run` or bind them by name. A run without
   * one, or with null, uses the model's own. ONNX Runtime does not optimize what depends on them.
   *
   * @throws OrtError `ERR_NOT_SUPPORTED` on onnxruntime-node
   * @example
   * for (const { name } of session.overridableInitializers) console.log(name)
   */
  get overridableInitializers(): readonly ValueMetadata[] {
    const { engine, inputs } = this.#handle.loaded
    if (engine.supports.overridableInitializers) return inputs.overridable
    throw new OrtError('ERR_NOT_SUPPORTED', `the ${engine.name} engine does not report initializers`, {
      remedy: 'Install the native addon',
    })
  }

  /** The model's own description. @throws OrtError `ERR_DISPOSED`; `ERR_NOT_SUPPORTED` on onnxruntime-node */
  get modelMetadata(): ModelMetadata {
    return this.#handle.open.session.modelMetadata()
  }

  /** What executes the session: the addon, or onnxruntime-node if the addon cannot be loaded. */
  get engine(): EngineName {
    return this.#handle.loaded.engine.name
  }

  /**
   * The execution providers that run the session: `['cpu']`, a device alone, or a device and `'cpu'`, which runs the nodes that
   * the device has no kernel for, and those that ONNX Runtime prefers there (computations on shapes).
   */
  get executionProviders(): readonly string[] {
    return this.#handle.loaded.executionProviders
  }

  /** The options that {@link executionProviders} run with, by ONNX Runtime's keys; those that are absent have its defaults. */
  get providerOptions(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return this.#handle.loaded.providerOptions
  }

  /** The device that the session computes on. */
  get device(): SessionDevice {
    return this.#handle.loaded.device
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
    return checkRecorded(this.#handle.open.session.graphAssignment())
  }

  /**
   * When profiling started, in nanoseconds of ONNX Runtime's clock: what the times of the profile are relative to.
   *
   * @throws OrtError `ERR_DISPOSED`; `ERR_NOT_SUPPORTED` on onnxruntime-node
   */
  get profilingStartTime(): bigint {
    return this.#handle.open.session.profilingStartTime()
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
    return checkWritten(this.#handle.open.session.endProfiling())
  }
}
