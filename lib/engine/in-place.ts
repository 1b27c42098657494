import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as common from 'onnxruntime-common'
import { loadAddon } from './native'

const FOLDER = join(__dirname, '..')

/**
 * onnxruntime-node registers its backend as it is loaded, for programs that import their classes from onnxruntime-common. So does
 * this package where a package manager has put it in that place.
 */
export function registerInPlace(): void {
  if (process.env.ONNXRUNTIME_IOBINDING_ENGINE === 'onnxruntime-node' || !isInPlace()) return
  // The other engine is onnxruntime-node, which has a backend of its own.
  if (loadAddon() instanceof Error) return
  ;(require('../backend/index') as typeof import('../backend/index')).register(common)
}

/** Whether the name onnxruntime-node leads to this package. */
function isInPlace(): boolean {
  const parent = dirname(FOLDER)
  const store = dirname(parent)
  // Yarn's pnpm linker: node_modules/.store/onnxruntime-node-npm-VERSION/package.
  if (basename(store) === '.store') return basename(parent).startsWith('onnxruntime-node-')
  if (basename(parent) !== 'node_modules') return false
  if (basename(FOLDER) === 'onnxruntime-node') return true
  // pnpm: .pnpm/onnxruntime-iobinding@VERSION/node_modules/onnxruntime-iobinding, and its own links to all names.
  const pnpm = dirname(store)
  if (basename(pnpm) !== '.pnpm') return false
  try {
    return realpathSync(join(pnpm, 'node_modules', 'onnxruntime-node')) === FOLDER
  } catch {
    return false
  }
}
