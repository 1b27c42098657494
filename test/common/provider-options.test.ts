import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { describe, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'

describe('the options of a provider', () => {
  type Bad = [Record<string, unknown>, string, new () => Error, ...string[]]
  const cuda: Bad[] = [
    [{ deviceID: 1 }, 'ERR_UNKNOWN_OPTION', Error, "'cuda'", "'deviceID'", "Did you mean 'deviceId'?"],
    [{ gpu_mem_limit: 1 }, 'ERR_UNKNOWN_OPTION', Error, "Did you mean 'gpuMemLimit'?"],
    [{ nonsense: 1 }, 'ERR_UNKNOWN_OPTION', Error, "'nonsense'", 'gpuMemLimit', 'wait'],
    [{ toString: 1 }, 'ERR_UNKNOWN_OPTION', Error, "'toString'"],
    [{ preferredLayout: 'NHWC' }, 'ERR_UNKNOWN_OPTION', Error, "'preferredLayout'"],
    [{ deviceId: -1 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'deviceId'", '-1'],
    [{ deviceId: '0' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'deviceId'"],
    [{ deviceId: 2 ** 15 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'deviceId'"],
    [{ wait: 'sleep' }, 'ERR_INVALID_ARG_VALUE', TypeError, "'wait'", 'spin, block'],
    [{ gpuMemLimit: 0 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'gpuMemLimit'"],
    [{ gpuMemLimit: 2 ** 53 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'gpuMemLimit'"],
    [{ gpuMemLimit: 1.5 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'gpuMemLimit'"],
    [{ gpuMemLimit: 4n }, 'ERR_INVALID_ARG_TYPE', TypeError, "'gpuMemLimit'"],
    [{ arenaExtendStrategy: 'kSameAsRequested' }, 'ERR_INVALID_ARG_VALUE', TypeError, 'sameAsRequested'],
    [{ cudnnConvAlgoSearch: 'EXHAUSTIVE' }, 'ERR_INVALID_ARG_VALUE', TypeError, 'exhaustive, heuristic'],
    [{ cudnnConvAlgoSearch: 0 }, 'ERR_INVALID_ARG_VALUE', TypeError, "'cudnnConvAlgoSearch'"],
    [{ sdpaKernel: -1 }, 'ERR_INVALID_ARG_VALUE', RangeError, "'sdpaKernel'"],
    ...[
      'cudnnConvUseMaxWorkspace',
      'cudnnConv1dPadToNc1d',
      'fuseConvBias',
      'preferNhwc',
      'useTf32',
      'doCopyInDefaultStream',
    ].map((name): Bad => [{ [name]: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, `'${name}'`, 'a boolean']),
    // What ONNX Runtime would take, and do nothing with.
    [{ enableCudnn: false }, 'ERR_NOT_SUPPORTED', Error, "'enableCudnn'", 'ignores it'],
    [{ tunableOpEnable: true }, 'ERR_NOT_SUPPORTED', Error, "'tunableOpEnable'", 'ignores it'],
    [{ tunableOpTuningEnable: true }, 'ERR_NOT_SUPPORTED', Error, "'tunableOpTuningEnable'"],
    [{ tunableOpMaxTuningDurationMs: 5 }, 'ERR_NOT_SUPPORTED', Error, "'tunableOpMaxTuningDurationMs'"],
    [{ enableSkipLayerNormStrictMode: true }, 'ERR_NOT_SUPPORTED', Error, 'ignores it'],
    [{ useEpLevelUnifiedStream: false }, 'ERR_NOT_SUPPORTED', Error, 'one stream'],
    // What is this package's, by either name.
    [{ enableCudaGraph: true }, 'ERR_NOT_SUPPORTED', Error, "'enableGraphCapture'"],
    [{ enable_cuda_graph: '1' }, 'ERR_NOT_SUPPORTED', Error, "'enable_cuda_graph'", "'enableGraphCapture'"],
    [{ userComputeStream: 1n }, 'ERR_NOT_SUPPORTED', Error, "'userComputeStream'", 'stream'],
    [{ has_user_compute_stream: '1' }, 'ERR_NOT_SUPPORTED', Error, "'has_user_compute_stream'"],
    [{ gpuExternalAlloc: 1n }, 'ERR_NOT_SUPPORTED', Error, "'gpuExternalAlloc'", 'allocator'],
    [{ gpuExternalFree: 1n }, 'ERR_NOT_SUPPORTED', Error, 'allocator'],
    [{ gpuExternalEmptyCache: 1n }, 'ERR_NOT_SUPPORTED', Error, 'allocator'],
  ]
  const webgpu: Bad[] = [
    [{ preferedLayout: 'NHWC' }, 'ERR_UNKNOWN_OPTION', Error, "'webgpu'", "Did you mean 'preferredLayout'?"],
    [{ preferredLayout: 'NHCW' }, 'ERR_INVALID_ARG_VALUE', TypeError, 'NCHW, NHWC'],
    [{ deviceId: 1 }, 'ERR_NOT_SUPPORTED', Error, "'deviceId'"],
    [{ device: {} }, 'ERR_NOT_SUPPORTED', Error, "'device'", 'GPUDevice'],
    [{ webgpuDevice: '1' }, 'ERR_NOT_SUPPORTED', Error, "'webgpuDevice'"],
    [{ webgpuInstance: '1' }, 'ERR_NOT_SUPPORTED', Error, "'webgpuInstance'"],
    [{ dawnProcTable: '1' }, 'ERR_NOT_SUPPORTED', Error, "'dawnProcTable'"],
    [{ enableGraphCapture: true }, 'ERR_NOT_SUPPORTED', Error, 'session option'],
    [{ validationMode: 'none' }, 'ERR_INVALID_ARG_VALUE', TypeError, 'wgpuOnly'],
    [{ forceCpuNodeNames: 'x' }, 'ERR_INVALID_ARG_TYPE', TypeError, "'forceCpuNodeNames'"],
    [{ forceCpuNodeNames: [1] }, 'ERR_INVALID_ARG_TYPE', TypeError, "'forceCpuNodeNames'"],
    [{ forceCpuNodeNames: ['a\nb'] }, 'ERR_INVALID_ARG_VALUE', TypeError, 'line break'],
    [{ storageBufferCacheMode: 'big' }, 'ERR_INVALID_ARG_VALUE', TypeError, 'lazyRelease'],
    [{ kvCacheQuantizationBits: 2 }, 'ERR_INVALID_ARG_VALUE', RangeError, '0 or 4'],
    [{ maxNumPendingDispatches: 0 }, 'ERR_INVALID_ARG_VALUE', RangeError, '4096'],
    [{ maxStorageBufferBindingSize: 1024 }, 'ERR_INVALID_ARG_VALUE', RangeError, '134217728'],
    [{ powerPreference: 'high' }, 'ERR_INVALID_ARG_VALUE', TypeError, 'high-performance'],
    [{ enableInt64: 1 }, 'ERR_INVALID_ARG_TYPE', TypeError, "'enableInt64'"],
  ]

  const bad: [string, ...Bad][] = [
    ...cuda.map((row): [string, ...Bad] => ['cuda', ...row]),
    ...webgpu.map((row): [string, ...Bad] => ['webgpu', ...row]),
  ]

  test.each(bad)('are refused if they are invalid: %s %o', async (name, options, code, type, ...says) => {
    // An invalid option must not select the next provider.
    const given = { executionProviders: [{ name, ...options }, 'cpu'] }
    const create = () => InferenceSession.create(oneNode(), given as SessionOptions)
    await expectError(create, code as 'ERR_BUSY', { type, says })
  })
})
