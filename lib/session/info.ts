import type { SessionDevice } from '../device/device'
import type { EngineName } from '../engine/engine'
import type { ValueMetadata, ValueType } from '../model/io'
import type { LoadedSession } from './create'

/** What a session is: its inputs and outputs, and what runs it. */
export abstract class SessionInfo {
  /** @internal */
  protected readonly loaded: LoadedSession

  protected constructor(loaded: LoadedSession) {
    this.loaded = loaded
  }

  get inputNames(): readonly string[] {
    return this.loaded.inputs.names
  }

  get outputNames(): readonly string[] {
    return this.loaded.outputs.names
  }

  get inputMetadata(): readonly ValueMetadata[] {
    return this.loaded.inputs.metadata
  }

  get outputMetadata(): readonly ValueMetadata[] {
    return this.loaded.outputs.metadata
  }

  /** The types of the inputs, and where the session reads them. */
  get inputTypes(): readonly ValueType[] {
    return this.loaded.inputs.types(this.device.name)
  }

  /** The types of the outputs, and where the session writes them. */
  get outputTypes(): readonly ValueType[] {
    return this.loaded.outputs.types(this.device.name)
  }

  /** What executes the session: the addon, or onnxruntime-node if the addon cannot be loaded. */
  get engine(): EngineName {
    return this.loaded.engine.name
  }

  /**
   * The execution providers that run the session: `['cpu']`, a device alone, or a device and `'cpu'`, which runs the nodes that
   * the device has no kernel for, and those that ONNX Runtime prefers there (computations on shapes).
   */
  get executionProviders(): readonly string[] {
    return this.loaded.executionProviders
  }

  /** The options that {@link executionProviders} run with, by ONNX Runtime's keys; those that are absent have its defaults. */
  get providerOptions(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return this.loaded.providerOptions
  }

  /** The device that the session computes on. */
  get device(): SessionDevice {
    return this.loaded.device
  }
}
