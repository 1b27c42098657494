import type { InferenceSession as Common } from 'onnxruntime-common'
import { checkBoolean, checkChoice, checkInteger, checkKnown, isRecord } from '../check'
import type { ProviderSettings } from '../engine/engine'
import { describe, OrtError, OrtTypeError } from '../errors'
import { CUDA_OPTIONS, type CudaExecutionProviderOption } from './cuda-options'
import { readOptions } from './provider-options'
import { WEBGPU_OPTIONS, type WebGpuExecutionProviderOption } from './webgpu-options'

/** An entry of the session option `executionProviders`: a name, or an object of the name and the provider's options. */
export type ExecutionProvider =
  | CudaExecutionProviderOption
  | WebGpuExecutionProviderOption
  | Exclude<
      Common.ExecutionProviderConfig,
      Common.CudaExecutionProviderOption | Common.WebGpuExecutionProviderOption
    >

/** The execution providers that onnxruntime-common names. */
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

/** Those that this version runs on. */
const RUNS = ['cpu', 'cuda', 'webgpu']

/** A provider that may run the session. */
export interface ProviderChoice {
  readonly name: string
  /** What `session.executionProviders` says where this one runs. */
  readonly names: readonly string[]
  /** Of a device; absent for the CPU, and for what only has a name. */
  readonly settings?: ProviderSettings
  readonly blockingWait?: boolean
}

export interface Providers {
  /** In the order in which they are tried. */
  readonly choices: readonly [ProviderChoice, ...ProviderChoice[]]
  /** The cpu provider's own option. */
  readonly useArena?: boolean
}

/**
 * The providers of a list, with their options checked; whether they can be had, creating the session tells.
 *
 * @throws OrtError `ERR_UNKNOWN_PROVIDER`, `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError naming
 *   the option
 */
export function resolveProviders(list: unknown): Providers {
  if (list !== undefined && !Array.isArray(list)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'executionProviders' must be an array", {
      given: describe(list),
    })
  }
  const entries: unknown[] = list === undefined || list.length === 0 ? ['cpu'] : list
  const names = entries.map(elementTypeName)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', "'executionProviders' names a provider more than once", {
      given: `'${twice}'`,
    })
  }
  const choices = entries.map((entry, i) =>
    choose(names[i]!, isRecord(entry) ? entry : {}, names.slice(i).includes('cpu')),
  )
  const cpu = entries[names.indexOf('cpu')]
  const useArena = isRecord(cpu) ? checkBoolean(cpu, 'useArena') : undefined
  return {
    choices: choices as [ProviderChoice, ...ProviderChoice[]],
    ...(useArena !== undefined && { useArena }),
  }
}

function elementTypeName(entry: unknown): string {
  const name: unknown = isRecord(entry) ? entry.name : entry
  if (typeof name === 'string' && KNOWN.includes(name)) return name
  // Such as CUDA, and ONNX Runtime's own CUDAExecutionProvider, which Python takes.
  const short = String(name)
    .toLowerCase()
    .replace(/executionprovider$/, '')
  throw new OrtError('ERR_UNKNOWN_PROVIDER', "'executionProviders' names an unknown provider", {
    expected: "'cpu', 'cuda' or 'webgpu'",
    given: describe(name),
    ...(RUNS.includes(short) && { remedy: `Did you mean '${short}'?` }),
  })
}

const WAIT = { spin: false, block: true } as const
// ONNX Runtime counts devices in 16 bits.
const MOST_DEVICES = 0x7fff

function choose(name: string, options: Record<string, unknown>, thenCpu: boolean): ProviderChoice {
  const names = thenCpu && name !== 'cpu' ? [name, 'cpu'] : [name]
  if (name === 'cpu') checkKnown(options, ['name', 'useArena'], "option of the provider 'cpu':")
  if (name !== 'cuda' && name !== 'webgpu') return { name, names }
  const cuda = name === 'cuda'
  const deviceId = cuda ? checkInteger(options, 'deviceId', 0, MOST_DEVICES) : 0
  const blockingWait = checkChoice(options, 'wait', WAIT)
  const settings = {
    name,
    deviceId: deviceId ?? 0,
    options: cuda
      ? readOptions(options, CUDA_OPTIONS, name, ['name', 'deviceId', 'wait'])
      : readOptions(options, WEBGPU_OPTIONS, name, ['name', 'wait']),
  } as const
  return { name, names, settings, ...(blockingWait !== undefined && { blockingWait }) }
}
