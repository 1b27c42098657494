import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, initialized, Tensor } from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, value } from '../helpers/model-builder.mjs'
import { runFixture } from './child'
import { compile, newFolder, ortFolder, stubDriver, withoutStubs } from './stub-libraries'

// How CUDA and WebGPU fail to load, with ONNX Runtime's real library and the system's real loader. The tests need no GPU:
// stub drivers hide an existing one.

const real = initialized().libraryPath
const skip = withoutStubs()

interface Env {
  /** Folder of ONNX Runtime's library. */
  readonly ort?: string
  /** Folders that the loader searches first. */
  readonly paths?: readonly string[]
  readonly [name: string]: unknown
}

async function report(scenario: string, args: readonly object[], { ort, paths = [], ...env }: Env = {}) {
  const ended = await runFixture('providers.mjs', [scenario, ...args.map((each) => JSON.stringify(each))], {
    env: {
      ORT_DYLIB_PATH: ort === undefined ? undefined : join(ort, 'libonnxruntime.so.1'),
      LD_LIBRARY_PATH: paths.join(':'),
      VK_DRIVER_FILES: '/nowhere/icd.json',
      VK_ICD_FILENAMES: '/nowhere/icd.json',
      ...(env as Record<string, string>),
    },
  })
  expect(ended).toMatchObject({ code: 0, signal: null })
  return JSON.parse(ended.stdout)
}

const onCpu = { executionProviders: ['cpu'], device: { name: 'cpu', id: 0 }, y: [7] }

