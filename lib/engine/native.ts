import { existsSync } from 'node:fs'
import { join } from 'node:path'

import bindings = require('bindings')

import { OrtError, type OrtErrorCode } from '../errors'
import type { Engine } from './engine'
import { findLibrary } from './library'
import { type EngineOptions, logSeverity } from './log'
import { arenaError, outputShapeError } from './ort-errors'
import { type CanLoad, DRIVER_REMEDIES, providerError } from './provider-errors'

/** What native/addon.cc registers. */
export interface Addon
  extends Pick<Engine, 'Session' | 'Binding' | 'Value' | 'availableProviders' | 'deviceMemory'> {
  setErrorFactory(factory: (code: OrtErrorCode, message: string) => Error): void
  openLibrary(path: string): { path: string; version: string }
  /**
   * Opens the library and creates the environment on another thread, so that `openLibrary` and `createEnvironment` have
   * nothing left to do; what fails is theirs to report.
   */
  preload(path: string, logSeverity: number): Promise<void>
  /** False where the process has its environment already. */
  createEnvironment(logSeverity: number, onLog?: EngineOptions['onLog']): boolean
  /** Opens a shared library for good. @throws OrtError `ERR_LIBRARY_NOT_FOUND` with the loader's reason */
  loadLibrary(path: string): void
  /** Appends the provider to session options that are then dropped: what fails is what a session would fail with. */
  appendProvider(name: 'cuda' | 'webgpu', options: Record<string, string>): void
  /** Whether memory of the addon's can be shown as ArrayBuffers: Electron's engine refuses. */
  externalBuffers(): boolean
  /** Blocks of host memory that exist now in the process. */
  liveBlocks(): number
}

const ROOT = join(__dirname, '..', '..')
const NAME = 'onnxruntime_iobinding'

/**
 * Where the addon may be, the first choice first. One that was built here is there because somebody wanted it, and is newer
 * than a prebuilt one. The last is for a bundle, which has this file in it, and the prebuilt addon beside it.
 */
function folders(): string[] {
  // Set by scripts/test-asan.mjs, which builds another one.
  const build = process.env.ONNXRUNTIME_IOBINDING_BUILD
  if (build !== undefined) return [join(ROOT, build, 'Release')]
  const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`)
  return [join(ROOT, 'build', 'Release'), join(ROOT, prebuilt), join(__dirname, prebuilt)]
}

/** The compiled addon, or the error that says why not. */
export function loadAddon(): Addon | OrtError {
  const tried: string[] = []
  for (const folder of folders()) {
    const path = join(folder, `${NAME}.node`)
    if (!existsSync(path)) {
      tried.push(`${path}: no such file`)
      continue
    }
    try {
      return bindings({ bindings: NAME, module_root: ROOT, try: [[folder, 'bindings']] }) as Addon
    } catch (cause) {
      // Not passed over: which addon runs must not depend on whether another one is broken.
      return notLoaded([...tried, `${path}: ${(cause as Error).message}`], cause)
    }
  }
  return notLoaded(tried)
}

function notLoaded(tried: readonly string[], cause?: unknown): OrtError {
  return new OrtError(
    'ERR_ADDON_NOT_LOADED',
    `the native addon could not be loaded:\n  ${tried.join('\n  ')}`,
    {
      remedy:
        'Install the package with a prebuilt addon for this platform (README lists them), or build it with `npm run build:native` in a checkout (needs CMake and a C++20 compiler)',
      ...(cause !== undefined && { cause }),
    },
  )
}

/** Does the slow part of opening the native engine off the event loop. */
export async function preloadNative(): Promise<void> {
  const addon = loadAddon()
  const candidate = addon instanceof Error ? undefined : findLibrary(undefined, [])
  if (!(addon instanceof Error) && candidate !== undefined)
    await addon.preload(candidate.path, logSeverity({}))
}

/** The native engine: the addon, over ONNX Runtime's library. */
export function openNative(addon: Addon, options: EngineOptions): Engine & { readonly addon: Addon } {
  addon.setErrorFactory((code, message) => explain(code, message, (name) => canLoad(addon, name)))
  const tried: string[] = []
  const candidate = findLibrary(options.libraryPath, tried)
  if (candidate === undefined) throw libraryError('ERR_LIBRARY_NOT_FOUND', tried)
  let library: { path: string; version: string }
  try {
    library = addon.openLibrary(candidate.path)
  } catch (cause) {
    const { code, message } = cause as OrtError
    throw libraryError(code, [...tried, `${candidate.path} (${candidate.source}): ${message}`], cause)
  }
  const created = addon.createEnvironment(logSeverity(options), options.onLog)
  if (!created && options.onLog !== undefined) {
    throw new OrtError('ERR_ALREADY_INITIALIZED', "the process's log goes elsewhere already", {
      remedy: 'Set onLog in the first thread that uses the package',
    })
  }
  return {
    name: 'native',
    addon,
    library,
    supports: { runSync: true, cancel: true, devices: true, externalBuffers: addon.externalBuffers() },
    Session: addon.Session,
    Binding: addon.Binding,
    Value: addon.Value,
    availableProviders: () => addon.availableProviders(),
    deviceMemory: (device, id) => addon.deviceMemory(device, id),
  }
}

function libraryError(code: OrtErrorCode, tried: readonly string[], cause?: unknown): OrtError {
  return new OrtError(code, `ONNX Runtime's library could not be opened:\n  ${tried.join('\n  ')}`, {
    expected: 'ONNX Runtime 1.24 or newer',
    remedy: 'Install onnxruntime-node, or name a library by initialize({ libraryPath }) or ORT_DYLIB_PATH',
    ...(cause !== undefined && { cause }),
  })
}

const REMEDIES: Partial<Record<OrtErrorCode, string>> = {
  ...DRIVER_REMEDIES,
  ERR_BUSY: 'Await the run, or use one binding for each run in flight',
  ERR_DEVICE_MISMATCH:
    "Bind host memory, or a value of the session's own device: value.copyTo(other) copies between them",
  ERR_GRAPH_CAPTURE:
    'Create the session with enableGraphCapture, and bind every output to memory that stays: createIoBinding(inputs, { outputs: { name: shape } })',
  ERR_NO_EXTERNAL_BUFFERS:
    'Use read() and write(), which copy; or bind memory that OrtValue.allocate or createIoBinding gave',
  ERR_GRAPH_CAPTURED: 'Call releaseCapture() first',
  ERR_MISSING_INPUT: 'Bind it, by createIoBinding or bindOrtValueInput',
  ERR_MISSING_OUTPUT:
    'Bind the outputs that are wanted, by createIoBinding, bindOutput or bindOrtValueOutput',
  ERR_DETACHED: 'Bind a typed array that stays where it is, or an OrtValue with memory of its own',
}

function explain(code: OrtErrorCode, message: string, canLoad: CanLoad): Error {
  const known = code.startsWith('ERR_ORT_')
    ? (outputShapeError(message) ?? providerError(message, canLoad) ?? arenaError(message))
    : undefined
  if (known !== undefined) return known
  const remedy = REMEDIES[code]
  return new OrtError(code, message, remedy !== undefined ? { remedy } : {})
}

function canLoad(addon: Addon, name: string): boolean {
  try {
    addon.loadLibrary(name)
    return true
  } catch {
    return false
  }
}
