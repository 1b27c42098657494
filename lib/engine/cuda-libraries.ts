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
  /** Folder below `nvidia/`, in a wheel of this library alone. */
  readonly folder: string
  readonly wheel: string
  /** The version in the file name, by the version of CUDA. */
  readonly version: (major: number) => string
  /** The same on Windows, if it differs. */
  readonly windowsVersion?: (major: number) => string
  /** The provider of ONNX Runtime 1.30 loads without it, and opens it for some operators. */
  readonly optional?: true
  readonly part: 'cuda' | 'cudnn'
  /** Needed on Windows only. */
  readonly windowsOnly?: true
}

// One wheel for each version of CUDA, which the file name does not contain.
const CUDNN_WHEEL = 'nvidia-cudnn-cu12 or nvidia-cudnn-cu13'
const ownMajor = (major: number) => String(major)

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
  { stem: 'cudart', folder: 'cuda_runtime', wheel: 'nvidia-cuda-runtime', version: ownMajor, part: 'cuda' },
  { stem: 'cublasLt', folder: 'cublas', wheel: 'nvidia-cublas', version: ownMajor, part: 'cuda' },
  { stem: 'cublas', folder: 'cublas', wheel: 'nvidia-cublas', version: ownMajor, part: 'cuda' },
  { stem: 'curand', folder: 'curand', wheel: 'nvidia-curand', version: () => '10', part: 'cuda' },
  {
    stem: 'nvrtc',
    folder: 'cuda_nvrtc',
    wheel: 'nvidia-cuda-nvrtc',
    version: ownMajor,
    windowsVersion: (major) => `${major}0_0`,
    part: 'cuda',
    optional: true,
  },
  {
    stem: 'cufft',
    folder: 'cufft',
    wheel: 'nvidia-cufft',
    version: (major) => String(major - 1),
    part: 'cuda',
    optional: true,
  },
  ...CUDNN_PARTS.map(
    (name) =>
      ({
        stem: `cudnn_${name}`,
        folder: 'cudnn',
        wheel: CUDNN_WHEEL,
        version: () => '9',
        part: 'cudnn',
        optional: true,
        windowsOnly: true,
      }) as const,
  ),
  { stem: 'cudnn', folder: 'cudnn', wheel: CUDNN_WHEEL, version: () => '9', part: 'cudnn' },
]

function fileName(library: CudaLibrary, major: number): string {
  const { stem, version, windowsVersion = version } = library
  return process.platform === 'win32'
    ? `${stem}64_${windowsVersion(major)}.dll`
    : `lib${stem}.so.${version(major)}`
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
  const windows = process.platform === 'win32'
  const below = windows ? ['bin', 'bin/x86_64'] : ['lib']
  return LIBRARIES.filter(({ windowsOnly }) => windows || !windowsOnly).map((library) => ({
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
