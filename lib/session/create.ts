import type { BindingHost } from '../binding/host'
import { bare } from '../check'
import type { SessionDevice } from '../device/device'
import type { ProviderChoice } from '../device/providers'
import type { Engine, EngineSession, ProviderSettings, SessionSettings } from '../engine/engine'
import { DRIVER_REMEDIES, isUnavailable } from '../engine/provider-errors'
import { engineAsync, followLogLevel } from '../engine/select'
import { firstLine, isOrtError, OrtError } from '../errors'
import { SessionIO } from '../model/io'
import { checkModelFile, checkWrittenFiles, modelArguments, wrapModelError } from '../model/source'
import { type OwnedModel, ownModel } from './bytes'
import { resolveInitializers } from './initializers'
import {
  type OutputLocation,
  type ResolvedSessionOptions,
  resolveLocations,
  resolveSessionOptions,
} from './options'
import { useArena } from './shared-resources'
import { warmUp } from './warmup'

/** A session whose model is loaded. */
export interface LoadedSession extends BindingHost {
  /** The providers that run it. */
  readonly executionProviders: readonly string[]
  /** What they run with, by ONNX Runtime's keys. */
  readonly providerOptions: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The outputs whose results are not in ordinary host memory. */
  readonly locations: ReadonlyMap<string, OutputLocation> | undefined
  /** Whether feeds that the model does not have are ignored; undefined: if every input has one. */
  readonly ignoreUnknownFeeds: boolean | undefined
  /** What the memory of `session.run`'s plans may take. */
  readonly maxRunPlanBytes: number
}

/** Loads the model of the arguments of `InferenceSession.create`. */
export async function createSession(args: readonly unknown[]): Promise<LoadedSession> {
  const { source, options } = modelArguments(args)
  const resolved = resolveSessionOptions(options)
  const owned = ownModel(source, resolved.settings.externalData, resolved.transfer)
  // The library is opened, and its environment created, while the file is looked at.
  const [engine] = await Promise.all([
    engineAsync(),
    checkModelFile(source),
    checkWrittenFiles(resolved.settings),
  ])
  followLogLevel(engine)
  const settings = {
    ...useArena(engine, resolved.settings, resolved.arena === true),
    ...resolveInitializers(owned.model, resolved.initializers),
  }
  const { session, provider } = await openSession(engine, owned, { ...resolved, settings })
  try {
    const inputs = new SessionIO('input', session.inputs())
    const outputs = new SessionIO('output', session.outputs())
    const { name, deviceId: id } = provider.settings ?? ({ name: 'cpu', deviceId: 0 } as const)
    const device: SessionDevice = Object.freeze({ name, id })
    const locations = resolveLocations(resolved.preferredLocation, outputs, provider)
    const { ignoreUnknownFeeds, maxRunPlanBytes } = resolved
    const executionProviders = Object.freeze(provider.names)
    const loaded: LoadedSession = {
      engine,
      session,
      inputs,
      outputs,
      device,
      wrongShapes: new Set(),
      executionProviders,
      providerOptions: optionsInUse(executionProviders, settingsFor(provider, resolved).provider),
      locations,
      ignoreUnknownFeeds,
      maxRunPlanBytes,
    }
    await warmUp(loaded, resolved.warmup)
    return loaded
  } catch (error) {
    await session.release()
    throw error
  }
}

/** ONNX Runtime's names of the providers that this package supports. */
const ORT_NAMES: Readonly<Record<string, string>> = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
}

/** Set unless the user sets it: nodes must not silently run on the CPU if the list names the device alone. */
const NO_CPU_FALLBACK = 'session.disable_cpu_ep_fallback'
const GRAPH_OPTIONS = { cuda: 'enable_cuda_graph', webgpu: 'enableGraphCapture' } as const

/**
 * Loads the model with the first available provider. A provider that is skipped is reported by a process warning, once for each
 * reason.
 *
 * @throws the error of the last provider, or any error of a provider other than that it is unavailable
 */
