import { basename, dirname } from 'node:path'
import { isOrtError, OrtError, type OrtErrorCode } from '../errors'
import { otherMajors, wheelName } from './cuda-libraries'

/**
 * Errors of execution providers, which ONNX Runtime distinguishes by their message only: CUDA's provider library or a
 * dependency cannot be loaded, the CUDA runtime fails, WebGPU finds no adapter.
 */

/** Codes of a provider that is unavailable: a session tries the next one of its list. */
const UNAVAILABLE: ReadonlySet<OrtErrorCode> = new Set<OrtErrorCode>([
  'ERR_PROVIDER_UNAVAILABLE',
  'ERR_WEBGPU_NO_ADAPTER',
  'ERR_CUDA_DRIVER_NOT_FOUND',
  'ERR_CUDA_DRIVER_VERSION',
  'ERR_CUDA_LIBRARY_INVALID',
  'ERR_CUDA_LIBRARY_NOT_FOUND',
  'ERR_CUDA_NO_DEVICE',
  'ERR_CUDA_PROVIDER_NOT_FOUND',
  'ERR_CUDA_VERSION',
  // By the driver's names: a stub in place of the driver, a driver that does not match its kernel module or the GPU, GPUs that
  // are not initialized yet, a GPU in exclusive use by another process.
  'ERR_CUDA_STUB_LIBRARY',
  'ERR_CUDA_SYSTEM_DRIVER_MISMATCH',
  'ERR_CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE',
  'ERR_CUDA_SYSTEM_NOT_READY',
  'ERR_CUDA_DEVICE_UNAVAILABLE',
])

export function isUnavailable(error: unknown): error is OrtError {
  return isOrtError(error) && UNAVAILABLE.has(error.code)
}

const INSTALL_DRIVER =
  "Install NVIDIA's driver (the library comes with it, not with CUDA); a container gets it from NVIDIA's container toolkit"

/** Remedies of errors that the addon throws itself. */
export const DRIVER_REMEDIES: Partial<Record<OrtErrorCode, string>> = {
  ERR_CUDA_DRIVER_NOT_FOUND: INSTALL_DRIVER,
  ERR_CUDA_STUB_LIBRARY: `The library found is the toolkit's stub. ${INSTALL_DRIVER}`,
  ERR_CUDA_NO_DEVICE:
    'Check that nvidia-smi lists a GPU, and that CUDA_VISIBLE_DEVICES does not hide it; a container needs --gpus',
  ERR_CUDA_DEVICE_ID: "Set 'deviceId' to the index of an existing GPU, of those in CUDA_VISIBLE_DEVICES",
  ERR_CUDA_DRIVER_VERSION: "Update NVIDIA's driver, or use ONNX Runtime built for an older CUDA",
  ERR_CUDA_OUT_OF_MEMORY:
    "Free GPU memory or run smaller inputs; 'gpuMemLimit' limits what a session takes of it, and raising it gives the session more",
  ERR_CUDA_DEVICE_LOST: 'Restart the process',
  ERR_CUDA_NO_BINARY_FOR_GPU:
    "ONNX Runtime's CUDA provider has no kernels for this GPU: use a build for its compute capability, or another GPU",
  ERR_CUDA_LAUNCH_OUT_OF_RESOURCES:
    'Run smaller inputs, or end what else uses the GPU: the kernel needs more registers or shared memory than are free',
}

/** Whether the loader finds a library of this name. */
export type CanLoad = (name: string) => boolean

/** An error of a provider as ONNX Runtime's message describes it. */
interface Finding {
  readonly code: OrtErrorCode
  readonly text: string
  readonly expected?: string
  readonly given?: string
  readonly remedy?: string | undefined
}

/** The error of a provider, if ONNX Runtime's `message` is about one. */
export function providerError(message: string, canLoad: CanLoad): OrtError | undefined {
  const found =
    loadError(message, canLoad) ?? runtimeError(message) ?? launchError(message) ?? sessionError(message)
  if (found === undefined) return undefined
  const { code, text, remedy, ...details } = found
  const cause = new Error(message)
  return new OrtError(code, text, { ...details, ...(remedy !== undefined && { remedy }), cause })
}

