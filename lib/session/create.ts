import type { BindingHost } from '../binding/host'
import { bare } from '../check'
import { availableSettings, wrapProviderError } from '../device/available'
import type { SessionDevice } from '../device/device'
import { shortName } from '../device/provider-names'
import type { ProviderChoice } from '../device/providers'
import { abortable, checkSignal } from '../engine/abort'
import { warnOfUnknownKeys } from '../engine/config-keys'
import { LOADS } from '../engine/diagnostics'
import type { Engine, EngineSession, ProviderSettings, SessionSettings } from '../engine/engine'
import { isUnavailable } from '../engine/provider-errors'
import { engineAsync, followLogLevel } from '../engine/select'
import { firstLine, type OrtError } from '../errors'
import { SessionIO } from '../model/io'
import {
  checkModelFile,
  checkWrittenFiles,
  type ModelSource,
  modelArguments,
  wrapModelError,
} from '../model/source'
import { type OwnedModel, ownModel } from './bytes'
import { resolveInitializers } from './initializers'
import { type OutputLocation, resolveLocations } from './locations'
import { type ResolvedSessionOptions, resolveSessionOptions } from './options'
import { loadInArena, useArena } from './shared-resources'
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
  if (!LOADS.observed) return load(source, options)
  return LOADS.observe(
    { model: namedModel(source) },
    () => load(source, options),
    (_, { engine, executionProviders }) => ({ engine: engine.name, executionProviders }),
  )
}

const namedModel = (source: ModelSource) => (typeof source === 'string' ? source : undefined)

async function load(source: ModelSource, options: object): Promise<LoadedSession> {
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
  const signal = checkSignal(engine, resolved.signal, 'a load')
  warnOfUnknownKeys(settings.config ?? {}, 'session', engine.library.version)
  const open = () =>
    openSession<void>(engine, owned, { ...resolved, settings }, signal, (session, model, settings) =>
      session.load(model, settings),
    )
  const { session, provider, own } = await (resolved.arena ? loadInArena(engine, open) : open())
  try {
    const inputs = new SessionIO('input', session.inputs())
    const outputs = new SessionIO('output', session.outputs())
    const device: SessionDevice = Object.freeze(session.device())
    const locations = resolveLocations(resolved.preferredLocation, outputs, device)
    const { ignoreUnknownFeeds, maxRunPlanBytes } = resolved
    const executionProviders = Object.freeze(selectedNames(session, resolved) ?? provider.names)
    const loaded: LoadedSession = {
      engine,
      session,
      inputs,
      outputs,
      device,
      model: namedModel(source),
      wrongShapes: new Set(),
      executionProviders,
      providerOptions: optionsInUse(executionProviders, own),
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

/** Set unless the user sets it: nodes must not silently run on the CPU if the list names the device alone. */
const NO_CPU_FALLBACK = 'session.disable_cpu_ep_fallback'
const GRAPH_OPTIONS = { cuda: 'enable_cuda_graph', webgpu: 'enableGraphCapture' } as const

/** What is done with the model: it is loaded, or compiled. */
export type Opens<T> = (
  session: EngineSession,
  model: string | Uint8Array,
  settings: SessionSettings,
) => Promise<T>

/**
 * Opens the model with the first available provider. A provider that is skipped is reported by a process warning, once for each
 * reason.
 *
 * @throws the error of the last provider, or any error of a provider other than that it is unavailable
 */
export async function openSession<T>(
  engine: Engine,
  { model, externalData }: OwnedModel,
  options: ResolvedSessionOptions,
  signal: AbortSignal | undefined,
  open: Opens<T>,
): Promise<{
  session: EngineSession
  provider: ProviderChoice
  own: ProviderSettings | undefined
  result: T
}> {
  const { choices } = options.providers
  const skipped: string[] = []
  for (const [i, choice] of choices.entries()) {
    const provider = bare({ ...choice, names: providerNames(choice, options.settings.config) })
    try {
      const own = availableSettings(engine, provider)
      const { inlineRunBelowUs, runThreadSpinUs, pollEventLoopUs, inlineOnIdleLoopBelowUs } = options
      // Other providers may not run at several places at a time.
      const onCpu = own === undefined && options.settings.providerSelectionPolicy === undefined
      const session = new engine.Session(
        inlineRunBelowUs,
        runThreadSpinUs,
        onCpu ? options.concurrentRuns : 0,
        pollEventLoopUs,
        inlineOnIdleLoopBelowUs,
      )
      const settings = settingsFor(provider, own, options)
      const opening = open(session, model, bare({ ...settings, ...(externalData && { externalData }) }))
      const result = await (signal === undefined ? opening : cancelable(session, opening, signal)).catch(
        (error: unknown) => {
          throw wrapModelError(error, model)
        },
      )
      return { session, provider, own: settings.provider, result }
    } catch (thrown) {
      const error = wrapProviderError(thrown, provider)
      if (!isUnavailable(error)) throw error
      const next = choices[i + 1]
      if (next === undefined) throw withSkipped(error, skipped)
      skipped.push(`'${provider.name}': ${firstLine(error)}`)
      warnOfFallback(provider, next, error, options.settings.enableGraphCapture === true)
    }
  }
  throw new Error('unreachable: a list has at least one provider')
}

/** A session that was loaded when its signal aborted is released. */
async function cancelable<T>(session: EngineSession, loading: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await abortable(loading, signal, () => session.cancelLoad())
  } catch (error) {
    await loading.then(
      () => session.release(),
      () => {},
    )
    throw error
  }
}

/** The providers that ONNX Runtime selected by a policy, which are those that it assigned nodes to. */
function selectedNames(session: EngineSession, { settings }: ResolvedSessionOptions): string[] | undefined {
  if (settings.providerSelectionPolicy === undefined) return undefined
  const names = session.graphAssignment()!.map(({ provider }) => shortName(provider) ?? provider)
  return [...new Set(names)]
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

function settingsFor(
  { names, blockingWait }: ProviderChoice,
  own: ProviderSettings | undefined,
  options: ResolvedSessionOptions,
): SessionSettings {
  const { enableGraphCapture, ...settings } = options.settings
  if (own === undefined) return settings
  const captures = enableGraphCapture && own.device !== undefined
  return {
    ...settings,
    ...(!names.includes('cpu') && { config: { ...settings.config, [NO_CPU_FALLBACK]: '1' } }),
    provider: captures ? { ...own, options: { ...own.options, [GRAPH_OPTIONS[own.device]]: '1' } } : own,
    ...(captures && { enableGraphCapture }),
    ...(blockingWait !== undefined && { blockingWait }),
  }
}

function optionsInUse(names: readonly string[], settings: ProviderSettings | undefined) {
  const options = ({ device, deviceId, options }: ProviderSettings) =>
    device === 'cuda' ? { device_id: String(deviceId), ...options } : options
  const own = settings && (shortName(settings.name) ?? settings.name)
  return Object.freeze(
    Object.fromEntries(
      names.map((name) => [name, Object.freeze(settings && name === own ? options(settings) : {})]),
    ),
  )
}

const warned = new Set<string>()

function warnOfFallback(from: ProviderChoice, to: ProviderChoice, error: OrtError, graphs: boolean): void {
  const without = graphs && to.settings?.device === undefined ? ', which captures no graphs' : ''
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
