import type { InferenceSession as Common } from 'onnxruntime-common'
import { array, boolean, checkOptions, choice, integer, isRecord, property, string } from '../check'
import type { EpDevice, ProviderSettings } from '../engine/devices'
import { describe, OrtError } from '../errors'
import { CUDA_OPTIONS, type CudaExecutionProviderOption } from './cuda-options'
import { deviceIds, hasEpDevices } from './ep-devices'
import { namedOptions } from './named-options'
import { PROVIDERS, shortName } from './provider-names'
import { checkProviderOptions } from './provider-options'
import { WEBGPU_OPTIONS, type WebGpuExecutionProviderOption } from './webgpu-options'

/**
 * Options of a provider that ONNX Runtime appends by its name, such as `'openvino'` or `'OpenVINOExecutionProvider'`. Values of
 * such a session are in host memory.
 *
 * @see https://onnxruntime.ai/docs/execution-providers
 */
export interface NamedExecutionProviderOption {
  readonly name: string
  /** Devices of `getEpDevices()`, of this provider; by default the only one that it has. */
  readonly devices?: readonly EpDevice[]
  /** The provider's own options, under ONNX Runtime's keys. */
  readonly options?: Readonly<Record<string, string | number>>
}

/** An entry of the session option `executionProviders`: a name, or an object of the name and the provider's options. */
export type ExecutionProvider =
  | CudaExecutionProviderOption
  | WebGpuExecutionProviderOption
  | NamedExecutionProviderOption
  | Exclude<
      Common.ExecutionProviderConfig,
      Common.CudaExecutionProviderOption | Common.WebGpuExecutionProviderOption
    >

/** A provider that may run the session. */
export interface ProviderChoice {
  readonly name: string
  /** `session.executionProviders` if this provider runs it. */
  readonly names: readonly string[]
  /** Absent for the CPU. */
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
  const cpu = options.find((entry, i) => names[i] === 'cpu' && property(entry, 'devices') === undefined) ?? {}
  const { useArena } = checkOptions(cpu, { name: string, useArena: boolean }, "option of the provider 'cpu':")
  return { choices: choices as [ProviderChoice, ...ProviderChoice[]], useArena }
}

function providerName(entry: unknown): string {
  const name: unknown = isRecord(entry) ? property(entry, 'name') : entry
  const known = typeof name === 'string' ? shortName(name) : undefined
  if (known !== undefined) return known
  if (typeof name === 'string' && isRecord(entry) && property(entry, 'devices') !== undefined) return name
  if (typeof name === 'string' && hasEpDevices(name)) return name
  // Such as CUDA.
  const short = String(name)
    .toLowerCase()
    .replace(/executionprovider$/, '')
  throw new OrtError('ERR_UNKNOWN_PROVIDER', "'executionProviders' names an unknown provider", {
    expected: `one of ${Object.keys(PROVIDERS).join(', ')}, or ONNX Runtime's name of one`,
    given: describe(name),
    ...(Object.hasOwn(PROVIDERS, short) && { remedy: `Did you mean '${short}'?` }),
  })
}

const OWN_OPTIONS = {
  // ONNX Runtime counts devices in 16 bits.
  deviceId: integer(0, 0x7fff),
  wait: choice({ spin: false, block: true }),
}

function choose(name: string, options: Record<string, unknown>, thenCpu: boolean): ProviderChoice {
  const names = thenCpu && name !== 'cpu' ? [name, 'cpu'] : [name]
  if (name === 'cpu' && property(options, 'devices') === undefined) return { name, names }
  const { ortName, device } = PROVIDERS[name] ?? { ortName: name }
  const devices = property(options, 'devices')
  if (device === undefined || devices !== undefined) {
    const settings = { name: ortName, deviceId: 0, options: namedOptions(options, name) }
    const ids = devices === undefined ? undefined : deviceIds(devices, ortName)
    return { name, names, settings: ids === undefined ? settings : { ...settings, devices: ids } }
  }
  const wait = property(options, 'wait')
  const deviceId = property(options, 'deviceId')
  const own = checkOptions(device === 'cuda' ? { wait, deviceId } : { wait }, OWN_OPTIONS, 'option')
  const settings = {
    name: ortName,
    device,
    deviceId: own.deviceId ?? 0,
    options:
      device === 'cuda'
        ? checkProviderOptions(options, CUDA_OPTIONS, name, ['name', 'deviceId', 'wait'])
        : checkProviderOptions(options, WEBGPU_OPTIONS, name, ['name', 'wait']),
  } as const
  return { name, names, settings, ...(own.wait !== undefined && { blockingWait: own.wait }) }
}
