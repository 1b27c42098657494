import { librariesOf, majorOf, otherMajors, wheelOf } from '../engines/cuda-libraries'
import { findLibrary } from '../engines/library'
import { type Addon, loadAddon } from '../engines/native'
import { engine } from '../engines/select'
import { initialized } from '../initialize'
import { preload } from '../preload'
import { InferenceSession } from '../session'
import { neededLibraries } from './elf'
import { type Failure, failureOf } from './failure'
import { MODEL, SAMPLES } from './model'
import { sharedObject, sharedObjects } from './shared-objects'

/**
 * What loads foreign libraries. Each function runs in a process of its own (probe.ts); it takes and gives what a command
 * line and JSON can hold.
 */
export const probes = { addon, onnxruntime, cudaLibraries, gpus, webgpuAdapter, run }
export type Probes = typeof probes

/** A library that ONNX Runtime's CUDA provider loads. */
export interface CudaLibrary {
  readonly name: string
  /** Without it the provider cannot be loaded; others are opened when an operator wants them. */
  readonly needed: boolean
  /** Where the loader found it. */
  readonly path?: string
  /** Where it did not: its words. */
  readonly reason?: string
}

export interface CudaLibraries {
  /** Of CUDA, that the provider was built for. */
  readonly major?: number
  /** Absent where the provider's file does not tell (Windows). */
  readonly libraries?: readonly CudaLibrary[]
  /** The library of another version of CUDA that the loader finds where one is missing. */
  readonly instead?: string
  /** Of `preload`, which ends at the first library that it does not find; then no other was looked for. */
  readonly preloading?: Failure
}

/** Bytes of its memory. */
export interface Gpu {
  readonly free: number
  readonly total: number
}

const CUDA_DRIVER = process.platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1'

async function addon() {
  const loaded = loadAddon()
  if (loaded instanceof Error) throw loaded
  // Which `bindings` has put there.
  return { path: (loaded as Addon & { path: string }).path }
}

async function onnxruntime() {
  return { ...initialized(), source: findLibrary(undefined, [])!.source }
}

async function cudaLibraries(provider: string, python?: string): Promise<CudaLibraries> {
  const loader = openAddon()
  const needed = neededLibraries(provider)?.filter(
    (name) => name !== CUDA_DRIVER && !name.startsWith('libonnxruntime'),
  )
  if (needed === undefined) return {}
  const major = needed.map(majorOf).find((found) => found === 12 || found === 13) as 12 | 13 | undefined
  const version = major === undefined ? {} : { major }
  const preloading = python === undefined ? undefined : await failureToPreload(python, major)
  if (preloading !== undefined) {
    return { ...version, libraries: needed.map((name) => ({ name, needed: true })), preloading }
  }
  const opened = major === undefined ? [] : librariesOf(major).map(({ name }) => name)
  const libraries = [...new Set([...needed, ...opened])]
    .map((name) => ({ name, needed: needed.includes(name), ...locate(loader, name) }))
    // What is not CUDA's is every system's, and of interest only where it is missing.
    .filter(({ name, reason }) => wheelOf(name) !== undefined || reason !== undefined)
  const missing = libraries.find((library) => library.needed && library.reason !== undefined)
  const instead = otherMajors(missing?.name ?? '').find(({ name }) => open(loader, name) === undefined)
  return {
    ...version,
    libraries,
    ...(instead !== undefined && { instead: instead.name }),
  }
}

function failureToPreload(python: string, major: 12 | 13 | undefined): Promise<Failure | undefined> {
  return preload({ python, cuda: major ?? true }).then(() => undefined, failureOf)
}

function locate(loader: Addon, name: string): Pick<CudaLibrary, 'path' | 'reason'> {
  const reason = open(loader, name)
  return reason === undefined ? { path: sharedObject(name) ?? name } : { reason }
}

function open(loader: Addon, path: string): string | undefined {
  try {
    loader.loadLibrary(path)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Asks for one GPU after the other, until an error says that there is no more. */
async function gpus(): Promise<{ driver?: string; gpus: Gpu[]; failure?: Failure }> {
  const devices = openAddon()
  const found: Gpu[] = []
  let failure: Failure | undefined
  while (failure === undefined) {
    try {
      found.push(devices.deviceMemory('cuda', found.length))
    } catch (error) {
      failure = failureOf(error)
    }
  }
  const driver = sharedObject(CUDA_DRIVER)
  return {
    gpus: found,
    ...(driver !== undefined && { driver }),
    ...(failure.code !== 'ERR_CUDA_DEVICE_ID' && { failure }),
  }
}

/** Which libraries ONNX Runtime loads for WebGPU: on Linux Vulkan's loader and the GPU's driver are among them. */
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
    // What fails is thrown: ONNX Runtime need not print it too.
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

/** Of the native engine, which the environment of these probes chooses. */
function openAddon(): Addon {
  return (engine() as ReturnType<typeof engine> & { readonly addon: Addon }).addon
}
