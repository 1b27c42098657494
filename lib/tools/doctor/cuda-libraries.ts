import { type Context, failed, ok, skipped } from './checks'
import type { Failure } from './failure'
import type { CudaLibraries, CudaLibrary } from './probes'
import { problemOf } from './remedies'
import type { Check } from './report'
import { versionOf } from './versions'

const isCudnn = ({ name }: CudaLibrary) => name.includes('cudnn')
const isMissing = ({ path }: CudaLibrary) => path === undefined

/** What the provider's file says that it needs, and what of CUDA its operators open later; without cuDNN. */
export function checkLibraries({ asked, python }: Context, found: CudaLibraries): Check {
  const { libraries, major, instead, preloading } = found
  const name = 'cuda-libraries'
  if (libraries === undefined) return skipped(name, NOT_TOLD)
  const all = libraries.filter((library) => !isCudnn(library))
  const missing = all.filter((library) => library.needed && isMissing(library))
  if (preloading !== undefined) {
    const names = all.map((library) => library.name)
    return failed(name, asked.has('cuda'), problemOf(preloading, { python, missing: names, major }))
  }
  const facts = Object.fromEntries(all.map((library) => [library.name, whereabouts(library)]))
  if (missing.length === 0) {
    return ok(name, major === undefined ? 'are found' : `are found, for CUDA ${major}`, facts)
  }
  const broken = missing.find((library) => absentName(library) === undefined)
  const names = broken === undefined ? [...new Set(missing.map(absentName))] : [broken.name]
  const failure = broken === undefined ? notFound(names as string[], instead) : invalid(broken)
  return failed(
    name,
    asked.has('cuda'),
    problemOf(failure, { python, missing: names as string[], major }),
    facts,
  )
}

/** What the loader did not find: the library, or one that it needs. Undefined where one is there and cannot be loaded. */
function absentName({ reason = '' }: CudaLibrary): string | undefined {
  return /([^\s:/]+): (?:cannot open shared object file: )?No such file/.exec(reason)?.[1]
}

function invalid({ name, reason }: CudaLibrary): Failure {
  const message = `${name} cannot be loaded`
  return { code: 'ERR_CUDA_LIBRARY_INVALID', message, ...(reason !== undefined && { given: reason }) }
}

function notFound(names: readonly string[], instead: string | undefined): Failure {
  const expected = names.join(', ')
  const message = `the CUDA provider needs ${expected}, not found`
  return instead === undefined
    ? { code: 'ERR_CUDA_LIBRARY_NOT_FOUND', message, expected }
    : { code: 'ERR_CUDA_VERSION', message, expected, given: instead }
}

/** On Windows. */
const NOT_TOLD = 'what the provider needs is read from ELF files alone: see the run'

function whereabouts({ path, needed, reason }: CudaLibrary): string {
  if (path === undefined) return needed ? reason! : 'not found; some operators open it'
  const version = versionOf(path)
  return version === undefined ? path : `${version}, ${path}`
}

/**
 * A problem only where the provider cannot be loaded without it: ONNX Runtime 1.30 opens it when an operator wants it, so
 * CUDA works without it until a model has one.
 */
export function checkCudnn(
  { asked, python }: Context,
  { libraries, major, preloading }: CudaLibraries,
): Check {
  const name = 'cudnn'
  if (preloading !== undefined) return skipped(name, 'the libraries before it are missing')
  const cudnn = libraries?.find(isCudnn)
  if (cudnn === undefined) return skipped(name, libraries === undefined ? NOT_TOLD : 'which one is not known')
  const { path, needed } = cudnn
  if (path !== undefined) return ok(name, versionOf(path) ?? 'is found', { path })
  const absent = absentName(cudnn)
  const failure: Failure = absent === undefined ? invalid(cudnn) : notFound([absent], undefined)
  const without = `${cudnn.name} is not found: the CUDA provider loads without it, convolutions and others do not run`
  const told = absent === cudnn.name && !needed ? { ...failure, message: without } : failure
  const problem = problemOf(told, { python, missing: [absent ?? cudnn.name], major })
  return failed(name, needed && asked.has('cuda'), problem)
}
