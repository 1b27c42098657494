import { isAbsolute, resolve } from 'node:path'
import { URL } from 'node:url'
import { bare, boolean, type Check, checkOptions, integer, isRecord, property, string } from '../check'
import { checkSignal } from '../engine/abort'
import type { CompileSettings } from '../engine/compile'
import { warnOfUnknownKeys } from '../engine/config-keys'
import { engineAsync, followLogLevel } from '../engine/select'
import { argumentTypeError, OrtError, OrtTypeError } from '../errors'
import { checkModelFile, checkWrittenFile, modelArguments, urlPath } from '../model/source'
import { ownModel } from './bytes'
import { type Opens, openSession } from './create'
import { resolveInitializers } from './initializers'
import { resolveSessionOptions, type SessionOptions } from './options'

/** The session options that a compilation heeds. */
const SESSION_OPTIONS = [
  'customOpLibraries',
  'executionProviders',
  'externalData',
  'extra',
  'freeDimensionOverrides',
  'freeDimensionOverridesByDenotation',
  'graphOptimizationLevel',
  'initializers',
  'interOpNumThreads',
  'intraOpNumThreads',
  'logId',
  'logSeverityLevel',
  'logVerbosityLevel',
  'onLog',
  'providerSelectionPolicy',
  'signal',
  'transfer',
] as const satisfies readonly (keyof SessionOptions)[]

/** Options of {@link compileModel}: those of the model and its providers, as sessions take them, and those of the result. */
export interface CompileOptions extends Pick<SessionOptions, (typeof SESSION_OPTIONS)[number]> {
  /** The file that receives the compiled model, by its path or `file:` URL. Without it the call resolves to the model's bytes. */
  readonly to?: string | URL
  /**
   * Whether what the provider compiled is in the model itself, or in a file of the provider's beside it. Default: true for bytes,
   * false for a file.
   */
  readonly epContextEmbedMode?: boolean
  /** Where the provider's file goes, and the name that its own begins with, for bytes without `epContextEmbedMode`. */
  readonly epContextBinary?: { readonly directory: string; readonly modelName: string }
  /**
   * The file that receives initializers of nodes that were not compiled, by a path that is relative to the compiled model; with a
   * result of bytes, to the working directory. By default the model has them.
   */
  readonly externalInitializersFile?: string
  /** The bytes from which on an initializer goes into that file. Default 1024. */
  readonly externalInitializersSizeThreshold?: number
  /** Fails if the providers compile no node; by default such a model is written as it is. Default false. */
  readonly errorIfNoNodesCompiled?: boolean
  /** Fails if the file exists; by default it is replaced. Default false. */
  readonly errorIfOutputFileExists?: boolean
  /** Leaves the model's weights out of what the provider compiles, if it can. ONNX Runtime 1.29 or newer. Default false. */
  readonly weightless?: boolean
}

/** `OrtCompileApiFlags` */
const FLAGS = { errorIfNoNodesCompiled: 1, errorIfOutputFileExists: 2 } as const

const file: Check<string> = (value, name) => {
  const path = value instanceof URL ? urlPath(value, name) : string(value, name)
  if (path !== '') return /^file:/i.test(path) ? urlPath(path, name) : path
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' is empty`, { expected: 'the path of a file' })
}

const place: Check<{ directory: string; modelName: string }> = (value, name) => {
  const of = (key: string) => file(isRecord(value) ? property(value, key) : undefined, `${name}.${key}`)
  if (!isRecord(value)) throw argumentTypeError(name, 'an object', value)
  // ONNX Runtime takes the folder for a file without the separator.
  return { directory: of('directory').replace(/[\\/]?$/, '/'), modelName: of('modelName') }
}

const besideModel: Check<string> = (value, name) => {
  const path = file(value, name)
  if (!isAbsolute(path)) return path
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' is an absolute path`, {
    expected: 'a path that is relative to the folder of the compiled model',
    given: path,
  })
}

const given: Check<unknown> = (value) => value
const CHECKS = {
  ...(Object.fromEntries(SESSION_OPTIONS.map((name) => [name, given])) as {
    [K in (typeof SESSION_OPTIONS)[number]]: Check<unknown>
  }),
  to: file,
  epContextEmbedMode: boolean,
  epContextBinary: place,
  externalInitializersFile: besideModel,
  externalInitializersSizeThreshold: integer(0, Number.MAX_SAFE_INTEGER),
  errorIfNoNodesCompiled: boolean,
  errorIfOutputFileExists: boolean,
  weightless: boolean,
} as const satisfies Record<keyof CompileOptions, Check<unknown>>

