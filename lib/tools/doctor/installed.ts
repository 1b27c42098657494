import { createRequire } from 'node:module'
import { join } from 'node:path'

/** onnxruntime-node's package.json, as the engine looks for it: from the package, then from the working directory. */
export function findOnnxruntimeNode(): { path: string; version: string } | undefined {
  for (const from of [__filename, join(process.cwd(), 'package.json')]) {
    const require = createRequire(from)
    try {
      const path = require.resolve('onnxruntime-node/package.json')
      return { path, version: (require(path) as { version: string }).version }
    } catch {
      // Not installed there.
    }
  }
  return undefined
}
