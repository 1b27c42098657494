import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { unpacked } from './asar'
import { OWN_FILE } from './own-file'

/** Path of a library, and what named it. */
export interface Candidate {
  readonly path: string
  readonly source: string
  /** The link that was named, if it is in another folder than the library and its providers. */
  readonly link?: string
}

/** An installed onnxruntime-node that contains ONNX Runtime's library for this platform. */
export interface OnnxruntimeNode {
  /** Path of its package.json. */
  readonly path: string
  readonly version: string
  /** Path of ONNX Runtime's library. */
  readonly library: string
}

const LIBRARY_NAMES: Partial<Record<NodeJS.Platform, RegExp>> = {
  linux: /^libonnxruntime\.so(\.1)?$/,
  darwin: /^libonnxruntime[.\d]*\.dylib$/,
  win32: /^onnxruntime\.dll$/i,
}

const PROVIDERS = 'onnxruntime_providers_shared'

/**
 * The names of onnxruntime-node in node_modules. The second is for a project in which the first leads to this package:
 * `"onnxruntime-library": "npm:onnxruntime-node@…"`.
 */
const NAMES = ['onnxruntime-node', 'onnxruntime-library']

/**
 * The onnxruntime-node that both engines and the doctor use: the first copy with a library for this platform, as resolved from
 * this package, then from the main script. The working directory names nothing: whoever can write there must not choose which
 * code runs.
 *
 * @param tried receives what does not suit
 */
export function resolveOnnxruntimeNode(tried: string[] = []): OnnxruntimeNode | undefined {
  for (const from of new Set([OWN_FILE, ...mainScripts()])) {
    let isInstalled = false
    for (const path of packagesFrom(from)) {
      const found = inspectPackage(path, tried)
      if (found !== undefined) return found
      isInstalled = true
    }
    if (!isInstalled) tried.push(`onnxruntime-node, as required from ${from}: not installed`)
  }
  return undefined
}

/** The commands' child processes search as their parent, which sets this to the path of its own main script. */
export const MAIN_SCRIPT = 'ONNXRUNTIME_IOBINDING_MAIN'

/** The variable for a child process of a command. */
export function mainScriptVariable(): Record<string, string> {
  const path = process.env[MAIN_SCRIPT] ?? process.argv[1]
  return path === undefined ? {} : { [MAIN_SCRIPT]: path }
}

/** `require.main` is undefined if the main script is an ES module. */
function mainScripts(): string[] {
  const named = process.env[MAIN_SCRIPT]
  return [require.main?.filename, ...withTarget(named ?? scriptArgument())].filter(
    (path) => path !== undefined,
  )
}

/** The script of `node SCRIPT`. With --eval, and in a packaged Electron application, the argument is the user's own. */
function scriptArgument(): string | undefined {
  const evaluates = process.execArgv.some((option) => /^(-p?e|-p|--eval|--print)(=|$)/.test(option))
  const { versions, defaultApp } = process as NodeJS.Process & { defaultApp?: boolean }
  return evaluates || (versions.electron !== undefined && !defaultApp) ? undefined : process.argv[1]
}

/** A script can be a link, as those of `node_modules/.bin` are: the file that it leads to comes first. */
function withTarget(path: string | undefined): string[] {
  if (path === undefined || !isAbsolute(path)) return []
  try {
    return [realpathSync(path), path]
  } catch {
    // Without its extension, as in `node script`.
    return [path]
  }
}

/**
 * The package.json of the onnxruntime-node beside this package. Tracers of deployments (@vercel/nft, of Next.js too) evaluate
 * these paths and ship the files: they know `__dirname` and node:os, but not `process.platform` and no search.
 */
function tracedPackage(): string | undefined {
  const modules = join(__dirname, '..', '..')
  // In a bundle the folder could be one in which others can write.
  if (basename(modules) !== 'node_modules') return undefined
  // On other systems the name contains a version: the whole folder.
  const file = platform() === 'linux' ? 'libonnxruntime.so.1' : '.'
  const library = join(__dirname, '..', '..', 'onnxruntime-node', 'bin', 'napi-v6', platform(), arch(), file)
  return existsSync(library) ? join(__dirname, '..', '..', 'onnxruntime-node', 'package.json') : undefined
}

/** The package.json of each onnxruntime-node in the folders that Node.js searches for a file. */
function* packagesFrom(from: string): Generator<string> {
  const { resolve } = createRequire(from)
  for (const name of NAMES.map((name) => `${name}/package.json`)) {
    for (const folder of resolve.paths(name) ?? []) {
      const path = join(folder, name)
      if (existsSync(path)) yield path
    }
    try {
      // Without folders of node_modules (Yarn's Plug'n'Play) this alone finds it.
      yield resolve(name)
    } catch {}
  }
  const traced = from === OWN_FILE ? tracedPackage() : undefined
  if (traced !== undefined) yield traced
}

function inspectPackage(path: string, tried: string[]): OnnxruntimeNode | undefined {
  let name: string | undefined
  let version: string
  try {
    ;({ name, version } = JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    tried.push(`${path}: ${(error as Error).message}`)
    return undefined
  }
  if (name === 'onnxruntime-iobinding') {
    tried.push(`${path}: is this package, installed under the name of onnxruntime-node`)
    return undefined
  }
  if (name !== undefined && name !== 'onnxruntime-node') {
    tried.push(`${path}: is ${name}, not onnxruntime-node`)
    return undefined
  }
  const folder = join(dirname(path), 'bin', 'napi-v6', process.platform, process.arch)
  const file = existsSync(folder) ? readdirSync(folder).find(isLibrary) : undefined
  if (file !== undefined) return { path, version, library: unpacked(join(folder, file)) }
  const reason = `${folder}: contains no ONNX Runtime library`
  if (!tried.includes(reason)) tried.push(reason)
  return undefined
}

/**
 * ONNX Runtime's library, from the first source that names one: `libraryPath`, `ORT_DYLIB_PATH`, an installed
 * onnxruntime-node. A named library that cannot be opened is an error; the next source is not tried.
 */
export function findLibrary(libraryPath: string | undefined, tried: string[]): Candidate | undefined {
  if (libraryPath !== undefined) return withProviders({ path: unpacked(libraryPath), source: 'libraryPath' })
  const fromEnvironment = process.env.ORT_DYLIB_PATH
  if (fromEnvironment) return withProviders({ path: unpacked(fromEnvironment), source: 'ORT_DYLIB_PATH' })
  const found = resolveOnnxruntimeNode(tried)
  return found && { path: found.library, source: 'onnxruntime-node' }
}

/** ONNX Runtime looks for its providers in the folder of the path that is opened, and does not follow a link. */
function withProviders(candidate: Candidate): Candidate {
  const name = process.platform === 'win32' ? `${PROVIDERS}.dll` : `lib${PROVIDERS}.so`
  const isBeside = (path: string) => existsSync(join(dirname(path), name))
  const { path, source } = candidate
  if (isBeside(path)) return candidate
  try {
    const target = realpathSync(path)
    return isBeside(target) ? { path: target, source, link: path } : candidate
  } catch {
    return candidate
  }
}

function isLibrary(name: string): boolean {
  return LIBRARY_NAMES[process.platform]?.test(name) ?? false
}
