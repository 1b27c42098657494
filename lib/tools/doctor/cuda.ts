import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Context, failed, NOT_OPEN, type Opened, ok, probe, skipped } from './checks'
import { checkDriver } from './cuda-driver'
import { checkCudnn, checkLibraries } from './cuda-libraries'
import { problemOf } from './remedies'
import type { Check } from './report'

const NEEDED = ['cuda-libraries', 'cudnn', 'cuda-driver', 'gpus'] as const

const PROVIDER_FILES =
  process.platform === 'win32'
    ? (['onnxruntime_providers_cuda.dll', 'onnxruntime_providers_shared.dll'] as const)
    : (['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const)

export interface CudaChecks {
  /** What CUDA needs: the provider's library first, without which the rest is of no use. */
  readonly checks: readonly [provider: Check, ...rest: Check[]]
  /** The version of CUDA that the provider was built for. */
  readonly major?: number | undefined
}

export async function checkCuda(context: Context, opened: Opened | undefined): Promise<CudaChecks> {
  if (opened === undefined) {
    const rest = NEEDED.map((name) => skipped(name, NOT_OPEN))
    return { checks: [skipped('cuda-provider', NOT_OPEN), ...rest] }
  }
  const provider = checkProvider(context, opened)
  const { libraries, major } = await checkLibrariesOf(context, provider, opened)
  const driver = await checkDriver(context, major)
  const told = major === undefined ? provider : { ...provider, summary: `is for CUDA ${major}` }
  return { checks: [told, ...libraries, ...driver], major }
}

/** Beside ONNX Runtime's library, which opens it from there. */
function checkProvider({ asked }: Context, { availableProviders, libraryPath, source }: Opened): Check {
  const name = 'cuda-provider'
  const fail = (problem: Parameters<typeof problemOf>[0]) =>
    failed(name, asked.has('cuda'), problemOf(problem, { source }))
  const expected = 'CUDAExecutionProvider'
  if (!availableProviders.includes(expected)) {
    return fail({
      code: 'ERR_PROVIDER_UNAVAILABLE',
      message: `ONNX Runtime's library ${libraryPath} was built without CUDA`,
      expected,
      given: availableProviders.join(', '),
    })
  }
  const folder = dirname(libraryPath)
  const missing = PROVIDER_FILES.find((file) => !existsSync(join(folder, file)))
  if (missing !== undefined) {
    return fail({
      code: 'ERR_CUDA_PROVIDER_NOT_FOUND',
      message: "ONNX Runtime's CUDA provider is not beside its library",
      expected: `${missing} in ${folder}`,
      remedy:
        "Run onnxruntime-node's install script, which npm may have left out, or name the library of a GPU build",
    })
  }
  return ok(name, 'is beside the library', { path: join(folder, PROVIDER_FILES[0]) })
}

async function checkLibrariesOf(
  context: Context,
  provider: Check,
  { source }: Opened,
): Promise<{ libraries: Check[]; major?: number | undefined }> {
  const { path } = provider.facts
  if (path === undefined) {
    const why = 'there is no CUDA provider that needs it'
    return { libraries: [skipped('cuda-libraries', why), skipped('cudnn', why)] }
  }
  const { python } = context
  const args = python === undefined ? [path] : [path, python]
  const outcome = await probe(context, 'cudaLibraries', args, 'native')
  if ('answer' in outcome) {
    const { answer } = outcome
    return { libraries: [checkLibraries(context, answer), checkCudnn(context, answer)], major: answer.major }
  }
  const problem = problemOf(outcome.failure, { source, python })
  const cudnn = skipped('cudnn', 'the probe that looks for it failed')
  return { libraries: [failed('cuda-libraries', context.asked.has('cuda'), problem), cudnn] }
}
