import { isRecord } from '../check'
import type { ExecutionProvider } from '../device/providers'
import type { SessionOptions } from '../session/options'
import type { RunOptions } from '../session/request'

/** The session options that onnxruntime-node reads, and those of this package that concern `session.run`. */
const SESSION_OPTIONS = [
  'enableCpuMemArena',
  'enableMemPattern',
  'enableProfiling',
  'executionMode',
  'executionProviders',
  'externalData',
  'extra',
  'graphOptimizationLevel',
  'ignoreUnknownFeeds',
  'inlineRunBelowUs',
  'interOpNumThreads',
  'intraOpNumThreads',
  'logId',
  'logSeverityLevel',
  'logVerbosityLevel',
  'maxRunPlanBytes',
  'optimizedModelFilePath',
  'preferredOutputLocation',
  'profileFilePrefix',
  'runThreadSpinUs',
] as const satisfies (keyof SessionOptions)[]

const RUN_OPTIONS = [
  'extra',
  'logSeverityLevel',
  'logVerbosityLevel',
  'signal',
  'tag',
  'terminate',
] as const satisfies (keyof RunOptions)[]

/** onnxruntime-node lets nodes run on the CPU that a device has no kernel for. */
const CPU_FALLBACK = { 'session.disable_cpu_ep_fallback': '0' }

/** What onnxruntime-node makes of a program's options: it ignores the others, and feeds that the model does not have. */
export function sessionOptions(given: Readonly<Record<string, unknown>>): SessionOptions {
  const options: SessionOptions = { ignoreUnknownFeeds: true, ...pick(given, SESSION_OPTIONS) }
  if (!options.executionProviders?.some(isDevice)) return options
  return { ...options, extra: { ...CPU_FALLBACK, ...options.extra } }
}

export function runOptions(given: Readonly<Record<string, unknown>>): RunOptions {
  return pick(given, RUN_OPTIONS)
}

/** The providers that a session's options name. */
export function providerNames(given: Readonly<Record<string, unknown>> = {}): string[] {
  const { executionProviders: providers } = given as SessionOptions
  return (providers ?? []).map(providerName)
}

function isDevice(provider: ExecutionProvider): boolean {
  return providerName(provider) !== 'cpu'
}

function providerName(provider: ExecutionProvider): string {
  return isRecord(provider) ? String(provider.name) : String(provider)
}

/** onnxruntime-common passes a proxy, whose `executionProviders` are those of its target. */
function pick<K extends string>(given: Readonly<Record<string, unknown>>, names: readonly K[]) {
  const picked: Record<string, unknown> = {}
  for (const name of names) if (given[name] !== undefined && given[name] !== null) picked[name] = given[name]
  return picked as { readonly [N in K]?: never }
}
