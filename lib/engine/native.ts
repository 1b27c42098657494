import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { bare } from '../check'
import { OrtError, type OrtErrorCode } from '../errors'
import { unpacked } from './asar'
import { processCpus } from './cpus'
import { openLibrary } from './cuda-libraries'
import type { Engine } from './engine'
import { lendEventLoop, type Turning } from './event-loop'
import { type Candidate, findLibrary } from './library'
import { type EngineOptions, isReceiving, LOG_LEVELS, logSeverity, receiveLog, relayTo } from './log'
import { loadError, outputShapeError, RESOURCE_REMEDIES, resourceError } from './ort-errors'
import { OWN_FILE } from './own-file'
import { type CanLoad, DRIVER_REMEDIES, providerError } from './provider-errors'

/** The functions and classes that native/addon.cc registers. */
export interface Addon
  extends Turning,
    Pick<
      Engine,
      | 'Session'
      | 'Binding'
      | 'RunOptions'
      | 'SharedWeights'
      | 'Value'
      | 'availableProviders'
      | 'deviceMemory'
      | 'buildInfo'
      | 'memoryStats'
      | 'epDevices'
      | 'openSharedMemory'
      | 'shareMemory'
      | 'modelCompatibility'
      | 'registerExecutionProviderLibrary'
      | 'unregisterExecutionProviderLibrary'
    > {
  /** `factory` makes the errors that the addon throws. */
  setErrorFactory(factory: (code: OrtErrorCode, message: string, remedy?: string) => Error): void
  /**
   * Stops the thread's runs and loads at the 'exit' event of `process`; on the main thread also those of the workers. One
   * listener, however often it is called. `isMainThread` is called where other threads have loaded the addon.
   */
  listenForExit(isMainThread: () => boolean): void
  /** So many runs of the process's sessions may be done at a time before one waits for another's end. */
  reserveThreads(threads: number): void
  /** Turns ONNX Runtime's telemetry off, before the library is opened; returns whether the process has it on. */
  allowTelemetry(allowed: boolean): boolean
  openLibrary(path: string): { path: string; version: string }
  /**
   * Opens the library and creates the environment on another thread, before `openLibrary` and `createEnvironment`, which
   * report what failed.
   */
  preload(path: string, logSeverity: number): Promise<void>
  /** False if the process already has an environment. */
  createEnvironment(
    logSeverity: number,
    onLog?: EngineOptions['onLog'],
    threads?: EngineOptions['threadPool'],
  ): boolean
  /** Whether the process's environment has threads that sessions share. */
  hasSharedThreads(): boolean
  /** Makes the arena that sessions share, by ONNX Runtime's keys. Once a process. */
  registerArena(entries: Readonly<Record<string, number>>): void
  log(severity: number, message: string): void
  /** False, and nothing changes, if the process's log was set to another level before, unless it may `change`. */
  setLogLevel(logSeverity: number, change: boolean): boolean
  /** Opens a shared library and never closes it. @throws OrtError `ERR_LIBRARY_NOT_FOUND` with the loader's reason */
  loadLibrary(path: string): void
  /** Appends the provider to session options and drops them. Fails as a session would. */
  appendProvider(name: 'cuda' | 'webgpu', options: Record<string, string>): void
  /** Whether V8 accepts ArrayBuffers over memory that it did not allocate. Electron's does not. */
  externalBuffers(): boolean
  /** Number of live blocks of host memory in the process. */
  liveBlocks(): number
}

/** The package's folder: the compiled library's files are in dist/ itself. */
const ROOT = join(__dirname, '..')
const NAME = 'onnxruntime_iobinding'
/** A run may wait for memory, or for ONNX Runtime's own threads. */
const THREADS_PER_CPU = 2
const bindings = require('bindings') as typeof import('bindings')

/**
 * Folders that may contain the addon, in order of preference. An addon built here is newer than a prebuilt one. The last
 * folder is for a bundle, which contains this file and has the prebuilt addon beside it.
 */
