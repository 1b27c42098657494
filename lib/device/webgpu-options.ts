import type { InferenceSession as Common } from 'onnxruntime-common'
import {
  choiceOption,
  fixedOption,
  flagOption,
  integerOption,
  linesOption,
  numberOption,
  type OptionTable,
  refusedOption,
} from './provider-options'

/** What happens to a buffer after its last use; see `storageBufferCacheMode`. */
type BufferCacheMode = 'disabled' | 'lazyRelease' | 'simple' | 'bucket'

/**
 * Options of the `'webgpu'` provider: onnxruntime-common's, and further ones of ONNX Runtime. Options that configure the GPU
 * (marked: process) apply to all sessions of the process; those of the first session are used.
 *
 * @see https://onnxruntime.ai/docs/execution-providers/WebGPU-ExecutionProvider.html
 */
export interface WebGpuExecutionProviderOption extends Omit<Common.WebGpuExecutionProviderOption, 'device'> {
  /** The provider's context. Always 0, the one that ONNX Runtime creates. */
  deviceId?: number
  /** As for CUDA. Has no effect yet: ONNX Runtime waits for WebGPU itself. */
  wait?: 'spin' | 'block'
  /** Runs operators on int64 on the device as well, in place of on the CPU. Default false. */
  enableInt64?: boolean
  /** Generations of buffers of captured graphs that are kept for the next graph; 0 keeps none. Default 1. */
  sessionBufferPoolGenerations?: number
  /** Where the second rotary cache begins in a tensor of two; 0: the tensor contains one. Default 0. */
  multiRotaryCacheConcatOffset?: number
  /** Bits to which key-value caches are quantized: 0 (not at all) or 4. Default 0. */
  kvCacheQuantizationBits?: 0 | 4
  /** Records a capture for PIX, a debugger of Direct3D, if ONNX Runtime was built with it. Default false. */
  enablePIXCapture?: boolean
  /** Process: which of several GPUs. Default `'high-performance'`. */
  powerPreference?: 'high-performance' | 'low-power'
  /** Process: the graphics API that WebGPU uses. Default: the platform's. */
  dawnBackendType?: 'D3D12' | 'Vulkan'
  /** Process: keeps the device after the last session is released. Default false. */
  preserveDevice?: boolean
  /** Process: largest buffer of a kernel in bytes, at least 128 MiB. Default: the GPU's limit. */
  maxStorageBufferBindingSize?: number
  /** Process: number of kernels that are submitted together, from 1 to 4096. Default 16. */
  maxNumPendingDispatches?: number
}

const CACHE_MODES: Record<BufferCacheMode, string> = {
  disabled: 'disabled',
  lazyRelease: 'lazyRelease',
  simple: 'simple',
  bucket: 'bucket',
}
const OWN_CONTEXT = "Omit it: the provider uses ONNX Runtime's own device"
const same = <T extends string>(...names: T[]) => Object.fromEntries(names.map((name) => [name, name]))

/** The options of ONNX Runtime 1.30 (`ep.webgpuexecutionprovider.*`), which ignores a misspelled one. */
export const WEBGPU_OPTIONS: OptionTable = {
  deviceId: fixedOption('deviceId', 0, 'another context needs a device of the caller'),
  preferredLayout: choiceOption('preferredLayout', same('NCHW', 'NHWC')),
  forceCpuNodeNames: linesOption('forceCpuNodeNames'),
  validationMode: choiceOption('validationMode', same('disabled', 'wgpuOnly', 'basic', 'full')),
  enableRobustness: flagOption('enableRobustness'),
  storageBufferCacheMode: choiceOption('storageBufferCacheMode', CACHE_MODES),
  uniformBufferCacheMode: choiceOption('uniformBufferCacheMode', CACHE_MODES),
  queryResolveBufferCacheMode: choiceOption('queryResolveBufferCacheMode', CACHE_MODES),
  defaultBufferCacheMode: choiceOption('defaultBufferCacheMode', CACHE_MODES),
  enableInt64: flagOption('enableInt64'),
  sessionBufferPoolGenerations: integerOption('sessionBufferPoolGenerations', 0, 0x7fffffff),
  multiRotaryCacheConcatOffset: integerOption('multiRotaryCacheConcatOffset', 0, 0xffffffff),
  kvCacheQuantizationBits: numberOption('kvCacheQuantizationBits', 0, 4),
  enablePIXCapture: flagOption('enablePIXCapture'),
  powerPreference: choiceOption('powerPreference', same('high-performance', 'low-power')),
  dawnBackendType: choiceOption('dawnBackendType', same('D3D12', 'Vulkan')),
  preserveDevice: flagOption('preserveDevice'),
  maxStorageBufferBindingSize: integerOption('maxStorageBufferBindingSize', 2 ** 27, Number.MAX_SAFE_INTEGER),
  maxNumPendingDispatches: integerOption('maxNumPendingDispatches', 1, 4096),
  enableGraphCapture: refusedOption(
    'enableGraphCapture',
    'it is an option of the session',
    "Use the session option 'enableGraphCapture'",
  ),
  device: refusedOption('device', 'Node.js has no GPUDevice', OWN_CONTEXT),
  webgpuDevice: refusedOption('webgpuDevice', 'it is a pointer', OWN_CONTEXT),
  webgpuInstance: refusedOption('webgpuInstance', 'it is a pointer', OWN_CONTEXT),
  dawnProcTable: refusedOption('dawnProcTable', 'it is a pointer', OWN_CONTEXT),
}
