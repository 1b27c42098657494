import { createRequire } from 'node:module'
import type { Backend } from 'onnxruntime-common'
import { createBackend, type OnnxruntimeCommon, runs } from '../backend'

/** A copy of onnxruntime-node, by the path of its addon. */
interface OnnxruntimeNode {
  readonly require: NodeJS.Require
  readonly common: OnnxruntimeCommon
}

/** The copy, with its onnxruntime-common; undefined where that is not installed for it, as in a bundle. */
export function onnxruntimeNode(addon: string): OnnxruntimeNode | undefined {
  const require = createRequire(addon)
  try {
    return { require, common: require('onnxruntime-common') as OnnxruntimeCommon }
  } catch {
    return undefined
  }
}

/**
 * A copy that was loaded before: its onnxruntime-common has its backend, and keeps it. The backend passes new sessions to this
 * package, unless they name other providers.
 */
export function takeOver(found: OnnxruntimeNode | undefined, addon: string): void {
  const backend = found && loadedBackend(found.require)
  if (found === undefined || backend === undefined) {
    warn(addon, 'it was loaded before onnxruntime-iobinding/register, which must be imported first')
    return
  }
  const own = createBackend(found.common)
  const theirs = backend.createInferenceSessionHandler.bind(backend)
  backend.createInferenceSessionHandler = (model, options) =>
    runs(options) ? own.createInferenceSessionHandler(model, options) : theirs(model, options)
}

/** The addon is in bin/napi-vN/PLATFORM/ARCH. */
function loadedBackend(require: NodeJS.Require): Backend | undefined {
  try {
    const module = require('../../../../dist/backend.js') as { onnxruntimeBackend?: Backend }
    const backend = module.onnxruntimeBackend
    return typeof backend?.createInferenceSessionHandler === 'function' ? backend : undefined
  } catch {
    return undefined
  }
}

const warned = new Set<string>()

/** Sessions that this package does not run are reported, once for each copy and reason. */
export function warn(addon: string, reason: string): void {
  const message = `onnxruntime-node runs sessions itself: ${reason} (${addon})`
  if (warned.has(message)) return
  warned.add(message)
  process.emitWarning(message, { type: 'OnnxRuntimeIoBindingWarning', code: 'ERR_NOT_SUPPORTED' })
}