/** A provider that refuses the session. */
function sessionError(message: string): Finding | undefined {
  if (/fallback to CPU EP has been explicitly disabled/.test(message)) {
    return {
      code: 'ERR_CPU_FALLBACK',
      text: 'the model has nodes that ONNX Runtime would run on the CPU, and executionProviders names the device alone',
      remedy:
        "Add 'cpu' to the end of the list, or set extra: { 'session.disable_cpu_ep_fallback': '0' } (computations on shapes often run on the CPU)",
    }
  }
  if (/cannot use the graph capture feature/.test(message)) {
    return {
      code: 'ERR_GRAPH_CAPTURE',
      text: 'this model cannot be captured as a graph',
      given: /control flow/.test(message)
        ? 'nodes of control flow (If, Loop, Scan)'
        : 'nodes that ONNX Runtime runs on the CPU',
      remedy: "Omit 'enableGraphCapture', or export the model without them",
    }
  }
  const adapter = /Failed to get a WebGPU adapter(?:: (.+))?/.exec(message)
  if (adapter !== null) {
    return {
      code: 'ERR_WEBGPU_NO_ADAPTER',
      text: 'WebGPU finds no GPU',
      given: adapter[1] ?? 'no adapter',
      remedy:
        process.platform === 'linux'
          ? 'Install a Vulkan driver and its loader (libvulkan.so.1), or set VK_DRIVER_FILES to the manifest of a driver elsewhere'
          : "Install the GPU's driver",
    }
  }
  if (
    !/execution provider is (either not enabled or not available|not supported in this build)/.test(message)
  )
    return undefined
  const remedy = 'Name a build of ONNX Runtime that has it by initialize({ libraryPath })'
  return { code: 'ERR_PROVIDER_UNAVAILABLE', text: message.trim(), remedy }
}

/** By `cudaError_t`, whose numbers are the driver's. */
const RUNTIME_CODES: Readonly<Record<number, OrtErrorCode>> = {
  2: 'ERR_CUDA_OUT_OF_MEMORY',
  34: 'ERR_CUDA_STUB_LIBRARY',
  35: 'ERR_CUDA_DRIVER_VERSION',
  46: 'ERR_CUDA_DEVICE_UNAVAILABLE',
  100: 'ERR_CUDA_NO_DEVICE',
  101: 'ERR_CUDA_DEVICE_ID',
  209: 'ERR_CUDA_NO_BINARY_FOR_GPU',
  701: 'ERR_CUDA_LAUNCH_OUT_OF_RESOURCES',
  802: 'ERR_CUDA_SYSTEM_NOT_READY',
  803: 'ERR_CUDA_SYSTEM_DRIVER_MISMATCH',
  804: 'ERR_CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE',
}

/** The same by the names of the CUDA runtime, which the launches of kernels report. */
const LAUNCH_CODES: Readonly<Record<string, OrtErrorCode>> = {
  MemoryAllocation: 'ERR_CUDA_OUT_OF_MEMORY',
  NoKernelImageForDevice: 'ERR_CUDA_NO_BINARY_FOR_GPU',
  LaunchOutOfResources: 'ERR_CUDA_LAUNCH_OUT_OF_RESOURCES',
}

const LAUNCH_ERROR = /CUDA error cudaError(\w+): ?([^\n;]*)/

/** A kernel that could not be launched. */
function launchError(message: string): Finding | undefined {
  const found = LAUNCH_ERROR.exec(message)
  if (found === null) return undefined
  const [, name, text] = found
  const code = LAUNCH_CODES[name!] ?? 'ERR_CUDA_FAILURE'
  const node = /while running (\S+ node)/.exec(message)?.[1]
  const where = node === undefined ? '' : ` of a ${node}`
  return {
    code,
    text: `a kernel${where} cannot be launched: ${text!.trim()} (cudaError${name})`,
    remedy: DRIVER_REMEDIES[code],
  }
}

const RUNTIME_ERROR =
  /\b(CUDA|CUBLAS|CUBLASLT|CUDNN|CURAND|CUFFT) failure (\d+): (.*?) ; GPU=(-?\d+)(?: ;.*?; expr=([^;]*))?/s

