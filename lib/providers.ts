import { describe, OrtError, OrtTypeError } from './errors'
import { isRecord } from './options'

/** The execution providers that onnxruntime-common names. This version runs on the first of them. */
const KNOWN = [
  'cpu',
  'coreml',
  'cuda',
  'dml',
  'nnapi',
  'qnn',
  'tensorrt',
  'wasm',
  'webgl',
  'webgpu',
  'webnn',
  'xnnpack',
]

export interface Providers {
  /** Those that run the session. */
  readonly names: readonly string[]
  /** The cpu provider's own option. */
  readonly useArena?: boolean
}

const warned = new Set<string>()

/**
 * The providers that a list comes down to. A provider that cannot be had is an error, unless the list goes on to one
 * that can: then it is left out, with a warning, once.
 *
 * @throws OrtError `ERR_UNKNOWN_PROVIDER`, `ERR_PROVIDER_UNAVAILABLE`
 */
export function checkProviders(list: unknown): Providers {
  if (list === undefined) return { names: ['cpu'] }
  if (!Array.isArray(list)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'executionProviders' must be an array", {
      given: describe(list),
    })
  }
  const names = list.map(nameOf)
  const missing = names.filter((name) => name !== 'cpu')
  const cpu = list[names.indexOf('cpu')]
  if (missing.length > 0) {
    const message = `execution provider ${missing.map((name) => `'${name}'`).join(', ')} is not available: this version runs on the CPU`
    if (cpu === undefined) {
      throw new OrtError('ERR_PROVIDER_UNAVAILABLE', message, {
        remedy: "Add 'cpu' to the list to run there",
      })
    }
    if (!warned.has(message)) {
      warned.add(message)
      process.emitWarning(`${message}, as the list allows.`, {
        type: 'OnnxRuntimeIoBindingWarning',
        code: 'ERR_PROVIDER_UNAVAILABLE',
      })
    }
  }
  return { names: ['cpu'], ...useArenaOf(cpu) }
}

function nameOf(entry: unknown): string {
  const name: unknown = isRecord(entry) ? entry.name : entry
  if (typeof name === 'string' && KNOWN.includes(name)) return name
  throw new OrtError('ERR_UNKNOWN_PROVIDER', "'executionProviders' names an unknown provider", {
    expected: `one of ${KNOWN.join(', ')}`,
    given: describe(name),
  })
}

function useArenaOf(cpu: unknown): { useArena?: boolean } {
  if (!isRecord(cpu)) return {}
  for (const [key, value] of Object.entries(cpu)) {
    if (key === 'name') continue
    if (key !== 'useArena') {
      throw new OrtError('ERR_UNKNOWN_OPTION', `'${key}' is not an option of the provider 'cpu'`, {
        expected: 'useArena',
      })
    }
    if (typeof value !== 'boolean') {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'useArena' must be a boolean", {
        given: describe(value),
      })
    }
    return { useArena: value }
  }
  return {}
}
