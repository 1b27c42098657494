import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Where a library is to be opened from, and why there. */
export interface Candidate {
  readonly path: string
  readonly source: string
}

const LIBRARY_NAMES: Partial<Record<NodeJS.Platform, RegExp>> = {
  linux: /^libonnxruntime\.so(\.1)?$/,
  darwin: /^libonnxruntime[.\d]*\.dylib$/,
  win32: /^onnxruntime\.dll$/i,
}

/**
 * ONNX Runtime's library by the first source that names one: `libraryPath`, then `ORT_DYLIB_PATH`, then the
 * onnxruntime-node that this package, the working directory or the main script finds. What is named is what is opened:
 * a named library that fails is an error, not a reason to look further.
 */
export function findLibrary(libraryPath: string | undefined, tried: string[]): Candidate | undefined {
  if (libraryPath !== undefined) return { path: libraryPath, source: 'libraryPath' }
  const fromEnvironment = process.env.ORT_DYLIB_PATH
  if (fromEnvironment) return { path: fromEnvironment, source: 'ORT_DYLIB_PATH' }
  return findOnnxruntimeNode(tried)
}

function findOnnxruntimeNode(tried: string[]): Candidate | undefined {
  const from = [__filename, join(process.cwd(), 'package.json'), require.main?.filename]
  for (const file of new Set(from)) {
    if (file === undefined) continue
    let root: string
    try {
      root = dirname(createRequire(file).resolve('onnxruntime-node/package.json'))
    } catch {
      tried.push(`onnxruntime-node, as required from ${file}: not installed`)
      continue
    }
    const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch)
    const name = existsSync(folder) ? readdirSync(folder).find((entry) => isLibrary(entry)) : undefined
    if (name !== undefined) return { path: join(folder, name), source: 'onnxruntime-node' }
    tried.push(`${folder}: holds no ONNX Runtime library`)
  }
  return undefined
}

function isLibrary(name: string): boolean {
  return LIBRARY_NAMES[process.platform]?.test(name) ?? false
}

/** onnxruntime-node's package.json as the onnxruntime-node engine finds it; undefined where it is not installed. */
export function resolveOnnxruntimeNode(): { path: string; version: string } | undefined {
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
