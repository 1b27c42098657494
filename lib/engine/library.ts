import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Path of a library, and what named it. */
export interface Candidate {
  readonly path: string
  readonly source: string
}

/** An installed copy of onnxruntime-node. */
export interface InstalledOnnxruntimeNode {
  /** Path of its package.json. */
  readonly path: string
  readonly version: string
  /** `require` of the file that finds the copy. */
  readonly require: NodeJS.Require
}

const LIBRARY_NAMES: Partial<Record<NodeJS.Platform, RegExp>> = {
  linux: /^libonnxruntime\.so(\.1)?$/,
  darwin: /^libonnxruntime[.\d]*\.dylib$/,
  win32: /^onnxruntime\.dll$/i,
}

/**
 * The copies of onnxruntime-node that this package, the working directory and the main script find, in this order. What both
 * engines and the doctor use is the first one that suits them.
 *
 * @param tried receives what was not found
 */
export function* installedOnnxruntimeNodes(tried: string[] = []): Generator<InstalledOnnxruntimeNode> {
  for (const from of new Set([__filename, join(process.cwd(), 'package.json'), require.main?.filename])) {
    if (from === undefined) continue
    const requireFrom = createRequire(from)
    try {
      const path = requireFrom.resolve('onnxruntime-node/package.json')
      const { version } = requireFrom(path) as { version: string }
      yield { path, version, require: requireFrom }
    } catch {
      tried.push(`onnxruntime-node, as required from ${from}: not installed`)
    }
  }
}

/** The first of these copies. */
export function resolveOnnxruntimeNode(): InstalledOnnxruntimeNode | undefined {
  return installedOnnxruntimeNodes().next().value ?? undefined
}

/**
 * ONNX Runtime's library, from the first source that names one: `libraryPath`, `ORT_DYLIB_PATH`, an installed
 * onnxruntime-node. A named library that cannot be opened is an error; the next source is not tried.
 */
export function findLibrary(libraryPath: string | undefined, tried: string[]): Candidate | undefined {
  if (libraryPath !== undefined) return { path: libraryPath, source: 'libraryPath' }
  const fromEnvironment = process.env.ORT_DYLIB_PATH
  if (fromEnvironment) return { path: fromEnvironment, source: 'ORT_DYLIB_PATH' }
  for (const { path } of installedOnnxruntimeNodes(tried)) {
    const folder = join(dirname(path), 'bin', 'napi-v6', process.platform, process.arch)
    const name = existsSync(folder) ? readdirSync(folder).find(isLibrary) : undefined
    if (name !== undefined) return { path: join(folder, name), source: 'onnxruntime-node' }
    tried.push(`${folder}: contains no ONNX Runtime library`)
  }
  return undefined
}

function isLibrary(name: string): boolean {
  return LIBRARY_NAMES[process.platform]?.test(name) ?? false
}
