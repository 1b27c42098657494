import type { InferenceSession as Common } from 'onnxruntime-common'
import {
  choiceOption,
  fixedOption,
  flagOption,
  integerOption,
  type OptionTable,
  refusedOption,
} from './provider-options'

/**
 * Options of the `'cuda'` provider: every one that ONNX Runtime's own has, by the same names in camelCase. An option that
 * is left out has ONNX Runtime's default.
 *
 * @see https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html
 */
export interface CudaExecutionProviderOption extends Common.CudaExecutionProviderOption {
  /** The GPU, in the order in which CUDA counts them (`CUDA_VISIBLE_DEVICES` has its say). Default 0. */
  deviceId?: number
  /**
   * How the session's thread waits for the GPU: `'spin'` keeps a core busy and sees the end of a run at once, `'block'`
   * sleeps, which costs each run the wake-up. Default `'spin'`.
   */
  wait?: 'spin' | 'block'
  /**
   * The most that the session's arena of device memory takes, in bytes; libraries such as cuDNN allocate beside it.
   * Default: no limit.
   */
  gpuMemLimit?: number
  /** How the arena grows: to the next power of two, or by what is asked for. Default `'nextPowerOfTwo'`. */
  arenaExtendStrategy?: 'nextPowerOfTwo' | 'sameAsRequested'
  /**
   * How cuDNN's algorithm for a convolution is chosen: by timing all of them when a shape is first seen, by cuDNN's
   * guess, or always the same one. Default `'exhaustive'`, whose first runs are slow, and whose choice may differ from
   * process to process.
   */
  cudnnConvAlgoSearch?: 'exhaustive' | 'heuristic' | 'default'
  /** Lets that search use as much workspace as an algorithm wants; false holds it to 32 MiB. Default true. */
  cudnnConvUseMaxWorkspace?: boolean
  /** Treats a one-dimensional convolution as `[N, C, 1, D]` rather than `[N, C, D, 1]`. Default false. */
  cudnnConv1dPadToNc1d?: boolean
  /** Lets cuDNN fuse a convolution with its bias and activation, compiling kernels as they are needed. Default false. */
  fuseConvBias?: boolean
  /** Computes operators that know a layout with the channels last, transposing where it must. Default false. */
  preferNhwc?: boolean
  /** Lets matrix products and convolutions of float32 round their factors to TF32's 10 bits. Default true. */
  useTf32?: boolean
  /**
   * Attention kernels that may be chosen from, as a sum of bits: 1 flash, 2 memory-efficient, 4 TensorRT's fused, 8
   * cuDNN's flash, 16 unfused, 32 TensorRT's flash, 64 TensorRT's cross, 128 TensorRT's causal. Default 0: ONNX Runtime
   * decides.
   */
  sdpaKernel?: number
  /** Does the copies between host and device that ONNX Runtime adds on the stream of the computation. Default true. */
  doCopyInDefaultStream?: boolean
  /** True, always: the session has one stream, on which everything of it is done. */
  useEpLevelUnifiedStream?: boolean
  /** True, always: cuDNN is used where it can be loaded. ONNX Runtime's C API takes another value and drops it. */
  enableCudnn?: boolean
  /** False, always: ONNX Runtime's C API takes another value and drops it. So with the two below. */
  tunableOpEnable?: boolean
  /** False, always. */
  tunableOpTuningEnable?: boolean
  /** 0, always. Milliseconds. */
  tunableOpMaxTuningDurationMs?: number
  /** False, always: ONNX Runtime's C API takes another value and drops it. */
  enableSkipLayerNormStrictMode?: boolean
}

const DROPPED = "ONNX Runtime's C API takes it and drops it"
const POINTER = 'it is a pointer'
const NO_ALLOCATOR =
  "Leave it out: 'gpuMemLimit' and 'arenaExtendStrategy' govern ONNX Runtime's own allocator"
const OWN_STREAM = "Leave it out: the session's stream is this package's"

/** What ONNX Runtime 1.30 takes (`CUDAExecutionProviderInfo::FromProviderOptions`), but for `device_id`. */
export const CUDA_OPTIONS: OptionTable = {
  gpuMemLimit: integerOption('gpu_mem_limit', 1, Number.MAX_SAFE_INTEGER),
  arenaExtendStrategy: choiceOption('arena_extend_strategy', {
    nextPowerOfTwo: 'kNextPowerOfTwo',
    sameAsRequested: 'kSameAsRequested',
  }),
  cudnnConvAlgoSearch: choiceOption('cudnn_conv_algo_search', {
    exhaustive: 'EXHAUSTIVE',
    heuristic: 'HEURISTIC',
    default: 'DEFAULT',
  }),
  cudnnConvUseMaxWorkspace: flagOption('cudnn_conv_use_max_workspace'),
  cudnnConv1dPadToNc1d: flagOption('cudnn_conv1d_pad_to_nc1d'),
  fuseConvBias: flagOption('fuse_conv_bias'),
  preferNhwc: flagOption('prefer_nhwc'),
  useTf32: flagOption('use_tf32'),
  sdpaKernel: integerOption('sdpa_kernel', 0, 0x7fffffff),
  doCopyInDefaultStream: flagOption('do_copy_in_default_stream'),
  useEpLevelUnifiedStream: fixedOption('use_ep_level_unified_stream', true, 'the session has one stream'),
  enableCudnn: fixedOption('enable_cudnn', true, DROPPED),
  tunableOpEnable: fixedOption('tunable_op_enable', false, DROPPED),
  tunableOpTuningEnable: fixedOption('tunable_op_tuning_enable', false, DROPPED),
  tunableOpMaxTuningDurationMs: fixedOption('tunable_op_max_tuning_duration_ms', 0, DROPPED),
  enableSkipLayerNormStrictMode: fixedOption('enable_skip_layer_norm_strict_mode', false, DROPPED),
  enableCudaGraph: refusedOption(
    'enable_cuda_graph',
    'graphs are asked for of the session',
    "Use the session option 'enableGraphCapture'",
  ),
  userComputeStream: refusedOption('user_compute_stream', POINTER, OWN_STREAM),
  hasUserComputeStream: refusedOption('has_user_compute_stream', 'it goes with a pointer', OWN_STREAM),
  gpuExternalAlloc: refusedOption('gpu_external_alloc', POINTER, NO_ALLOCATOR),
  gpuExternalFree: refusedOption('gpu_external_free', POINTER, NO_ALLOCATOR),
  gpuExternalEmptyCache: refusedOption('gpu_external_empty_cache', POINTER, NO_ALLOCATOR),
}