/**
 * Compiles a model for the execution providers of the list, ahead of the sessions that load the result: nodes that a provider
 * compiles become an EPContext node with the provider's own form of them. Load it with the same providers. Without a provider that
 * compiles, as on the CPU, the result is the model itself.
 *
 * @param model as `InferenceSession.create` takes it
 * @throws OrtError `ERR_NOT_SUPPORTED` on the onnxruntime-node engine, `ERR_NOT_COMPILED`, `ERR_FILE_EXISTS`, and what
 *   `InferenceSession.create` throws
 * @example
 * const compiled = await compileModel('model.onnx', { executionProviders: ['cpu'] })
 * await using session = await InferenceSession.create(compiled)
 */
export function compileModel(
  model: string | URL | Uint8Array | ArrayBufferLike,
  options: CompileOptions & { readonly to: string | URL },
): Promise<undefined>
export function compileModel(
  model: string | URL | Uint8Array | ArrayBufferLike,
  options?: CompileOptions & { readonly to?: undefined },
): Promise<Uint8Array>
export function compileModel(
  model: string | URL | Uint8Array | ArrayBufferLike,
  options?: CompileOptions,
): Promise<Uint8Array | undefined>
export async function compileModel(model: unknown, given?: CompileOptions): Promise<Uint8Array | undefined> {
  const { source, options } = modelArguments([model, given ?? {}])
  const checked = checkOptions(options, CHECKS, 'option of compileModel')
  const names = SESSION_OPTIONS.filter((name) => checked[name] !== undefined)
  const resolved = resolveSessionOptions(Object.fromEntries(names.map((name) => [name, checked[name]])))
  const owned = ownModel(source, resolved.settings.externalData, resolved.transfer)
  const { to } = checked
  const [engine] = await Promise.all([
    engineAsync(),
    checkModelFile(source),
    to !== undefined && checkWrittenFile(to, 'to'),
  ])
  followLogLevel(engine)
  const signal = checkSignal(engine, resolved.signal, 'a compilation')
  const { graphOptimizationLevel = 0, ...settings } = {
    ...resolved.settings,
    ...resolveInitializers(owned.model, resolved.initializers),
  }
  warnOfUnknownKeys(settings.config ?? {}, 'session', engine.library.version)
  const compile = compileSettings(checked, graphOptimizationLevel)
  const run: Opens<ArrayBuffer | undefined> = (session, bytes, its) =>
    session.compile(bytes, its, compile).catch((error: unknown) => {
      throw compileError(error, resolved.providers.choices[0]!.names, to)
    })
  const { result } = await openSession(engine, owned, { ...resolved, settings }, signal, run)
  return result && new Uint8Array(result)
}

type Checked = ReturnType<typeof checkOptions<typeof CHECKS>>

function compileSettings(checked: Checked, graphOptimizationLevel: number): CompileSettings {
  const { to, epContextBinary, externalInitializersFile } = checked
  const flags = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).filter((name) => checked[name] === true)
  return bare({
    ...(to !== undefined && { to }),
    ...(externalInitializersFile !== undefined && { externalInitializersFile }),
    ...(epContextBinary !== undefined && { epContextBinary }),
    externalInitializersSizeThreshold: checked.externalInitializersSizeThreshold ?? 1024,
    epContextEmbedMode: checked.epContextEmbedMode ?? to === undefined,
    flags: flags.reduce((all, name) => all | FLAGS[name], 0),
    graphOptimizationLevel,
    weightless: checked.weightless ?? false,
  })
}

/** ONNX Runtime has one code for all of them. */
function compileError(error: unknown, names: readonly string[], to: string | undefined): unknown {
  const { code, message } = error as Error & { code?: string }
  if (code !== 'ERR_ORT_FAIL') return error
  if (message.includes('Unable to compile any nodes')) {
    return new OrtError('ERR_NOT_COMPILED', "no node was compiled, which 'errorIfNoNodesCompiled' asks for", {
      expected: 'a provider that compiles nodes of the model',
      given: names.map((name) => `'${name}'`).join(', '),
      remedy:
        "Name such a provider in 'executionProviders', or omit the option for a model that is not compiled",
      cause: error,
    })
  }
  if (!message.includes('exists already')) return error
  return new OrtError(
    'ERR_FILE_EXISTS',
    "'to' names a file that exists, which 'errorIfOutputFileExists' forbids",
    {
      ...(to !== undefined && { given: resolve(to) }),
      remedy: 'Remove the file, or omit the option to replace it',
      cause: error,
    },
  )
}
