import type { InferenceSession as Common } from 'onnxruntime-common'
import { type OptionTable, option } from './provider-options'

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

const same = <T extends string>(...names: T[]) => Object.fromEntries(names.map((name) => [name, name]))
const CACHE_MODES = same<BufferCacheMode>('disabled', 'lazyRelease', 'simple', 'bucket')
const OWN_CONTEXT = "Omit it: the provider uses ONNX Runtime's own device"

/** The options of ONNX Runtime 1.30 (`ep.webgpuexecutionprovider.*`), which ignores a misspelled one. */
export const WEBGPU_OPTIONS: OptionTable = {
  deviceId: option.fixed('deviceId', 0, 'another context needs a device of the caller'),
  preferredLayout: option.choice('preferredLayout', same('NCHW', 'NHWC')),
  forceCpuNodeNames: option.lines('forceCpuNodeNames'),
  validationMode: option.choice('validationMode', same('disabled', 'wgpuOnly', 'basic', 'full')),
  enableRobustness: option.flag('enableRobustness'),
  storageBufferCacheMode: option.choice('storageBufferCacheMode', CACHE_MODES),
  uniformBufferCacheMode: option.choice('uniformBufferCacheMode', CACHE_MODES),
  queryResolveBufferCacheMode: option.choice('queryResolveBufferCacheMode', CACHE_MODES),
  defaultBufferCacheMode: option.choice('defaultBufferCacheMode', CACHE_MODES),
  enableInt64: option.flag('enableInt64'),
  sessionBufferPoolGenerations: option.integer('sessionBufferPoolGenerations', 0, 0x7fffffff),
  multiRotaryCacheConcatOffset: option.integer('multiRotaryCacheConcatOffset', 0, 0xffffffff),
  kvCacheQuantizationBits: option.oneOf('kvCacheQuantizationBits', 0, 4),
  enablePIXCapture: option.flag('enablePIXCapture'),
  powerPreference: option.choice('powerPreference', same('high-performance', 'low-power')),
  dawnBackendType: option.choice('dawnBackendType', same('D3D12', 'Vulkan')),
  preserveDevice: option.flag('preserveDevice'),
  maxStorageBufferBindingSize: option.integer(
    'maxStorageBufferBindingSize',
    2 ** 27,
    Number.MAX_SAFE_INTEGER,
  ),
  maxNumPendingDispatches: option.integer('maxNumPendingDispatches', 1, 4096),
  enableGraphCapture: option.refused(
    'enableGraphCapture',
    'it is an option of the session',
    "Use the session option 'enableGraphCapture'",
  ),
  device: option.refused('device', 'Node.js has no GPUDevice', OWN_CONTEXT),
  webgpuDevice: option.refused('webgpuDevice', 'it is a pointer', OWN_CONTEXT),
  webgpuInstance: option.refused('webgpuInstance', 'it is a pointer', OWN_CONTEXT),
  dawnProcTable: option.refused('dawnProcTable', 'it is a pointer', OWN_CONTEXT),
}
