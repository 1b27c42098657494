import { initialized } from '../../device/initialize'
import { preload } from '../../device/preload'
import {
  cudaMajor,
  isCudaMajor,
  otherMajors,
  requiredLibraries,
  wheelName,
} from '../../engine/cuda-libraries'
import { findLibrary } from '../../engine/library'
import { type Addon, loadAddon } from '../../engine/native'
import { engine } from '../../engine/select'
import { OrtError } from '../../errors'
import { InferenceSession } from '../../session/session'
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
  // Of ELF files alone.
  if (process.platform === 'win32') return {}
  const needed = neededBy(provider).filter(
    (name) => name !== CUDA_DRIVER && !name.startsWith('libonnxruntime'),
  )
  const major = needed.map(cudaMajor).find((found) => found !== undefined)
  const version = major === undefined ? {} : { major }
  const preloading = python === undefined ? undefined : await failureToPreload(python, major)
  if (preloading !== undefined) {
    return { ...version, libraries: needed.map((name) => ({ name, needed: true })), preloading }
  }
  const opened = isCudaMajor(major) ? requiredLibraries(major).map(({ name }) => name) : []
  const libraries = [...new Set([...needed, ...opened])]
    .map((name) => ({ name, needed: needed.includes(name), ...locate(loader, name) }))
    // What is not CUDA's is every system's, and of interest only where it is missing.
    .filter(({ name, reason }) => wheelName(name) !== undefined || reason !== undefined)
  const missing = libraries.find((library) => library.needed && library.reason !== undefined)
  const instead = otherMajors(missing?.name ?? '').find(({ name }) => open(loader, name) === undefined)
  return {
    ...version,
    libraries,
    ...(instead !== undefined && { instead: instead.name }),
  }
}

function neededBy(provider: string): string[] {
  try {
    return neededLibraries(provider)
  } catch (cause) {
    throw new OrtError('ERR_CUDA_LIBRARY_INVALID', `${provider} cannot be loaded`, {
      expected: 'a shared library of Linux, whole',
      given: (cause as Error).message,
      cause,
    })
  }
}

function failureToPreload(python: string, major: number | undefined): Promise<Failure | undefined> {
  return preload({ python, cuda: isCudaMajor(major) ? major : true }).then(() => undefined, failureOf)
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

/** More than a machine has. */
const NO_GPU = 1000

/** `failure` where there is none; one that cannot be opened may have others behind it. */
async function gpus(): Promise<{ driver?: string; gpus: (Gpu | Failure)[]; failure?: Failure }> {
  const devices = openAddon()
  const ask = (id: number): Gpu | Failure => {
    try {
      return devices.deviceMemory('cuda', id)
    } catch (error) {
      return failureOf(error)
    }
  }
  const isNone = (answer: Gpu | Failure) => 'code' in answer && answer.code === 'ERR_CUDA_DEVICE_ID'
  const answer = ask(NO_GPU)
  const found: (Gpu | Failure)[] = []
  if (isNone(answer)) {
    for (let gpu = ask(0); !isNone(gpu); gpu = ask(found.length)) found.push(gpu)
  }
  const driver = sharedObject(CUDA_DRIVER)
  return {
    gpus: found,
    ...(driver !== undefined && { driver }),
    ...('code' in answer && !isNone(answer) && { failure: answer }),
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
