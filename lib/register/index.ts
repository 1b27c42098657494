/**
 * Makes this package run the sessions of every onnxruntime-node in the thread, whatever loads it. Imported for its effect: first,
 * or with `node --import`, `--require` or `NODE_OPTIONS`, which worker threads inherit.
 *
 * @packageDocumentation
 */
import Module from 'node:module'
import { loadAddon } from '../engine/native'
import { BINDING, intercept } from './intercept'
import { onnxruntimeNode, takeOver } from './loaded'

/** A process can have several copies of this package. */
const REGISTERED = Symbol.for('onnxruntime-iobinding.registered')

function install(): void {
  const dlopen = process.dlopen as typeof process.dlopen & { [REGISTERED]?: true }
  if (dlopen[REGISTERED] || process.env.ONNXRUNTIME_IOBINDING_ENGINE === 'onnxruntime-node') return
  const addon = loadAddon()
  if (addon instanceof Error) {
    process.emitWarning(`${addon.message}\nonnxruntime-node runs its sessions itself.`, {
      type: 'OnnxRuntimeIoBindingWarning',
      code: addon.code,
    })
    return
  }
  process.dlopen = Object.assign(intercept(dlopen), { [REGISTERED]: true as const })
  if ('deno' in process.versions) interceptInDeno()
  for (const path of Object.keys(require.cache))
    if (path.endsWith(BINDING)) takeOver(onnxruntimeNode(path), path)
}

/** Deno opens addons without `process.dlopen`. */
function interceptInDeno(): void {
  const { _extensions: loaders } = Module as unknown as {
    _extensions: Record<'.node', typeof process.dlopen>
  }
  loaders['.node'] = intercept(loaders['.node'])
}

install()
