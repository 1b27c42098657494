import type * as Ort from 'onnxruntime-node'
import type { EngineSession, RunSettings } from '../engine'
import { INSTALL_ADDON, notSupported } from './convert'

type RunOptions = Ort.InferenceSession.RunOptions

/** @throws OrtError `ERR_NOT_SUPPORTED` for options that onnxruntime-node accepts without effect, or does not have */
export function toRunOptions(settings: RunSettings): RunOptions {
  const { config, profileFilePrefix, terminate, ...options } = settings
  if (terminate) throw notSupported("the run option 'terminate'", 'Omit it')
  if (config !== undefined) throw notSupported("the run option 'extra'", `Omit it, or ${INSTALL_ADDON}`)
  if (profileFilePrefix !== undefined) throw notSupported("the run option 'profile'", INSTALL_ADDON)
  return options as RunOptions
}

/** Run options of a binding. */
export class NodeRunOptions {
  readonly options: RunOptions

  constructor(_session: EngineSession, settings: RunSettings) {
    this.options = toRunOptions(settings)
  }
}
