import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { boolean, type Check, checkOptions, string, strings } from '../check'
import {
  type CudaMajor,
  cudaMajor,
  isCudaMajor,
  openLibrary,
  requiredLibraries,
  type Wanted,
} from '../engine/cuda-libraries'
import type { Addon } from '../engine/native'
import { engineAsync } from '../engine/select'
import { describe, firstLine, OrtError, OrtTypeError } from '../errors'

/** Options of {@link preload}. */
export interface PreloadOptions {
  /** Folders that contain the libraries, in the order in which they are searched. */
  readonly directories?: readonly string[]
  /**
   * A Python environment with NVIDIA's wheels (`pip install nvidia-cublas nvidia-cudnn-cu13 ...`): the folder of a virtual
   * environment, a Python executable, or a `site-packages` folder. Searched after `directories`.
   */
  readonly python?: string
  /**
   * Whether CUDA's libraries are loaded, and of which version. Default true: the version that ONNX Runtime's CUDA
   * provider was built for, or the newest one found if the provider does not report it.
   */
  readonly cuda?: boolean | CudaMajor
  /**
   * Whether cuDNN is loaded. By default it is if it is found: ONNX Runtime 1.30 needs it for some operators only (a
   * convolution, say). True: it is an error if it is not found.
   */
  readonly cudnn?: boolean
}

/** What {@link preload} did with a library. */
export interface PreloadedLibrary {
  /** File name, such as `libcublas.so.13`. */
  readonly name: string
  /** The path that was loaded; the bare name if the system's loader found it, or if nothing did. */
  readonly path: string
  readonly loaded: boolean
  /** If it was not loaded: each path that was tried, and the loader's message. */
  readonly reason?: string
}

const OPTIONS = {
  cuda: ((value) => {
    if (typeof value === 'boolean' || isCudaMajor(value)) return value
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "invalid 'cuda'", {
      expected: 'a boolean, 12 or 13',
      given: describe(value),
    })
  }) satisfies Check<unknown>,
  cudnn: boolean,
  directories: strings,
  python: string,
}

/**
 * Loads the libraries that ONNX Runtime's CUDA provider needs, so that neither `LD_LIBRARY_PATH` nor `PATH` has to name their
 * folders: each from `directories`, else from the wheels of a Python environment, else by the system's loader. Call it once,
 * before the first session on CUDA. The libraries stay loaded.
 *
 * Corresponds to Python's `onnxruntime.preload_dlls`. Loading blocks the event loop for hundreds of milliseconds: the libraries
 * are large.
 *
 * @throws OrtError `ERR_CUDA_LIBRARY_NOT_FOUND` with the paths that were tried, `ERR_NOT_SUPPORTED` where CUDA does not exist
 *   (macOS, the onnxruntime-node engine); OrtTypeError for an invalid option, and the errors of {@link initialize}
 * @see https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html#preload-dlls
 * @example
 * const libraries = await preload({ cuda: false })
 * console.log(libraries.filter(({ loaded }) => loaded).map(({ path }) => path))
 */
export async function preload(options: PreloadOptions = {}): Promise<PreloadedLibrary[]> {
  const { cuda = true, cudnn, directories = [], python } = checkOptions(options, OPTIONS, 'option of preload')
  const addon = await openAddon()
  const places = { directories, sites: python === undefined ? [] : await sitePackages(python) }
  // cuDNN's libraries have one name for all versions of CUDA.
  const major = cuda === true ? (providerMajor(addon) ?? newest(addon, places)) : cuda || 13
  return requiredLibraries(major)
    .filter(({ part }) => (part === 'cuda' ? cuda !== false : cudnn !== false))
    .map((wanted) => load(addon, wanted, places, wanted.part === 'cudnn' ? cudnn === true : !wanted.optional))
}

interface Places {
  readonly directories: readonly string[]
  /** Python's site-packages folders. */
  readonly sites: readonly string[]
}

