import { basename } from 'node:path'
import { register } from '../backend'
import { onnxruntimeNode, warn } from './loaded'

/** The addon of onnxruntime-node, whose other modules load it before they register their backend. */
export const BINDING = 'onnxruntime_binding.node'

type Dlopen = typeof process.dlopen
type Loading = { exports: unknown; filename?: string }

/** `process.dlopen` that registers this package in place of onnxruntime-node's addon, which is opened only if it is needed. */
export function intercept(dlopen: Dlopen): Dlopen {
  return function (this: unknown, module: object, filename: string, ...flags: []) {
    const open = (into: object) => dlopen.call(process, into, filename, ...flags)
    if (basename(filename) !== BINDING) return open(module)
    const { filename: path = filename } = module as Loading
    const found = onnxruntimeNode(path)
    if (found === undefined) {
      warn(path, 'its onnxruntime-common was not found')
      return open(module)
    }
    register(found.common)
    ;(module as Loading).exports = standIn(path, open)
  } as Dlopen
}

/** What onnxruntime-node registers its backend for, beside the providers of this package. */
const OTHERS: Partial<Record<NodeJS.Platform, readonly object[]>> = {
  linux: [{ name: 'tensorrt', bundled: false }],
  darwin: [{ name: 'coreml', bundled: true }],
  win32: [{ name: 'dml', bundled: true }],
}

const listSupportedBackends = () => [
  { name: 'cpu', bundled: true },
  { name: 'webgpu', bundled: true },
  { name: 'cuda', bundled: false },
  ...(OTHERS[process.platform] ?? []),
]

/**
 * In place of onnxruntime-node's addon. Opening that would bring another ONNX Runtime into the process, or fail, because a system
 * takes two libraries of one name for the same.
 */
function standIn(path: string, open: (into: object) => void): object {
  let addon: Record<PropertyKey, unknown> | undefined
  const load = () => {
    if (addon !== undefined) return addon
    warn(path, `it runs sessions with other providers than 'cpu', 'cuda' and 'webgpu'`)
    const module: Loading = { exports: {} }
    open(module)
    addon = module.exports as Record<PropertyKey, unknown>
    return addon
  }
  return new Proxy(
    { listSupportedBackends },
    {
      get: (own, name) => {
        if (name in own) return Reflect.get(own, name)
        // What the module loader asks of any exports.
        return typeof name === 'symbol' || name === '__esModule' ? undefined : load()[name]
      },
    },
  )
}
