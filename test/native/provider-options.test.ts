import { join } from 'node:path'
import { type CudaExecutionProviderOption, initialized } from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, it } from 'vitest'
import { runFixture } from './child'
import { newFolder, ortFolder, stubDriver, withoutStubs } from './stub-libraries'

// That options arrive: a provider in place of CUDA's tells what ONNX Runtime has given it, WebGPU's logs it.

const skip = withoutStubs()
const real = initialized().libraryPath

async function run(scenario: string, options: object, env: Record<string, string | undefined> = {}) {
  const ended = await runFixture('providers.mjs', [scenario, JSON.stringify(options)], {
    env: { VK_DRIVER_FILES: '/nowhere/icd.json', VK_ICD_FILENAMES: '/nowhere/icd.json', ...env },
  })
  expect(ended).toMatchObject({ code: 0, signal: null })
  return JSON.parse(ended.stdout).result
}

describe.skipIf(skip)(`CUDA's options${skip ? ` (skipped: ${skip})` : ''}`, () => {
  let env: Record<string, string>

  beforeAll(() => {
    const driver = newFolder()
    stubDriver(driver)
    env = {
      ORT_DYLIB_PATH: join(ortFolder(real, { needs: [] }), 'libonnxruntime.so.1'),
      LD_LIBRARY_PATH: driver,
      STUB_CUDA_DEVICES: '4',
    }
  })

  /** What the provider is given for the options. */
  async function given(options: Omit<CudaExecutionProviderOption, 'name'>, session: object = {}) {
    const executionProviders = [{ name: 'cuda', ...options }]
    const { message } = await run('create', { executionProviders, ...session }, env)
    const entries = /given: ?([^\n]*)/.exec(message)![1]!.split(' ').filter(Boolean)
    return Object.fromEntries(entries.map((entry) => entry.split('=')))
  }

  it('are passed with the keys and values of ONNX Runtime', async () => {
    const all = await given({
      deviceId: 3,
      wait: 'block',
      gpuMemLimit: 2 ** 40,
      arenaExtendStrategy: 'sameAsRequested',
      cudnnConvAlgoSearch: 'heuristic',
      cudnnConvUseMaxWorkspace: false,
      cudnnConv1dPadToNc1d: true,
      fuseConvBias: true,
      preferNhwc: true,
      useTf32: false,
      sdpaKernel: 17,
      doCopyInDefaultStream: false,
      useEpLevelUnifiedStream: true,
      enableCudnn: true,
      tunableOpEnable: false,
      tunableOpTuningEnable: false,
      tunableOpMaxTuningDurationMs: 0,
      enableSkipLayerNormStrictMode: false,
    })
    expect(all).toEqual({
      device_id: '3',
      gpu_mem_limit: '1099511627776',
      arena_extend_strategy: 'kSameAsRequested',
      cudnn_conv_algo_search: 'HEURISTIC',
      cudnn_conv_use_max_workspace: '0',
      cudnn_conv1d_pad_to_nc1d: '1',
      fuse_conv_bias: '1',
      prefer_nhwc: '1',
      use_tf32: '0',
      sdpa_kernel: '17',
      do_copy_in_default_stream: '0',
    })
  })

  it('are passed with values other than the defaults', async () => {
    expect(
      await given({
        arenaExtendStrategy: 'nextPowerOfTwo',
        cudnnConvAlgoSearch: 'exhaustive',
        useTf32: true,
      }),
    ).toEqual({
      device_id: '0',
      arena_extend_strategy: 'kNextPowerOfTwo',
      cudnn_conv_algo_search: 'EXHAUSTIVE',
      use_tf32: '1',
    })
    expect(await given({ cudnnConvAlgoSearch: 'default' })).toMatchObject({
      cudnn_conv_algo_search: 'DEFAULT',
    })
  })

  it('are omitted if they are not given', async () => {
    expect(await given({})).toEqual({ device_id: '0' })
    expect(await given({ gpuMemLimit: undefined })).toEqual({ device_id: '0' })
  })

  it('include graph capture', async () => {
    expect(await given({}, { enableGraphCapture: true })).toEqual({ device_id: '0', enable_cuda_graph: '1' })
    expect(await given({}, { enableGraphCapture: false })).toEqual({ device_id: '0' })
  })
})

describe("WebGPU's options", () => {
  it('are passed to ONNX Runtime', async () => {
    const provider = {
      name: 'webgpu',
      deviceId: 0,
      wait: 'spin',
      preferredLayout: 'NCHW',
      validationMode: 'full',
      enableRobustness: true,
      forceCpuNodeNames: ['first', 'second node'],
      storageBufferCacheMode: 'disabled',
      uniformBufferCacheMode: 'lazyRelease',
      queryResolveBufferCacheMode: 'simple',
      defaultBufferCacheMode: 'bucket',
      enableInt64: true,
      sessionBufferPoolGenerations: 2,
      multiRotaryCacheConcatOffset: 3,
      kvCacheQuantizationBits: 4,
      enablePIXCapture: false,
      powerPreference: 'low-power',
      dawnBackendType: 'Vulkan',
      preserveDevice: true,
      maxStorageBufferBindingSize: 2 ** 28,
      maxNumPendingDispatches: 7,
    }
    const { session, lines } = await run('logged', { executionProviders: [provider] })
    expect(session.code).toBe('ERR_WEBGPU_NO_ADAPTER')
    const said = lines
      .filter((line: string) => line.startsWith('WebGPU EP '))
      .map((line: string) => line.slice('WebGPU EP '.length).toLowerCase())
    for (const part of [
      'force cpu node count: 2',
      'enable int64: 1',
      'multi rotary cache concat offset: 3',
      'session buffer pool generations: 2',
      'pix capture enable: 0',
      'device id: 0',
      'enable robustness: 1',
      'preservedevice: 1',
      'max storage buffer binding size: 268435456',
      'max pending dispatches: 7',
    ]) {
      expect(said).toContain(part)
    }
    // Enumerations, which ONNX Runtime logs as numbers: other than those of the defaults.
    const numbers = (all: string[]) =>
      all.filter((line) => /layout|validationmode|cache mode|power preference|backend type/.test(line))
    const { lines: defaults } = await run('logged', { executionProviders: ['webgpu'] })
    const saidByDefault = defaults
      .filter((line: string) => line.startsWith('WebGPU EP '))
      .map((line: string) => line.slice('WebGPU EP '.length).toLowerCase())
    expect(numbers(said)).toHaveLength(8)
    for (const line of numbers(said)) expect(saidByDefault).not.toContain(line)
  })

  it('are refused if ONNX Runtime does not know them, since it ignores those', async () => {
    const executionProviders = [{ name: 'webgpu', preferedLayout: 'NHWC' }]
    expect(await run('create', { executionProviders })).toMatchObject({
      code: 'ERR_UNKNOWN_OPTION',
      remedy: "Did you mean 'preferredLayout'?",
    })
  })
})
