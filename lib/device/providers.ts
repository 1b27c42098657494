import type { InferenceSession as Common } from 'onnxruntime-common'
import { array, boolean, checkOptions, choice, integer, isRecord, property, string } from '../check'
import type { ProviderSettings } from '../engine/engine'
import { describe, OrtError } from '../errors'
import { CUDA_OPTIONS, type CudaExecutionProviderOption } from './cuda-options'
import { checkProviderOptions } from './provider-options'
import { WEBGPU_OPTIONS, type WebGpuExecutionProviderOption } from './webgpu-options'

/** An entry of the session option `executionProviders`: a name, or an object of the name and the provider's options. */
export type ExecutionProvider =
  | CudaExecutionProviderOption
  | WebGpuExecutionProviderOption
  | Exclude<
      Common.ExecutionProviderConfig,
      Common.CudaExecutionProviderOption | Common.WebGpuExecutionProviderOption
    >

/** onnxruntime-common's names of execution providers. */
const KNOWN = 'cpu coreml cuda dml nnapi qnn tensorrt wasm webgl webgpu webnn xnnpack'.split(' ')

/** The providers that this version supports. */
const SUPPORTED = ['cpu', 'cuda', 'webgpu']

/** A provider that may run the session. */
export interface ProviderChoice {
  readonly name: string
  /** `session.executionProviders` if this provider runs it. */
  readonly names: readonly string[]
  /** Absent for the CPU, and for a provider that is not supported. */
  readonly settings?: ProviderSettings
  readonly blockingWait?: boolean
}

export interface Providers {
  /** In the order in which they are tried. */
  readonly choices: readonly [ProviderChoice, ...ProviderChoice[]]
  /** Option of the provider 'cpu'. */
  readonly useArena?: boolean | undefined
}

/**
 * The providers of a list, with their options checked. Creating the session shows whether they are available.
 *
 * @throws OrtError `ERR_UNKNOWN_PROVIDER`, `ERR_UNKNOWN_OPTION`, `ERR_NOT_SUPPORTED`; OrtTypeError, OrtRangeError naming
 *   the option
 */
export function resolveProviders(list: unknown = []): Providers {
  const given = array('an array')(list, 'executionProviders')
  const entries = given.length === 0 ? ['cpu'] : given
  const names = entries.map(providerName)
  const duplicate = names.find((name, i) => names.indexOf(name) !== i)
  if (duplicate !== undefined) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', "'executionProviders' names a provider more than once", {
      given: `'${duplicate}'`,
    })
  }
  const options = entries.map((entry) => (isRecord(entry) ? entry : {}))
  const choices = names.map((name, i) => choose(name, options[i]!, names.slice(i).includes('cpu')))
  const cpu = options[names.indexOf('cpu')] ?? {}
  const { useArena } = checkOptions(cpu, { name: string, useArena: boolean }, "option of the provider 'cpu':")
  return { choices: choices as [ProviderChoice, ...ProviderChoice[]], useArena }
}

function providerName(entry: unknown): string {
  const name: unknown = isRecord(entry) ? property(entry, 'name') : entry
  if (typeof name === 'string' && KNOWN.includes(name)) return name
  // Such as CUDA, and ONNX Runtime's own CUDAExecutionProvider, which Python takes.
  const short = String(name)
    .toLowerCase()
    .replace(/executionprovider$/, '')
  throw new OrtError('ERR_UNKNOWN_PROVIDER', "'executionProviders' names an unknown provider", {
    expected: "'cpu', 'cuda' or 'webgpu'",
    given: describe(name),
    ...(SUPPORTED.includes(short) && { remedy: `Did you mean '${short}'?` }),
  })
}

const OWN_OPTIONS = {
  // ONNX Runtime counts devices in 16 bits.
  deviceId: integer(0, 0x7fff),
  wait: choice({ spin: false, block: true }),
}

function choose(name: string, options: Record<string, unknown>, thenCpu: boolean): ProviderChoice {
  const names = thenCpu && name !== 'cpu' ? [name, 'cpu'] : [name]
  if (name !== 'cuda' && name !== 'webgpu') return { name, names }
  const wait = property(options, 'wait')
  const deviceId = property(options, 'deviceId')
  const own = checkOptions(name === 'cuda' ? { wait, deviceId } : { wait }, OWN_OPTIONS, 'option')
  const settings = {
    name,
    deviceId: own.deviceId ?? 0,
    options:
      name === 'cuda'
        ? checkProviderOptions(options, CUDA_OPTIONS, name, ['name', 'deviceId', 'wait'])
        : checkProviderOptions(options, WEBGPU_OPTIONS, name, ['name', 'wait']),
  } as const
  return { name, names, settings, ...(own.wait !== undefined && { blockingWait: own.wait }) }
}
