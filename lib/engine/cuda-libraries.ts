/**
 * The libraries of CUDA and cuDNN that ONNX Runtime's CUDA provider needs: what they are called by platform and version
 * of CUDA, and where NVIDIA's Python wheels have them.
 */

export type CudaMajor = 12 | 13

export function isCudaMajor(value: unknown): value is CudaMajor {
  return value === 12 || value === 13
}

/** Of CUDA, that a provider may want or a machine may have. */
const MAJORS = [11, 12, 13, 14]

interface CudaLibrary {
  /** As in `libcublas.so` and `cublas64_12.dll`. */
  readonly stem: string
  /** Folder below `nvidia/` of the wheel, where each library has a wheel of its own; and in the wheel's name. */
  readonly folder: string
  readonly wheel: string
  /** The version in the library's name, by the version of CUDA; where it has none, it is not told by it. */
  readonly version: (major: number) => string
  /** The same on Windows where it is written otherwise. */
  readonly windowsVersion?: (major: number) => string
  /** Not needed to load the provider of ONNX Runtime 1.30, which opens it when an operator wants it. */
  readonly optional?: true
  readonly part: 'cuda' | 'cudnn'
  /** On Windows alone. */
  readonly windowsOnly?: true
}

// Named after the version of CUDA that it goes with, which the library's name does not tell.
const CUDNN_WHEEL = 'nvidia-cudnn-cu12 or nvidia-cudnn-cu13'
const ownMajor = (major: number) => String(major)

/** Parts of cuDNN that it opens by itself: on Windows only where they are loaded, or in PATH. */
const CUDNN_PARTS = [
  'engines_runtime_compiled',
  'engines_precompiled',
  'heuristic',
  'ops',
  'adv',
  'graph',
  'engines_tensor_ir',
]

/** In the order of loading: what another needs comes before it. */
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

/** A library to be loaded. */
export interface Wanted {
  /** Of the file. */
  readonly name: string
  readonly optional: boolean
  readonly part: 'cuda' | 'cudnn'
  /** Folders below a Python environment's site-packages. */
  readonly wheelFolders: readonly string[]
}

/** The libraries of a version of CUDA in the order of loading. */
export function librariesOf(major: CudaMajor): Wanted[] {
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

/** The library that a file name is one of. */
function libraryOf(name: string): CudaLibrary | undefined {
  const stem = /^lib(\w+)\.so\./.exec(name)?.[1] ?? /^(\w+?)64_\w+\.dll$/i.exec(name)?.[1]
  return LIBRARIES.find((library) => library.stem.toLowerCase() === stem?.toLowerCase())
}

/** The version of CUDA that a library's name tells. */
export function majorOf(name: string): number | undefined {
  const library = libraryOf(name)
  if (library === undefined) return undefined
  const majors = MAJORS.filter((major) => fileName(library, major) === name)
  return majors.length === 1 ? majors[0] : undefined
}

/** Python's wheel that holds a library. */
export function wheelOf(name: string): string | undefined {
  const wheel = libraryOf(name)?.wheel
  const major = majorOf(name)
  // Up to CUDA 12 the wheels' names end in the version.
  return wheel !== undefined && major !== undefined && major < 13 ? `${wheel}-cu${major}` : wheel
}

/** The same library of other versions of CUDA: its file name, and what is wanted and would be found. */
export function otherMajors(name: string): { name: string; wanted: string; found: string }[] {
  const library = libraryOf(name)
  const wanted = majorOf(name)
  if (library === undefined || wanted === undefined) return []
  return MAJORS.filter((major) => major !== wanted).map((major) => ({
    name: fileName(library, major),
    wanted: `CUDA ${wanted}`,
    found: `CUDA ${major}`,
  }))
}
