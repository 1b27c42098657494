import type { SessionDevice } from '../device/device'
import type { Engine, EngineSession } from '../engine/engine'
import type { SessionIO } from '../model/io'

/** What a binding needs of its session. */
export interface BindingHost {
  readonly engine: Engine
  readonly session: EngineSession
  readonly inputs: SessionIO
  readonly outputs: SessionIO
  readonly device: SessionDevice
  /** Path of the model; undefined for bytes. */
  readonly model: string | undefined
  /** The outputs of which a run gave another shape than the model declares: later bindings have ONNX Runtime allocate them. */
  readonly wrongShapes: Set<string>
}