function folders(): string[] {
  const prebuilt = join('prebuilds', `${platform()}-${arch()}`)
  if (OWN_FILE === process.execPath) return [join(dirname(OWN_FILE), prebuilt)]
  // Set by scripts/sanitizers and scripts/coverage, which build addons of their own. An installed package ignores it.
  const build = process.env.ONNXRUNTIME_IOBINDING_BUILD
  if (build !== undefined && existsSync(join(ROOT, 'CMakeLists.txt'))) return [join(ROOT, build, 'Release')]
  return [
    join(ROOT, 'build', 'Release'),
    // Tracers of deployments (@vercel/nft) evaluate this expression, and ship the folder.
    join(__dirname, '..', prebuilt),
    join(__dirname, prebuilt),
  ]
}

/** The addon, or the error that explains why it cannot be loaded. */
export function loadAddon(): Addon | OrtError {
  const tried: string[] = []
  for (const folder of folders()) {
    const path = unpacked(join(folder, `${NAME}.node`))
    if (!existsSync(path)) {
      tried.push(`${path}: no such file`)
      continue
    }
    try {
      const addon = open(path)
      addon.listenForExit(isMainThread)
      lendEventLoop(addon)
      return addon
    } catch (cause) {
      const { code, message } = cause as OrtError
      if (code === 'ERR_OUT_OF_MEMORY')
        return new OrtError(code, message, { remedy: RESOURCE_REMEDIES[code]!, cause })
      // No fallback to the next folder: a broken addon must not change which one runs.
      return notLoaded([...tried, `${path}: ${(cause as Error).message}`], cause)
    }
  }
  return notLoaded(tried)
}

function open(path: string): Addon {
  // In a single executable, bindings' own `require` knows the modules of Node.js alone.
  if (OWN_FILE === process.execPath) return Object.assign(createRequire(path)(path), { path }) as Addon
  // One path to try. `module_root` is not part of it; without it bindings would look for the package's folder.
  return bindings({ bindings: NAME, module_root: ROOT, try: [[dirname(path), 'bindings']] }) as Addon
}

/** Node.js takes milliseconds to load node:worker_threads, which few processes need at their end. */
function isMainThread(): boolean {
  return (require('node:worker_threads') as typeof import('node:worker_threads')).isMainThread
}

