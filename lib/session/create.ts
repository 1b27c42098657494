import type { ProviderChoice } from '../device/providers'
import type { Engine, EngineSession, SessionSettings } from '../engine/engine'
import { DRIVER_REMEDIES, isUnavailable } from '../engine/provider-errors'
import { isOrtError, OrtError } from '../errors'
import { wrapModelError } from './model-file'
import type { ResolvedSessionOptions } from './options'

/** A session that is loaded, and the provider that runs it. */
export interface OpenedSession {
  readonly session: EngineSession
  readonly provider: ProviderChoice
}

/** ONNX Runtime's names of the providers that this package drives. */
const ORT_NAMES: Readonly<Record<string, string>> = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
}

/** Set unless the user sets it: a device that was asked for alone must not hand nodes to the CPU in silence. */
const NO_CPU_FALLBACK = 'session.disable_cpu_ep_fallback'
const GRAPH_OPTIONS = { cuda: 'enable_cuda_graph', webgpu: 'enableGraphCapture' } as const

/**
 * Loads the model with the first provider of the list that can be had. One that is left out on the way is told in a
 * warning of the process, once for each reason.
 *
 * @throws what the last provider failed with, or any of them for another reason than that it cannot be had
 */
export async function openSession(
  engine: Engine,
  model: string | Uint8Array,
  options: ResolvedSessionOptions,
): Promise<OpenedSession> {
  const { choices } = options.providers
  const left: string[] = []
  for (const [i, choice] of choices.entries()) {
    const provider = { ...choice, names: namesOf(choice, options.settings.config) }
    try {
      checkAvailable(engine, provider)
      const session = new engine.Session(options.inlineRunBelowUs, options.runThreadSpinUs)
      await session.load(model, settingsFor(provider, options)).catch((error: unknown) => {
        throw wrapModelError(error, model)
      })
      return { session, provider }
    } catch (thrown) {
      const error = wrapDeviceError(thrown, provider)
      if (!isUnavailable(error)) throw error
      const next = choices[i + 1]
      if (next === undefined) throw withEarlier(error, left)
      left.push(`'${provider.name}': ${firstLine(error)}`)
      warnOfFallback(provider, next, error, options.settings.enableGraphCapture === true)
    }
  }
  throw new Error('unreachable: a list has at least one provider')
}

function checkAvailable(engine: Engine, { name, settings }: ProviderChoice): void {
  if (name === 'cpu') return
  const message = `execution provider '${name}' is not available`
  if (settings === undefined) {
    throw new OrtError(
      'ERR_PROVIDER_UNAVAILABLE',
      `${message}: this version runs on the CPU, CUDA and WebGPU`,
      {
        remedy: "Name 'cpu', 'cuda' or 'webgpu'",
      },
    )
  }
  if (!engine.supports.devices) {
    throw new OrtError('ERR_PROVIDER_UNAVAILABLE', `${message}: the ${engine.name} engine runs on the CPU`, {
      remedy: "Install the native addon, or add 'cpu' to the list to run there",
    })
  }
  const available = engine.availableProviders()
  if (available.includes(ORT_NAMES[name]!)) return
  throw new OrtError(
    'ERR_PROVIDER_UNAVAILABLE',
    `${message}: ONNX Runtime's library ${engine.library.path} was built without it`,
    {
      expected: ORT_NAMES[name]!,
      given: available.join(', '),
      remedy:
        "Name a build that has it by initialize({ libraryPath }), or add 'cpu' to the list to run there",
    },
  )
}

/** An arena does not say whose memory it was that it could not get: here it is known. */
function wrapDeviceError(error: unknown, { name }: ProviderChoice): unknown {
  if (name !== 'cuda' || !isOrtError(error) || error.code !== 'ERR_OUT_OF_MEMORY') return error
  const code = 'ERR_CUDA_OUT_OF_MEMORY'
  return new OrtError(code, "the GPU's memory does not suffice for the session", {
    given: (error.cause as Error | undefined)?.message ?? error.message,
    remedy: DRIVER_REMEDIES[code]!,
    cause: error,
  })
}

/** With the CPU or without it, as the list has it, or as the user has said it to ONNX Runtime itself. */
function namesOf(
  { name, names, settings }: ProviderChoice,
  config: SessionSettings['config'],
): readonly string[] {
  const said = config?.[NO_CPU_FALLBACK]
  if (settings === undefined || said === undefined) return names
  return said === '1' ? [name] : [name, 'cpu']
}

function settingsFor(provider: ProviderChoice, options: ResolvedSessionOptions): SessionSettings {
  const { enableGraphCapture, ...settings } = options.settings
  const { settings: device, blockingWait } = provider
  if (device === undefined) return settings
  return {
    ...settings,
    ...(!provider.names.includes('cpu') && { config: { ...settings.config, [NO_CPU_FALLBACK]: '1' } }),
    provider: enableGraphCapture
      ? { ...device, options: { ...device.options, [GRAPH_OPTIONS[device.name]]: '1' } }
      : device,
    ...(enableGraphCapture && { enableGraphCapture }),
    ...(blockingWait !== undefined && { blockingWait }),
  }
}

const warned = new Set<string>()

function warnOfFallback(from: ProviderChoice, to: ProviderChoice, error: OrtError, graphs: boolean): void {
  const without = graphs && to.name === 'cpu' ? ', which captures no graphs' : ''
  const message = `'${from.name}' of executionProviders is left out: ${firstLine(error)}\nThe next of the list is '${to.name}'${without}.`
  if (warned.has(message)) return
  warned.add(message)
  process.emitWarning(message, { type: 'OnnxRuntimeIoBindingWarning', code: error.code })
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0]!
}

/** The last error, which also says why the providers before it were left out. */
function withEarlier(error: OrtError, left: readonly string[]): OrtError {
  if (left.length > 0) error.message += `\nLeft out before it:\n  ${left.join('\n  ')}`
  return error
}
