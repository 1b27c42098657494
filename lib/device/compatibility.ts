import type { URL } from 'node:url'
import { isRecord, property, string } from '../check'
import type { EpDevice } from '../engine/devices'
import { engine } from '../engine/select'
import { copyTypedArray } from '../model/element-types'
import { checkModelFile, modelArguments } from '../model/source'
import { deviceIds } from './ep-devices'

/** Whether a compiled model runs on devices: ONNX Runtime's `OrtCompiledModelCompatibility`. */
export type CompatibilityStatus = 'not-applicable' | 'optimal' | 'prefer-recompilation' | 'unsupported'

export interface ModelCompatibility {
  /**
   * `'not-applicable'`: the provider does not know, or the model was not compiled for it; `'prefer-recompilation'`: it runs, and runs
   * better if it is compiled again; `'unsupported'`: it must be compiled again.
   */
  readonly status: CompatibilityStatus
  /** What the provider wrote into the model when it compiled it; absent where the model has none. */
  readonly info?: string
}

const STATUSES = ['not-applicable', 'optimal', 'prefer-recompilation', 'unsupported'] as const

/**
 * Asks the provider of the devices whether a compiled model runs on them, without loading it.
 *
 * @param model the compiled model, as `InferenceSession.create` takes it; or `{ info }`, where only that of an earlier call is at hand
 * @param devices one or more of `getEpDevices()`, of one provider
 * @throws OrtError `ERR_NOT_SUPPORTED` on the onnxruntime-node engine, `ERR_ORT_*` for a model that cannot be read
 * @example
 * const { status } = await modelCompatibility('model.onnx', getEpDevices().slice(0, 1))
 * console.log(status) // 'not-applicable': it is not a compiled model
 */
export async function modelCompatibility(
  model: string | URL | Uint8Array | ArrayBufferLike | { readonly info: string },
  devices: readonly EpDevice[],
): Promise<ModelCompatibility> {
  const opened = engine()
  opened.epDevices() // refused by an engine that has none
  const provider = Array.isArray(devices) ? (devices as readonly EpDevice[])[0]?.provider : undefined
  const ids = deviceIds(devices, String(provider))
  const given = isInfo(model) ? string(model.info, 'info') : undefined
  const source = given === undefined ? modelArguments([model, {}]).source : undefined
  if (source !== undefined) await checkModelFile(source)
  const bytes = source === undefined || typeof source === 'string' ? source : copyTypedArray(source)
  const [status, info] = await opened.modelCompatibility(bytes, given, String(provider), ids)
  return Object.freeze({ status: STATUSES[status] ?? 'unsupported', ...(info !== undefined && { info }) })
}

function isInfo(model: unknown): model is { readonly info: unknown } {
  return isRecord(model) && property(model, 'info') !== undefined
}
