import {
  cudaMajor,
  isCudaMajor,
  openLibrary,
  otherMajors,
  requiredLibraries,
  wheelName,
} from '../../engine/cuda-libraries'
import { findLibrary } from '../../engine/library'
import { type Addon, loadAddon } from '../../engine/native'
import { InferenceSession, initialized, OrtError, preload } from '../../index'
import { neededLibraries } from './elf'
import { type Failure, toFailure } from './failure'
import { MODEL, SAMPLES } from './model'
import { sharedObject, sharedObjects } from './shared-objects'

/**
 * The functions that load foreign libraries. Each runs in a process of its own (probe.ts): its arguments fit a command
 * line, and its result fits JSON.
 */
export const probes = { addon, onnxruntime, cudaLibraries, gpus, webgpuAdapter, run }
export type Probes = typeof probes

/** A library that ONNX Runtime's CUDA provider loads. */
export interface CudaLibrary {
  readonly name: string
  /** The provider cannot be loaded without it; others are opened when an operator needs them. */
  readonly needed: boolean
  /** Where the loader found it. */
  readonly path?: string
  /** The loader's message where it did not. */
  readonly reason?: string
}

export interface CudaLibraries {
  /** The version of CUDA that the provider was built for. */
  readonly major?: number | undefined
  /** Absent where the provider is not an ELF file (Windows). */
  readonly libraries?: readonly CudaLibrary[]
  /** A library of another version of CUDA that the loader finds in place of a missing one. */
  readonly instead?: string | undefined
  /** The failure of `preload`, which stops at the first missing library; the others were not looked for. */
  readonly preloading?: Failure
}

type Gpu = ReturnType<Addon['deviceMemory']>

const CUDA_DRIVER = process.platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1'

async function addon() {
  return { addon: load().path }
}

async function onnxruntime() {
  return { ...initialized(), source: findLibrary(undefined, [])!.source, addon: load().path }
}

async function cudaLibraries(provider: string, python?: string): Promise<CudaLibraries> {
  const loader = openAddon()
  if (process.platform === 'win32') return {}
  const needed = neededBy(provider).filter(
    (name) => name !== CUDA_DRIVER && !name.startsWith('libonnxruntime'),
  )
  const major = needed.map(cudaMajor).find((found) => found !== undefined)
  const cuda = isCudaMajor(major) ? major : undefined
  const preloading =
    python && (await preload({ python, cuda: cuda ?? true }).then(() => undefined, toFailure))
  if (preloading) return { major, libraries: needed.map((name) => ({ name, needed: true })), preloading }
  const opened = cuda === undefined ? [] : requiredLibraries(cuda).map(({ name }) => name)
  const libraries = [...new Set([...needed, ...opened])]
    .map((name) => ({ name, needed: needed.includes(name), ...locate(loader, name) }))
    // Libraries that are not CUDA's exist on every system: they matter only where they are missing.
    .filter(({ name, reason }) => wheelName(name) !== undefined || reason !== undefined)
  const missing = libraries.find((library) => library.needed && library.reason !== undefined)
  const instead = otherMajors(missing?.name ?? '').find(({ name }) => openLibrary(loader, name) === undefined)
  return { major, libraries, instead: instead?.name }
}

function neededBy(provider: string): string[] {
  try {
    return neededLibraries(provider)
  } catch (cause) {
    throw new OrtError('ERR_CUDA_LIBRARY_INVALID', `${provider} cannot be loaded`, {
      expected: 'a complete shared library for Linux',
      given: (cause as Error).message,
      cause,
    })
  }
}

function locate(loader: Addon, name: string): Pick<CudaLibrary, 'path' | 'reason'> {
  const reason = openLibrary(loader, name)
  return reason === undefined ? { path: sharedObject(name) ?? name } : { reason }
}

/** An id beyond any machine's GPUs. */
const NO_GPU = 1000

/** `failure` is set where there is no GPU; a GPU that cannot be opened may precede others that can. */
async function gpus(): Promise<{ driver?: string | undefined; gpus: (Gpu | Failure)[]; failure?: Failure }> {
  const devices = openAddon()
  const memory = (id: number): Gpu | Failure => {
    try {
      return devices.deviceMemory('cuda', id)
    } catch (error) {
      return toFailure(error)
    }
  }
  const isBeyond = (gpu: Gpu | Failure) => 'code' in gpu && gpu.code === 'ERR_CUDA_DEVICE_ID'
  const none = memory(NO_GPU)
  const found: (Gpu | Failure)[] = []
  if (isBeyond(none)) {
    for (let gpu = memory(0); !isBeyond(gpu); gpu = memory(found.length)) found.push(gpu)
  }
  const failure = 'code' in none && !isBeyond(none) && { failure: none }
  return { gpus: found, driver: sharedObject(CUDA_DRIVER), ...failure }
}

/** The libraries that ONNX Runtime loads for WebGPU, on Linux among them Vulkan's loader and the GPU's driver. */
async function webgpuAdapter() {
  const before = new Set(sharedObjects())
  openAddon().appendProvider('webgpu', {})
  return { loaded: sharedObjects().filter((path) => !before.has(path)) }
}

/** Runs {@link MODEL} on the provider alone. */
async function run(provider: string, python?: string) {
  if (python !== undefined) await preload({ python })
  await using session = await InferenceSession.create(MODEL, {
    executionProviders: [provider as 'cpu'],
    // Errors are thrown: ONNX Runtime does not need to print them too.
    logSeverityLevel: 4,
  })
  const io = session.createIoBinding<{ x: Float32Array }, { y: Float32Array }>({ x: [1] })
  const results: number[] = []
  for (const { x } of SAMPLES) {
    io.inputs.x[0] = x
    await io.run()
    results.push(io.outputs.y[0]!)
  }
  return { engine: session.engine, results }
}

/** The addon, with ONNX Runtime's library open: the environment of these probes selects the native engine. */
function openAddon(): Addon {
  initialized()
  return load()
}

/** `bindings` sets the path. */
function load(): Addon & { readonly path: string } {
  const loaded = loadAddon()
  if (loaded instanceof Error) throw loaded
  return loaded as Addon & { path: string }
}
