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

/** What happens to a buffer that is no longer needed; see `storageBufferCacheMode`. */
type BufferCacheMode = 'disabled' | 'lazyRelease' | 'simple' | 'bucket'

/**
 * Options of the `'webgpu'` provider: onnxruntime-common's, and those that ONNX Runtime has beside them. The ones that
 * are about the GPU and not about the session (marked: process) hold for every session of the process; the first that
 * is created decides.
 */
export interface WebGpuExecutionProviderOption extends Omit<Common.WebGpuExecutionProviderOption, 'device'> {
  /** The provider's context. Only 0, the one that ONNX Runtime makes itself. */
  deviceId?: number
  /** As for CUDA, and not yet heeded: ONNX Runtime waits for WebGPU in its own way. */
  wait?: 'spin' | 'block'
  /** Takes operators on int64 to the device as well, in place of to the CPU. Default false. */
  enableInt64?: boolean
  /** Buffers of captured graphs that are kept for the next one, in generations; 0 keeps none. Default 1. */
  sessionBufferPoolGenerations?: number
  /** Where the second rotary cache begins in a tensor that holds two; 0: it holds one. Default 0. */
  multiRotaryCacheConcatOffset?: number
  /** Bits to which key-value caches are quantized: 0 (not at all) or 4. Default 0. */
  kvCacheQuantizationBits?: 0 | 4
  /** Makes a capture for PIX, a debugger of Direct3D, where ONNX Runtime was built for it. Default false. */
  enablePIXCapture?: boolean
  /** Process: which GPU, where there are several. Default `'high-performance'`. */
  powerPreference?: 'high-performance' | 'low-power'
  /** Process: the graphics interface below WebGPU. Default: the platform's. */
  dawnBackendType?: 'D3D12' | 'Vulkan'
  /** Process: keeps the device when the last session is gone. Default false. */
  preserveDevice?: boolean
  /** Process: the largest buffer that a kernel may be given, in bytes, from 128 MiB. Default: what the GPU allows. */
  maxStorageBufferBindingSize?: number
  /** Process: kernels that are gathered before they are submitted, from 1 to 4096. Default 16. */
  maxNumPendingDispatches?: number
}

const CACHE_MODES: Record<BufferCacheMode, string> = {
  disabled: 'disabled',
  lazyRelease: 'lazyRelease',
  simple: 'simple',
  bucket: 'bucket',
}
const OWN_CONTEXT = "Leave it out: the provider runs on ONNX Runtime's own device"
const same = <T extends string>(...names: T[]) => Object.fromEntries(names.map((name) => [name, name]))

/** What ONNX Runtime 1.30 takes (`ep.webgpuexecutionprovider.*`), and would ignore where it is misspelt. */
export const WEBGPU_OPTIONS: OptionTable = {
  deviceId: fixedOption('deviceId', 0, "another context needs a device of the caller's own"),
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
    'graphs are asked for of the session',
    "Use the session option 'enableGraphCapture'",
  ),
  device: refusedOption('device', 'Node.js has no GPUDevice', OWN_CONTEXT),
  webgpuDevice: refusedOption('webgpuDevice', 'it is a pointer', OWN_CONTEXT),
  webgpuInstance: refusedOption('webgpuInstance', 'it is a pointer', OWN_CONTEXT),
  dawnProcTable: refusedOption('dawnProcTable', 'it is a pointer', OWN_CONTEXT),
}