async function openSession(
  engine: Engine,
  { model, externalData }: OwnedModel,
  options: ResolvedSessionOptions,
): Promise<{ session: EngineSession; provider: ProviderChoice }> {
  const { choices } = options.providers
  const skipped: string[] = []
  for (const [i, choice] of choices.entries()) {
    const provider = bare({ ...choice, names: providerNames(choice, options.settings.config) })
    try {
      checkAvailable(engine, provider)
      const { inlineRunBelowUs, runThreadSpinUs } = options
      const concurrentRuns = provider.settings === undefined ? options.concurrentRuns : 0
      const session = new engine.Session(inlineRunBelowUs, runThreadSpinUs, concurrentRuns)
      const settings = settingsFor(provider, options)
      await session
        .load(model, bare({ ...settings, ...(externalData && { externalData }) }))
        .catch((error: unknown) => {
          throw wrapModelError(error, model)
        })
      return { session, provider }
    } catch (thrown) {
      const error = wrapDeviceError(thrown, provider)
      if (!isUnavailable(error)) throw error
      const next = choices[i + 1]
      if (next === undefined) throw withSkipped(error, skipped)
      skipped.push(`'${provider.name}': ${firstLine(error)}`)
      warnOfFallback(provider, next, error, options.settings.enableGraphCapture === true)
    }
  }
  throw new Error('unreachable: a list has at least one provider')
}

function checkAvailable(engine: Engine, { name, settings }: ProviderChoice): void {
  if (name === 'cpu') return
  const unavailable = (reason: string, details: ConstructorParameters<typeof OrtError>[2]) =>
    new OrtError(
      'ERR_PROVIDER_UNAVAILABLE',
      `execution provider '${name}' is not available: ${reason}`,
      details,
    )
  if (settings === undefined) {
    throw unavailable('this version runs on the CPU, CUDA and WebGPU', {
      remedy: "Name 'cpu', 'cuda' or 'webgpu'",
    })
  }
  if (!engine.supports.devices) {
    throw unavailable(`the ${engine.name} engine runs on the CPU`, {
      remedy: "Install the native addon, or add 'cpu' to the list to run there",
    })
  }
  const available = engine.availableProviders()
  if (available.includes(ORT_NAMES[name]!)) return
  throw unavailable(`ONNX Runtime's library ${engine.library.path} was built without it`, {
    expected: ORT_NAMES[name]!,
    given: available.join(', '),
    remedy: "Name a build that has it by initialize({ libraryPath }), or add 'cpu' to the list to run there",
  })
}

/** ONNX Runtime's error of an arena does not say that the memory is the GPU's. */
function wrapDeviceError(error: unknown, { name }: ProviderChoice): unknown {
  if (name !== 'cuda' || !isOrtError(error) || error.code !== 'ERR_OUT_OF_MEMORY') return error
  const code = 'ERR_CUDA_OUT_OF_MEMORY'
  return new OrtError(code, 'the GPU has not enough memory for the session', {
    given: (error.cause as Error | undefined)?.message ?? error.message,
    remedy: DRIVER_REMEDIES[code]!,
    cause: error,
  })
}

/** With the CPU or without it, by the list, or by the user's own configuration entry of ONNX Runtime. */
function providerNames(
  { name, names, settings }: ProviderChoice,
  config: SessionSettings['config'],
): readonly string[] {
  const entry = config?.[NO_CPU_FALLBACK]
  if (settings === undefined || entry === undefined) return names
  return entry === '1' ? [name] : [name, 'cpu']
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

function optionsInUse(names: readonly string[], settings: SessionSettings['provider']) {
  const options = ({ name, deviceId, options }: ProviderSettings) =>
    name === 'cuda' ? { device_id: String(deviceId), ...options } : options
  return Object.freeze(
    Object.fromEntries(
      names.map((name) => [name, Object.freeze(name === settings?.name ? options(settings) : {})]),
    ),
  )
}

const warned = new Set<string>()

function warnOfFallback(from: ProviderChoice, to: ProviderChoice, error: OrtError, graphs: boolean): void {
  const without = graphs && to.name === 'cpu' ? ', which captures no graphs' : ''
  const message = `'${from.name}' of executionProviders is skipped: ${firstLine(error)}\nThe next of the list is '${to.name}'${without}.`
  if (warned.has(message)) return
  warned.add(message)
  process.emitWarning(message, { type: 'OnnxRuntimeIoBindingWarning', code: error.code })
}

/** The last error, with the reasons why the providers before it were skipped. */
function withSkipped(error: OrtError, skipped: readonly string[]): OrtError {
  if (skipped.length > 0) error.message += `\nSkipped before it:\n  ${skipped.join('\n  ')}`
  return error
}