/** A failed call of a CUDA library, while loading or running. */
function runtimeError(message: string): Finding | undefined {
  const found = RUNTIME_ERROR.exec(message)
  if (found === null) return undefined
  const [, library, number, text, gpu, call] = found
  const isCuda = library === 'CUDA'
  const code = (isCuda && RUNTIME_CODES[Number(number)]) || 'ERR_CUDA_FAILURE'
  const name = isCuda ? library : library!.replace('CU', 'cu')
  const place = call === undefined ? '' : ` in ${call.trim()}`
  return {
    code,
    text: `${name} failed on GPU ${gpu}${place} with ${number}, ${text}`,
    remedy: DRIVER_REMEDIES[code],
  }
}

/** `Failed to load library PATH with error: REASON`, and the message on Windows. */
function loadError(message: string, canLoad: CanLoad): Finding | undefined {
  const windows = /Error loading "([^"]+)" which (?:depends on "([^"]+)" which )?is missing/.exec(message)
  if (windows !== null) {
    const [, path, missing] = windows
    return missing === undefined
      ? providerNotFound(path!)
      : libraryNotFound(basename(missing), path!, canLoad)
  }
  const found = /Failed to load library (.+?) with error: (.*)/s.exec(message)
  if (found === null) return noEntryPoint(message)
  const [, path, reason] = found
  if (!/providers_(shared|cuda)/.test(basename(path!))) return undefined
  const missing =
    /^(.+?): cannot open shared object file: No such file/.exec(reason!)?.[1] ??
    /^Error loading shared library (.+?): No such file/.exec(reason!)?.[1]
  if (missing === undefined) return libraryInvalid(path!, reason!.trim())
  if (basename(missing) === basename(path!)) return providerNotFound(path!)
  return libraryNotFound(basename(missing), path!, canLoad)
}

/** A file with the provider's name that is another library, or of another version. */
function noEntryPoint(message: string): Finding | undefined {
  const found = /Failed to (?:get|find) symbol (?:GetProvider|Provider_SetHost).*/s.exec(message)?.[0]
  if (found === undefined) return undefined
  return libraryInvalid(/with error: (.+?): undefined symbol/.exec(found)?.[1], found.trim())
}

function providerNotFound(path: string): Finding {
  return {
    code: 'ERR_CUDA_PROVIDER_NOT_FOUND',
    text: "ONNX Runtime's CUDA provider is not beside its library",
    expected: `${basename(path)} in ${dirname(path)}`,
    remedy:
      'Run the install script of onnxruntime-node, which npm may have skipped (ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js), or name the library of a GPU build by initialize({ libraryPath }) or ORT_DYLIB_PATH',
  }
}

function libraryInvalid(path: string | undefined, reason: string): Finding {
  const folder = path === undefined ? 'its folder' : dirname(path)
  return {
    code: 'ERR_CUDA_LIBRARY_INVALID',
    text: `ONNX Runtime's CUDA provider cannot be loaded: ${reason}`,
    remedy: `Check that the libraries in ${folder} are of one build, and that CUDA's are of the version it was built for`,
  }
}

function libraryNotFound(name: string, path: string, canLoad: CanLoad): Finding {
  const found = { expected: name }
  if (/^(libcuda\.so\.1|nvcuda\.dll)$/.test(name)) {
    const text = 'the CUDA driver is not found'
    return { ...found, code: 'ERR_CUDA_DRIVER_NOT_FOUND', text, remedy: INSTALL_DRIVER }
  }
  const wheel = wheelName(name)
  const variable = process.platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH'
  const load = `load it by preload(), or name its folder in ${variable}`
  const install = wheel === undefined ? load : `install it (pip's ${wheel} contains it) and ${load}`
  const other = otherMajors(name).find((candidate) => canLoad(candidate.name))
  const text = `${basename(path)} needs ${name}`
  if (other === undefined) {
    const remedy = install[0]!.toUpperCase() + install.slice(1)
    return { ...found, code: 'ERR_CUDA_LIBRARY_NOT_FOUND', text: `${text}, which is not found`, remedy }
  }
  return {
    ...found,
    code: 'ERR_CUDA_VERSION',
    text: `${text}: ONNX Runtime was built for ${other.wanted}, and ${other.found} is installed`,
    given: other.name,
    remedy: `For ${other.wanted}, ${install}; or use ONNX Runtime built for ${other.found}`,
  }
}
