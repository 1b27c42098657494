import type { InferenceSession as Common } from 'onnxruntime-common'
import type { Check } from '../check'
import { argumentTypeError, OrtRangeError } from '../errors'
import { type OptionTable, option } from './provider-options'

/**
 * Options of the `'cuda'` provider: all of ONNX Runtime's, by its names in camelCase and with its defaults.
 *
 * @see https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html
 */
export interface CudaExecutionProviderOption extends Common.CudaExecutionProviderOption {
  /** Index of the GPU, of those in `CUDA_VISIBLE_DEVICES`. Default 0. */
  deviceId?: number
  /**
   * How the session's thread waits for the GPU: `'spin'` uses a CPU core and notices the end of a run at once; `'block'` sleeps,
   * which adds the time to wake up to each run. Default `'spin'`.
   */
  wait?: 'spin' | 'block'
  /**
   * A stream of the caller's, by its handle (`CUstream`), on which the session computes in place of one of its own: its runs follow the
   * work that is queued there, without a wait. It must be of the same GPU, and exist as long as the session; a wrong handle
   * crashes the process.
   */
  stream?: bigint
  /**
   * Largest size of the session's arena of device memory, in bytes. Libraries such as cuDNN allocate memory outside of it.
   * Default: no limit.
   */
  gpuMemLimit?: number
  /** How the arena grows: to the next power of two, or by the size requested. Default `'nextPowerOfTwo'`. */
  arenaExtendStrategy?: 'nextPowerOfTwo' | 'sameAsRequested'
  /**
   * How cuDNN's algorithm for a convolution is chosen: by timing all of them on the first run of a shape, by cuDNN's heuristic,
   * or always the same one. Default `'exhaustive'`, whose first runs are slow, and whose choice can differ between processes.
   * ONNX Runtime 1.30 reads it for fused convolutions only: the others use cuDNN's graph API, which has its own heuristic.
   */
  cudnnConvAlgoSearch?: 'exhaustive' | 'heuristic' | 'default'
  /** Lets that search use as much workspace as an algorithm needs; false limits it to 32 MiB. Default true. */
  cudnnConvUseMaxWorkspace?: boolean
  /** Treats a one-dimensional convolution as `[N, C, 1, D]` rather than `[N, C, D, 1]`. Default false. */
  cudnnConv1dPadToNc1d?: boolean
  /** Lets cuDNN's graph API fuse a convolution with its bias, compiling kernels on demand. Default false. */
  fuseConvBias?: boolean
  /** Runs operators that support it in the layout NHWC, with transposes around them. Default false. */
  preferNhwc?: boolean
  /** Lets matrix products and convolutions of float32 round their operands to TF32, with a mantissa of 10 bits. Default true. */
  useTf32?: boolean
  /**
   * The attention kernels that may be used, as a sum of bits: 1 flash, 2 memory-efficient, 4 TensorRT's fused, 8
   * cuDNN's flash, 16 unfused, 32 TensorRT's flash, 64 TensorRT's cross, 128 TensorRT's causal. Default 0: ONNX Runtime
   * decides.
   */
  sdpaKernel?: number
  /** Runs the copies between host and device that ONNX Runtime adds on the compute stream. Default true. */
  doCopyInDefaultStream?: boolean
  /** Always true: the session has one compute stream. */
  useEpLevelUnifiedStream?: boolean
  /** Always true: cuDNN is used if it can be loaded. ONNX Runtime's C API ignores another value. */
  enableCudnn?: boolean
  /** Always false: ONNX Runtime's C API ignores another value, also of the next two. */
  tunableOpEnable?: boolean
  /** Always false. */
  tunableOpTuningEnable?: boolean
  /** Always 0. Milliseconds. */
  tunableOpMaxTuningDurationMs?: number
  /** Always false: ONNX Runtime's C API ignores another value. */
  enableSkipLayerNormStrictMode?: boolean
}

const IGNORED = "ONNX Runtime's C API ignores it"
const POINTER = 'it is a pointer'
const NO_ALLOCATOR = "Omit it: 'gpuMemLimit' and 'arenaExtendStrategy' configure ONNX Runtime's own allocator"
const OWN_STREAM = "Use 'stream', the handle as a bigint"

/** 0n, 1n and 2n are CUDA's names of default streams, which nobody created. */
const stream: Check<string> = (value, name) => {
  if (typeof value !== 'bigint') throw argumentTypeError(name, 'a bigint', value)
  if (value > 2n && value < 2n ** 64n) return String(value)
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is not the handle of a stream`, {
    expected: 'the handle of cuStreamCreate or cudaStreamCreate',
    given: `${value}n`,
  })
}

/** The options of ONNX Runtime 1.30 (`CUDAExecutionProviderInfo::FromProviderOptions`), without `device_id`. */
export const CUDA_OPTIONS: OptionTable = {
  stream: { key: 'user_compute_stream', check: stream },
  gpuMemLimit: option.integer('gpu_mem_limit', 1, Number.MAX_SAFE_INTEGER),
  arenaExtendStrategy: option.choice('arena_extend_strategy', {
    nextPowerOfTwo: 'kNextPowerOfTwo',
    sameAsRequested: 'kSameAsRequested',
  }),
  cudnnConvAlgoSearch: option.choice('cudnn_conv_algo_search', {
    exhaustive: 'EXHAUSTIVE',
    heuristic: 'HEURISTIC',
    default: 'DEFAULT',
  }),
  cudnnConvUseMaxWorkspace: option.flag('cudnn_conv_use_max_workspace'),
  cudnnConv1dPadToNc1d: option.flag('cudnn_conv1d_pad_to_nc1d'),
  fuseConvBias: option.flag('fuse_conv_bias'),
  preferNhwc: option.flag('prefer_nhwc'),
  useTf32: option.flag('use_tf32'),
  sdpaKernel: option.integer('sdpa_kernel', 0, 0x7fffffff),
  doCopyInDefaultStream: option.flag('do_copy_in_default_stream'),
  useEpLevelUnifiedStream: option.fixed('use_ep_level_unified_stream', true, 'the session has one stream'),
  enableCudnn: option.fixed('enable_cudnn', true, IGNORED),
  tunableOpEnable: option.fixed('tunable_op_enable', false, IGNORED),
  tunableOpTuningEnable: option.fixed('tunable_op_tuning_enable', false, IGNORED),
  tunableOpMaxTuningDurationMs: option.fixed('tunable_op_max_tuning_duration_ms', 0, IGNORED),
  enableSkipLayerNormStrictMode: option.fixed('enable_skip_layer_norm_strict_mode', false, IGNORED),
  enableCudaGraph: option.refused(
    'enable_cuda_graph',
    'it is an option of the session',
    "Use the session option 'enableGraphCapture'",
  ),
  userComputeStream: option.refused('user_compute_stream', POINTER, OWN_STREAM),
  hasUserComputeStream: option.refused('has_user_compute_stream', 'it goes with a pointer', OWN_STREAM),
  gpuExternalAlloc: option.refused('gpu_external_alloc', POINTER, NO_ALLOCATOR),
  gpuExternalFree: option.refused('gpu_external_free', POINTER, NO_ALLOCATOR),
  gpuExternalEmptyCache: option.refused('gpu_external_empty_cache', POINTER, NO_ALLOCATOR),
}