/** Node.js's permission model, or its option --no-addons: onnxruntime-node would be refused too. */
export const isRefused = ({ cause }: Error): boolean =>
  (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_DLOPEN_DISABLED'

function notLoaded(tried: readonly string[], cause?: unknown): OrtError {
  return new OrtError(
    'ERR_ADDON_NOT_LOADED',
    `the native addon could not be loaded:\n  ${tried.join('\n  ')}`,
    {
      remedy: isRefused({ cause } as Error)
        ? 'Start Node.js with --allow-addons, and without --no-addons'
        : 'Install the package with a prebuilt addon for this platform (README lists them), or build it with `npm run build:native` in a checkout (needs CMake and a C++20 compiler)',
      ...(cause !== undefined && { cause }),
    },
  )
}

/** The addon and ONNX Runtime's library. */
export interface NativeFiles {
  readonly addon: Addon
  readonly library: Candidate
  /** What was found before it, and does not suit. */
  readonly tried: readonly string[]
}

/** Finds both. @throws OrtError `ERR_LIBRARY_NOT_FOUND` */
export function findNative(addon: Addon, libraryPath?: string): NativeFiles {
  const tried: string[] = []
  const library = findLibrary(libraryPath, tried)
  if (library === undefined) throw libraryError('ERR_LIBRARY_NOT_FOUND', tried)
  return { addon, library, tried }
}

/** Does the slow part of opening the native engine on another thread. */
export async function preloadNative({ addon, library }: NativeFiles): Promise<void> {
  addon.allowTelemetry(false)
  await addon.preload(library.path, logSeverity(bare({})))
}

/** The native engine. */
export function openNative(
  { addon, library: candidate, tried }: NativeFiles,
  options: EngineOptions,
): Engine & { readonly addon: Addon } {
  addon.setErrorFactory((code, message, remedy) =>
    toError(
      code,
      message,
      remedy ?? DRIVER_REMEDIES[code] ?? RESOURCE_REMEDIES[code],
      (name) => openLibrary(addon, name) === undefined,
    ),
  )
  const telemetry = options.telemetry ?? false
  if (!addon.allowTelemetry(telemetry) && telemetry) {
    throw new OrtError('ERR_ALREADY_INITIALIZED', "the process's telemetry is off already", {
      remedy: 'Set telemetry in the first thread that uses the package',
    })
  }
  let library: { path: string; version: string }
  try {
    library = addon.openLibrary(candidate.path)
  } catch (cause) {
    const { code, message } = cause as OrtError
    throw libraryError(code, [...tried, `${candidate.path} (${candidate.source}): ${message}`], cause)
  }
  const relay = options.onLog && relayTo(addon)
  const created = addon.createEnvironment(logSeverity(options), relay, options.threadPool)
  if (!created && options.onLog !== undefined && !isReceiving(addon)) {
    throw new OrtError('ERR_ALREADY_INITIALIZED', "the process's log already has a receiver", {
      remedy: 'Set onLog in the first thread that uses the package',
    })
  }
  if (options.onLog !== undefined) receiveLog(addon, options.onLog)
  if (options.logLevel !== undefined && !addon.setLogLevel(logSeverity(options), false)) {
    throw new OrtError('ERR_ALREADY_INITIALIZED', "the process's log has another level already", {
      given: options.logLevel,
      remedy: 'Set the same logLevel in every thread, or only in one',
    })
  }
  shareResources(addon, options, created)
  addon.reserveThreads(THREADS_PER_CPU * processCpus().available)
  return {
    name: 'native',
    addon,
    library,
    supports: {
      runSync: true,
      cancel: true,
      devices: true,
      overridableInitializers: true,
      sharedArena: true,
      externalBuffers: addon.externalBuffers(),
    },
    Session: addon.Session,
    Binding: addon.Binding,
    RunOptions: addon.RunOptions,
    SharedWeights: addon.SharedWeights,
    Value: addon.Value,
    receiveLog: (onLog) => receiveLog(addon, onLog),
    log: (level, message) => addon.log(LOG_LEVELS.indexOf(level), message),
    setLogLevel: (level) => addon.setLogLevel(LOG_LEVELS.indexOf(level), true),
    buildInfo: () => addon.buildInfo(),
    memoryStats: () => addon.memoryStats(),
    availableProviders: () => addon.availableProviders(),
    deviceMemory: (device, id) => addon.deviceMemory(device, id),
    registerExecutionProviderLibrary: (name, path) => addon.registerExecutionProviderLibrary(name, path),
    unregisterExecutionProviderLibrary: (name) => addon.unregisterExecutionProviderLibrary(name),
    epDevices: () => addon.epDevices(),
    shareMemory: (value) => addon.shareMemory(value),
    openSharedMemory: (type, dims, id, handle) => addon.openSharedMemory(type, dims, id, handle),
    modelCompatibility: (model, info, provider, devices) =>
      addon.modelCompatibility(model, info, provider, devices),
  }
}

/** @throws OrtError `ERR_ALREADY_INITIALIZED` where another thread, or onnxruntime-node, made the environment first */
function shareResources(addon: Addon, { threadPool, arena }: EngineOptions, created: boolean): void {
  const refused = (what: string, remedy: string) =>
    new OrtError('ERR_ALREADY_INITIALIZED', `the process's environment has ${what}`, { remedy })
  if (threadPool !== undefined && !(created && addon.hasSharedThreads())) {
    throw refused(
      'no such threads',
      'Set threadPool in the first thread that uses the package, before onnxruntime-node is used',
    )
  }
  if (arena === undefined) return
  if (addon.memoryStats() !== undefined) throw refused('a shared arena already', 'Set arena in one thread')
  addon.registerArena(arena)
}

function libraryError(code: OrtErrorCode, tried: readonly string[], cause?: unknown): OrtError {
  return new OrtError(code, `ONNX Runtime's library could not be opened:\n  ${tried.join('\n  ')}`, {
    expected: 'ONNX Runtime 1.24 or newer',
    remedy:
      'Install onnxruntime-node beside this package or the main script, or name a library by initialize({ libraryPath }) or ORT_DYLIB_PATH',
    ...(cause !== undefined && { cause }),
  })
}

function toError(code: OrtErrorCode, message: string, remedy: string | undefined, canLoad: CanLoad): Error {
  const known = code.startsWith('ERR_ORT_')
    ? (outputShapeError(message) ??
      providerError(message, canLoad) ??
      resourceError(message) ??
      loadError(code, message))
    : undefined
  return known ?? new OrtError(code, message, remedy !== undefined ? { remedy } : {})
}