describe.skipIf(skip)(`CUDA${skip ? ` (skipped: ${skip})` : ''}`, () => {
  let driver: string
  let bare: string
  let wanting: string
  let whole: string

  beforeAll(() => {
    driver = newFolder()
    stubDriver(driver)
    bare = ortFolder(real)
    wanting = ortFolder(real, { needs: ['libcublasLt.so.13'] })
    whole = ortFolder(real, { needs: [] })
  })

  /** The error of ['cuda'], and then that ['cuda', 'cpu'] warns with it once and runs on the CPU. */
  async function failure(env: Env, code: string, ...says: string[]) {
    const { result, warnings } = await report('create', [{ executionProviders: ['cuda'] }], env)
    expect(result).toMatchObject({ name: 'Error', code, remedy: expect.any(String) })
    for (const part of says) expect(result.message).toContain(part)
    expect(warnings).toEqual([])

    const options = { executionProviders: [{ name: 'cuda', deviceId: 0 }, 'cpu'] }
    const fallback = await report('all', [options, options], env)
    expect(fallback.result).toEqual([onCpu, onCpu])
    expect(fallback.warnings).toMatchObject([{ name: 'OnnxRuntimeIoBindingWarning', code }])
    expect(fallback.warnings[0].message).toContain("'cuda' of executionProviders is skipped")
    expect(fallback.warnings[0].message).toContain(result.message.split('\n')[0])
    expect(fallback.warnings[0].message).toContain("'cpu'")
    return result
  }

  it('is unavailable without a driver', async () => {
    const none = newFolder()
    // Where the machine has a driver this file keeps the loader from it.
    writeFileSync(join(none, 'libcuda.so.1'), 'no library')
    await failure(
      { ort: whole, paths: [none] },
      'ERR_CUDA_DRIVER_NOT_FOUND',
      'libcuda.so.1',
      "NVIDIA's driver",
    )
  })

  it("is unavailable with the toolkit's stub of a driver", async () => {
    const env = { ort: whole, paths: [driver], STUB_CUDA_INIT: '34' }
    await failure(env, 'ERR_CUDA_DRIVER_NOT_FOUND', 'CUDA_ERROR_STUB_LIBRARY')
  })

  it('is unavailable with a driver that lacks functions', async () => {
    const old = newFolder()
    stubDriver(old, ['cuThreadExchangeStreamCaptureMode'])
    await failure(
      { ort: whole, paths: [old] },
      'ERR_CUDA_DRIVER_VERSION',
      'cuThreadExchangeStreamCaptureMode',
    )
  })

  it('is unavailable with a driver that does not match the kernel', async () => {
    const env = { ort: whole, paths: [driver], STUB_CUDA_INIT: '803' }
    const { result } = await report('create', [{ executionProviders: ['cuda'] }], env)
    expect(result).toMatchObject({ code: 'ERR_CUDA_SYSTEM_DRIVER_MISMATCH' })
    const { result: second } = await report('create', [{ executionProviders: ['cuda', 'cpu'] }], env)
    expect(second).toEqual(onCpu)
  })

  it('is unavailable without a GPU', async () => {
    await failure({ ort: whole, paths: [driver], STUB_CUDA_INIT: '100' }, 'ERR_CUDA_NO_DEVICE', 'nvidia-smi')
    await failure({ ort: whole, paths: [driver], STUB_CUDA_DEVICES: '0' }, 'ERR_CUDA_NO_DEVICE', 'nvidia-smi')
  })

  it('is an error with a deviceId beyond the last, whatever other providers are listed', async () => {
    const executionProviders = [{ name: 'cuda', deviceId: 2 }, 'cpu']
    const env = { ort: whole, paths: [driver], STUB_CUDA_DEVICES: '2' }
    const { result, warnings } = await report('create', [{ executionProviders }], env)
    expect(result).toMatchObject({ code: 'ERR_CUDA_DEVICE_ID', remedy: expect.stringContaining('deviceId') })
    expect(warnings).toEqual([])
  })

  it("is unavailable without ONNX Runtime's provider library", async () => {
    const result = await failure(
      { ort: bare, paths: [driver] },
      'ERR_CUDA_PROVIDER_NOT_FOUND',
      bare,
      'libraryPath',
    )
    expect(result.expected).toBe(`libonnxruntime_providers_shared.so in ${bare}`)
    const shared = ortFolder(real)
    compile(join(shared, 'libonnxruntime_providers_shared.so'), {
      source: 'void Provider_SetHost(void* host) {}',
    })
    const cuda = await failure(
      { ort: shared, paths: [driver] },
      'ERR_CUDA_PROVIDER_NOT_FOUND',
      'install script',
    )
    expect(cuda.expected).toBe(`libonnxruntime_providers_cuda.so in ${shared}`)
  })

  it('is unavailable without a library of CUDA', async () => {
    const env = { ort: wanting, paths: [driver] }
    const result = await failure(
      env,
      'ERR_CUDA_LIBRARY_NOT_FOUND',
      'preload()',
      'LD_LIBRARY_PATH',
      'nvidia-cublas',
    )
    expect(result.expected).toBe('libcublasLt.so.13')
    expect(result.given).toBeUndefined()
  })

  it('is unavailable without a library of any other name', async () => {
    const ort = ortFolder(real, { needs: ['libsomething.so.3'] })
    const env = { ort, paths: [driver] }
    const result = await failure(env, 'ERR_CUDA_LIBRARY_NOT_FOUND', 'libsomething.so.3')
    expect(result.expected).toBe('libsomething.so.3')
  })

  it('is unavailable with libraries of another version of CUDA', async () => {
    const cuda12 = newFolder()
    compile(join(cuda12, 'libcublasLt.so.12'))
    const env = { ort: wanting, paths: [driver, cuda12] }
    const result = await failure(env, 'ERR_CUDA_VERSION', 'built for CUDA 13', 'CUDA 12 is installed')
    expect(result).toMatchObject({ expected: 'libcublasLt.so.13', given: 'libcublasLt.so.12' })
  })

  it('is unavailable with invalid libraries', async () => {
    const broken = newFolder()
    writeFileSync(join(broken, 'libcublasLt.so.13'), 'no library')
    await failure({ ort: wanting, paths: [driver, broken] }, 'ERR_CUDA_LIBRARY_INVALID', 'libcublasLt.so.13')
    const strange = ortFolder(real, { needs: [] })
    compile(join(strange, 'libonnxruntime_providers_cuda.so'))
    await failure({ ort: strange, paths: [driver] }, 'ERR_CUDA_LIBRARY_INVALID', 'GetProvider')
  })

  const cudaText = (number: number, text: string) =>
    `CUDA failure ${number}: ${text} ; GPU=0 ; hostname=host ; file=cuda.cc ; line=1 ; expr=cudaSetDevice(0); `

  it('is unavailable with a driver that is too old for the libraries', async () => {
    const env = {
      ort: whole,
      paths: [driver],
      STUB_PROVIDER_ERROR: cudaText(35, 'CUDA driver version is insufficient for CUDA runtime version'),
    }
    await failure(env, 'ERR_CUDA_DRIVER_VERSION', 'insufficient', 'cudaSetDevice(0)', 'Update')
  })

  it('is unavailable if its runtime finds no GPU', async () => {
    const STUB_PROVIDER_ERROR = cudaText(100, 'no CUDA-capable device is detected')
    await failure(
      { ort: whole, paths: [driver], STUB_PROVIDER_ERROR },
      'ERR_CUDA_NO_DEVICE',
      'no CUDA-capable',
    )
  })

  it.each([
    [cudaText(2, 'out of memory'), 'ERR_CUDA_OUT_OF_MEMORY', 'gpuMemLimit'],
    [
      'bfc_arena.cc Failed to allocate memory for requested buffer of size 512',
      'ERR_CUDA_OUT_OF_MEMORY',
      '512',
    ],
    [cudaText(700, 'an illegal memory access was encountered'), 'ERR_CUDA_FAILURE', '700'],
    ['CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=1 ; hostname=h', 'ERR_CUDA_FAILURE', 'GPU 1'],
    ['something else', 'ERR_ORT_FAIL', 'something else'],
  ])('is an error if it fails with "%s", whatever other providers are listed', async (text, code, says) => {
    const env = { ort: whole, paths: [driver], STUB_PROVIDER_ERROR: text }
    const { result, warnings } = await report('create', [{ executionProviders: ['cuda', 'cpu'] }], env)
    expect(result.code).toMatch(code === 'ERR_ORT_FAIL' ? /^ERR_ORT_/ : new RegExp(`^${code}$`))
    expect(JSON.stringify(result)).toContain(says)
    expect(warnings).toEqual([])
  })

  it('warns that the CPU captures no graphs', async () => {
    const options = { executionProviders: ['cuda', 'cpu'], enableGraphCapture: true }
    const { result, warnings } = await report('create', [options], { ort: bare, paths: [driver] })
    expect(result).toEqual(onCpu)
    expect(warnings).toHaveLength(1)
    expect(warnings[0].message).toContain('captures no graphs')
  })

  it('is required by results on its device', async () => {
    const options = { executionProviders: ['cuda', 'cpu'], preferredOutputLocation: 'gpu-buffer' }
    const { result } = await report('create', [options], { ort: bare, paths: [driver] })
    expect(result).toMatchObject({ code: 'ERR_NOT_SUPPORTED' })
    expect(result.message).toContain('preferredOutputLocation')
  })

  it('is reported with every other provider of the list that fails', async () => {
    const options = { executionProviders: ['tensorrt', 'cuda', 'webgpu'] }
    const { result, warnings } = await report('create', [options], { ort: bare, paths: [driver] })
    expect(result.code).toBe('ERR_WEBGPU_NO_ADAPTER')
    expect(result.message).toContain("'tensorrt': ")
    expect(result.message).toContain("'cuda': ONNX Runtime's CUDA provider is not beside its library")
    expect(warnings.map(({ code }: { code: string }) => code)).toEqual([
      'ERR_PROVIDER_UNAVAILABLE',
      'ERR_CUDA_PROVIDER_NOT_FOUND',
    ])
  })

  it('is not initialized if the list begins with the CPU', async () => {
    const { result, warnings } = await report('create', [{ executionProviders: ['cpu', 'cuda'] }], {
      ort: bare,
    })
    expect({ result, warnings }).toEqual({ result: onCpu, warnings: [] })
  })
})

