import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { builtWithout, type Context, failed, NOT_OPEN, type Opened, ok, probe, skipped } from './checks'
import { checkDriver } from './cuda-driver'
import { checkCudnn, checkLibraries } from './cuda-libraries'
import type { Failed } from './remedies'
import type { Check } from './report'
import { checkDeviceRun } from './runs'

const PROVIDER_FILES =
  process.platform === 'win32'
    ? (['onnxruntime_providers_cuda.dll', 'onnxruntime_providers_shared.dll'] as const)
    : (['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const)

/** What CUDA needs, and a run on it. */
export async function checkCuda(context: Context, opened: Opened | undefined): Promise<Check[]> {
  if (opened === undefined) {
    const names = ['cuda-provider', 'cuda-libraries', 'cudnn', 'cuda-driver', 'gpus', 'run-cuda'] as const
    return names.map((name) => skipped(name, NOT_OPEN))
  }
  const provider = checkProvider(context, opened)
  const [{ libraries, major }, gpus] = await Promise.all([
    probeLibraries(context, provider, opened),
    probe(context, 'gpus', [], 'native'),
  ])
  const version = major === undefined ? {} : { summary: `for CUDA ${major}` }
  const run = await checkDeviceRun(context, 'cuda', opened, provider, major)
  return [{ ...provider, ...version }, ...libraries, ...checkDriver(context, gpus, major), run]
}

/** ONNX Runtime's library opens the provider from its own folder. */
function checkProvider(context: Context, opened: Opened): Check {
  const name = 'cuda-provider'
  const fail = (failure: Failed) => failed(context, name, failure, { source: opened.source })
  const unavailable = builtWithout('CUDA', 'CUDAExecutionProvider', opened)
  if (unavailable !== undefined) return fail(unavailable)
  const folder = dirname(opened.libraryPath)
  const missing = PROVIDER_FILES.find((file) => !existsSync(join(folder, file)))
  if (missing !== undefined) {
    return fail({
      code: 'ERR_CUDA_PROVIDER_NOT_FOUND',
      message: "ONNX Runtime's CUDA provider is not beside its library",
      expected: `${missing} in ${folder}`,
      remedy:
        "Run onnxruntime-node's install script, which npm may have skipped, or specify the library of a GPU build",
    })
  }
  return ok(name, 'found beside the library', { path: join(folder, PROVIDER_FILES[0]) })
}

/** @returns also the version of CUDA that the provider was built for */
async function probeLibraries(
  context: Context,
  { facts: { path } }: Check,
  { source }: Opened,
): Promise<{ libraries: Check[]; major?: number | undefined }> {
  if (path === undefined) {
    const why = 'no CUDA provider was found that needs it'
    return { libraries: [skipped('cuda-libraries', why), skipped('cudnn', why)] }
  }
  const { python } = context
  const args = python === undefined ? [path] : [path, python]
  const outcome = await probe(context, 'cudaLibraries', args, 'native')
  if ('answer' in outcome) {
    const { answer } = outcome
    return { libraries: [checkLibraries(context, answer), checkCudnn(context, answer)], major: answer.major }
  }
  const cudnn = skipped('cudnn', 'its probe failed')
  return { libraries: [failed(context, 'cuda-libraries', outcome.failure, { source }), cudnn] }
}
