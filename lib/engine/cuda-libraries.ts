/**
 * The libraries of CUDA and cuDNN that ONNX Runtime's CUDA provider needs: their file names by platform and version of CUDA,
 * and their folders in NVIDIA's Python wheels.
 */

export type CudaMajor = 12 | 13

export function isCudaMajor(value: unknown): value is CudaMajor {
  return value === 12 || value === 13
}

/** Major versions of CUDA that a provider may need or a machine may have. */
const MAJORS = [11, 12, 13, 14]

interface CudaLibrary {
  /** As in `libcublas.so` and `cublas64_12.dll`. */
  readonly stem: string
  /** The version in the file name, by the version of CUDA. */
  readonly version: (major: number) => string
  /** Folder below `nvidia/`, in a wheel of this library alone. */
  readonly folder: string
  readonly wheel: string
  readonly part: 'cuda' | 'cudnn'
  /** The provider of ONNX Runtime 1.30 loads without it, and opens it for some operators. */
  readonly optional?: true
  /** Needed on Windows only. */
  readonly windowsOnly?: true
}

const isWindows = process.platform === 'win32'
const ownMajor = (major: number) => String(major)

const cuda = (stem: string, folder: string, version = ownMajor): CudaLibrary => {
  return { stem, version, folder, wheel: `nvidia-${folder.replace('_', '-')}`, part: 'cuda' }
}

const cudnn = (stem: string): CudaLibrary => {
  // One wheel for each version of CUDA, which the file name does not contain.
  const wheel = 'nvidia-cudnn-cu12 or nvidia-cudnn-cu13'
  return { stem, version: () => '9', folder: 'cudnn', wheel, part: 'cudnn' }
}

/** Parts that cuDNN opens itself: on Windows only if they are loaded, or in PATH. */
const CUDNN_PARTS = [
  'engines_runtime_compiled',
  'engines_precompiled',
  'heuristic',
  'ops',
  'adv',
  'graph',
  'engines_tensor_ir',
]

/** In the order of loading: dependencies first. */
const LIBRARIES: readonly CudaLibrary[] = [
  cuda('cudart', 'cuda_runtime'),
  cuda('cublasLt', 'cublas'),
  cuda('cublas', 'cublas'),
  cuda('curand', 'curand', () => '10'),
  { ...cuda('nvrtc', 'cuda_nvrtc', (major) => (isWindows ? `${major}0_0` : String(major))), optional: true },
  { ...cuda('cufft', 'cufft', (major) => String(major - 1)), optional: true },
  ...CUDNN_PARTS.map((name) => ({ ...cudnn(`cudnn_${name}`), optional: true, windowsOnly: true }) as const),
  cudnn('cudnn'),
]

function fileName({ stem, version }: CudaLibrary, major: number): string {
  return isWindows ? `${stem}64_${version(major)}.dll` : `lib${stem}.so.${version(major)}`
}

/** A library to load. */
export interface Wanted {
  /** File name. */
  readonly name: string
  readonly optional: boolean
  readonly part: 'cuda' | 'cudnn'
  /** Folders below site-packages of a Python environment. */
  readonly wheelFolders: readonly string[]
}

/** The libraries for a version of CUDA, in the order of loading. */
export function requiredLibraries(major: CudaMajor): Wanted[] {
  const below = isWindows ? ['bin', 'bin/x86_64'] : ['lib']
  return LIBRARIES.filter(({ windowsOnly }) => isWindows || !windowsOnly).map((library) => ({
    name: fileName(library, major),
    optional: library.optional === true,
    part: library.part,
    // The wheels of CUDA 13 and later share a folder; those of CUDA 12, and cuDNN, have one each.
    wheelFolders: [...(library.part === 'cuda' ? [`cu${major}`] : []), library.folder].flatMap((folder) =>
      below.map((name) => `nvidia/${folder}/${name}`),
    ),
  }))
}

/** The library of a file name. */
function libraryByName(name: string): CudaLibrary | undefined {
  const stem = /^lib(\w+)\.so\./.exec(name)?.[1] ?? /^(\w+?)64_\w+\.dll$/i.exec(name)?.[1]
  return LIBRARIES.find((library) => library.stem.toLowerCase() === stem?.toLowerCase())
}

/** The version of CUDA that a file name identifies. */
export function cudaMajor(name: string): number | undefined {
  const library = libraryByName(name)
  if (library === undefined) return undefined
  const majors = MAJORS.filter((major) => fileName(library, major) === name)
  return majors.length === 1 ? majors[0] : undefined
}

/** Name of the Python wheel with a library. */
export function wheelName(name: string): string | undefined {
  const wheel = libraryByName(name)?.wheel
  const major = cudaMajor(name)
  // Up to CUDA 12 the names end in the version.
  return wheel !== undefined && major !== undefined && major < 13 ? `${wheel}-cu${major}` : wheel
}

/** The same library of other versions of CUDA: its file name, the version wanted and the one found. */
export function otherMajors(name: string): { name: string; wanted: string; found: string }[] {
  const library = libraryByName(name)
  const wanted = cudaMajor(name)
  if (library === undefined || wanted === undefined) return []
  return MAJORS.filter((major) => major !== wanted).map((major) => ({
    name: fileName(library, major),
    wanted: `CUDA ${wanted}`,
    found: `CUDA ${major}`,
  }))
}

/** Opens a library for the rest of the process. Returns the loader's message if that fails. */
export function openLibrary(loader: { loadLibrary(path: string): void }, path: string): string | undefined {
  try {
    loader.loadLibrary(path)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