describe.skipIf(process.platform !== 'linux')('WebGPU', () => {
  it('is unavailable without a GPU', async () => {
    const { result, warnings } = await report('create', [{ executionProviders: ['webgpu'] }])
    expect(result).toMatchObject({ code: 'ERR_WEBGPU_NO_ADAPTER', remedy: expect.any(String) })
    expect(warnings).toEqual([])
    const second = await report('create', [{ executionProviders: ['webgpu', 'cpu'] }])
    expect(second.result).toEqual(onCpu)
    expect(second.warnings).toMatchObject([{ code: 'ERR_WEBGPU_NO_ADAPTER' }])
  })

  const none = process.env.VK_DRIVER_FILES === undefined
  const note = none ? ' (skipped: VK_DRIVER_FILES names no driver)' : ''

  it.skipIf(none)(`leaves nodes to the CPU where the list says so${note}`, async () => {
    const sine = model({
      inputs: [value('x', 'float64', [1])],
      outputs: [value('y', 'float64', [1])],
      nodes: [node('Sin', ['x'], ['y'])],
    })
    const create = (executionProviders: string[], extra = {}) =>
      InferenceSession.create(sine, { executionProviders, extra, logSeverityLevel: 4 })
    await expectError(() => create(['webgpu']), 'ERR_CPU_FALLBACK', { says: "'cpu'" })
    await expectError(
      () => create(['webgpu', 'cpu'], { session: { disable_cpu_ep_fallback: '1' } }),
      'ERR_CPU_FALLBACK',
    )
    for (const session of [
      await create(['webgpu', 'cpu']),
      await create(['webgpu'], { session: { disable_cpu_ep_fallback: '0' } }),
    ]) {
      expect(session.executionProviders).toEqual(['webgpu', 'cpu'])
      expect(session.device).toEqual({ name: 'webgpu', id: 0 })
      const { y } = await session.run({ x: new Tensor('float64', Float64Array.of(1), [1]) })
      expect(y!.data).toEqual(Float64Array.of(Math.sin(1)))
      await session.release()
    }
  })

  it.skipIf(none)(`names an output that the model does not have${note}`, async () => {
    const create = () =>
      InferenceSession.create(mlp(), {
        executionProviders: ['webgpu'],
        preferredOutputLocation: { z: 'gpu-buffer' },
      })
    await expectError(create, 'ERR_UNKNOWN_OUTPUT', { type: RangeError, says: ["'z'", "'y'"] })
  })
})