async function openAddon(): Promise<Addon> {
  const opened = await engineAsync()
  if (opened.name === 'native' && ['linux', 'win32'].includes(process.platform)) {
    return (opened as typeof opened & { readonly addon: Addon }).addon
  }
  const why = opened.name === 'native' ? `on ${process.platform}` : `on the ${opened.name} engine`
  throw new OrtError('ERR_NOT_SUPPORTED', `CUDA does not exist ${why}`, {
    expected: 'the native engine on Linux or Windows',
  })
}

/** The version of CUDA that ONNX Runtime's provider needs, which its error names while the library is missing. */
function providerMajor(addon: Addon): CudaMajor | undefined {
  try {
    addon.appendProvider('cuda', {})
  } catch (error) {
    const { expected } = error as OrtError
    const major = expected === undefined ? undefined : cudaMajor(expected)
    if (isCudaMajor(major)) return major
  }
  return undefined
}

/** The newest version whose runtime is found; else 13, whose libraries the error then names. */
function newest(addon: Addon, places: Places): CudaMajor {
  const isFound = (major: CudaMajor) => {
    const [runtime] = requiredLibraries(major)
    return candidates(runtime!, places).some(existsSync) || openLibrary(addon, runtime!.name) === undefined
  }
  return ([13, 12] as const).find(isFound) ?? 13
}

function candidates({ name, wheelFolders }: Wanted, { directories, sites }: Places): string[] {
  const inWheels = sites.flatMap((site) => wheelFolders.map((folder) => join(site, folder, name)))
  return [...directories.map((directory) => join(directory, name)), ...inWheels]
}

function load(addon: Addon, wanted: Wanted, places: Places, required: boolean): PreloadedLibrary {
  const { name } = wanted
  const tried: string[] = []
  for (const path of [...candidates(wanted, places), name]) {
    // The system's loader searches for a bare name itself.
    const reason = path === name || existsSync(path) ? openLibrary(addon, path) : 'no such file'
    if (reason === undefined) return { name, path, loaded: true }
    tried.push(`${path}: ${reason}`)
  }
  if (!required) return { name, path: name, loaded: false, reason: tried.join('\n') }
  throw new OrtError('ERR_CUDA_LIBRARY_NOT_FOUND', `${name} could not be loaded:\n  ${tried.join('\n  ')}`, {
    expected: name,
    remedy: "Name its folder in 'directories', or a Python environment with NVIDIA's wheels by 'python'",
  })
}

const PRINT_SITES =
  "import json, site, sysconfig; print(json.dumps([sysconfig.get_path('purelib'), *site.getsitepackages(), site.getusersitepackages()]))"

async function sitePackages(python: string): Promise<string[]> {
  if (isFolder(python)) {
    const found = sitesBelow(python)
    if (found.length > 0) return found
    throw noPython(python, 'a folder without nvidia or site-packages')
  }
  try {
    // Here, because it takes milliseconds to load.
    const { execFile } = require('node:child_process') as typeof import('node:child_process')
    const { stdout } = await promisify(execFile)(python, ['-c', PRINT_SITES])
    return [...new Set(JSON.parse(stdout) as string[])]
  } catch (cause) {
    throw noPython(python, firstLine(cause as Error), cause)
  }
}

/** False also for a path that the system refuses, such as one that is too long. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function sitesBelow(folder: string): string[] {
  if (basename(folder) === 'site-packages' || existsSync(join(folder, 'nvidia'))) return [folder]
  const lib = join(folder, 'lib')
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith('python')) : []
  return [
    ...versions.map((name) => join(lib, name, 'site-packages')),
    join(folder, 'Lib', 'site-packages'),
  ].filter(existsSync)
}

function noPython(python: string, given: string, cause?: unknown): OrtTypeError {
  const message = `'python' is not a Python environment, ${describe(python)}`
  const expected = "a virtual environment's folder, a Python executable or a site-packages folder"
  const details = { expected, given, ...(cause !== undefined && { cause }) }
  return new OrtTypeError('ERR_INVALID_ARG_VALUE', message, details)
}
