import { type Context, failed, ok, skipped } from './checks'
import type { Failure } from './failure'
import type { CudaLibraries, CudaLibrary } from './probes'
import type { Check } from './report'
import { libraryVersion } from './versions'

const isCudnn = ({ name }: CudaLibrary) => name.includes('cudnn')

/** What the provider's file names as needed, and what of CUDA its operators open later; without cuDNN. */
export function checkLibraries(context: Context, found: CudaLibraries): Check {
  const { libraries, major, instead, preloading } = found
  const name = 'cuda-libraries'
  if (libraries === undefined) return skipped(name, NOT_ELF)
  const all = libraries.filter((library) => !isCudnn(library))
  const facts = Object.fromEntries(all.map((library) => [library.name, location(library)]))
  const fail = (failure: Failure, missing: readonly string[]) =>
    failed(context, name, failure, { missing, major }, preloading === undefined ? facts : {})
  if (preloading !== undefined) {
    const names = all.map((library) => library.name)
    return fail(preloading, names)
  }
  const missing = all.filter(({ needed, path }) => needed && path === undefined)
  if (missing.length === 0) {
    return ok(name, major === undefined ? 'found' : `found, for CUDA ${major}`, facts)
  }
  const broken = missing.find((library) => missingName(library) === undefined)
  if (broken !== undefined) return fail(invalid(broken), [broken.name])
  const names = [...new Set(missing.map((library) => missingName(library)!))]
  return fail(notFound(names, instead), names)
}

/** What the loader did not find: the library, or one that it needs. Undefined where the library cannot be loaded. */
function missingName({ reason = '' }: CudaLibrary): string | undefined {
  return /([^\s:/]+): (?:cannot open shared object file: )?No such file/.exec(reason)?.[1]
}

function invalid({ name, reason }: CudaLibrary): Failure {
  return { code: 'ERR_CUDA_LIBRARY_INVALID', message: `${name} cannot be loaded`, given: reason }
}

function notFound(names: readonly string[], instead?: string): Failure {
  const expected = names.join(', ')
  const code = instead === undefined ? 'ERR_CUDA_LIBRARY_NOT_FOUND' : 'ERR_CUDA_VERSION'
  return {
    code,
    message: `the CUDA provider needs ${expected}, which was not found`,
    expected,
    given: instead,
  }
}

/** On Windows. */
const NOT_ELF = 'what a provider needs can be read from ELF files only: see the run'

function location({ path, needed, reason }: CudaLibrary): string {
  if (path === undefined) return needed ? reason! : 'not found; some operators need it'
  const version = libraryVersion(path)
  return version === undefined ? path : `${version}, ${path}`
}

/**
 * A problem only where the provider cannot be loaded without it: ONNX Runtime 1.30 opens it when an operator needs it, so
 * CUDA works without it until a model has one.
 */
export function checkCudnn(context: Context, { libraries, major, preloading }: CudaLibraries): Check {
  const name = 'cudnn'
  if (preloading !== undefined) return skipped(name, 'the libraries that precede it are missing')
  const cudnn = libraries?.find(isCudnn)
  if (cudnn === undefined)
    return skipped(name, libraries === undefined ? NOT_ELF : 'the version that the provider needs is unknown')
  const { path, needed } = cudnn
  if (path !== undefined) return ok(name, libraryVersion(path) ?? 'found', { path })
  const missing = missingName(cudnn)
  const failure = missing === undefined ? invalid(cudnn) : notFound([missing])
  const message = `${cudnn.name} was not found: the CUDA provider loads without it, but convolutions and other operators fail`
  const isOptional = !needed && missing === cudnn.name
  return failed(
    needed ? context : { ...context, required: new Set() },
    name,
    isOptional ? { ...failure, message } : failure,
    { missing: [missing ?? cudnn.name], major },
  )
}
