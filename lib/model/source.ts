import { closeSync, openSync, readSync, type Stats, stat, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, URL } from 'node:url'
import { types } from 'node:util'
import { bufferBytes, integer } from '../check'
import type { SessionSettings } from '../engine/engine'
import { argumentTypeError, describe, isOrtError, OrtError, OrtTypeError } from '../errors'

/** What a model is loaded from: the path of its file, or its bytes. */
export type ModelSource = string | Uint8Array

/** The source and the options among the arguments of `InferenceSession.create`, by onnxruntime-common's rules. */
export function modelArguments(args: readonly unknown[]): { source: ModelSource; options: object } {
  const [given, second, third, fourth] = args
  const model = isFileUrl(given) ? urlPath(given) : given
  if (model === '' || (typeof model === 'string' && model.includes('\0')))
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'path' is not a path", { given: JSON.stringify(model) })
  if (typeof model === 'string' || types.isUint8Array(model))
    return { source: model, options: checkObject(second) }
  if (!types.isAnyArrayBuffer(model)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "Unexpected argument[0]: must be 'path' or 'buffer'", {
      given: describe(model),
    })
  }
  const bytes = bufferBytes(model, 'buffer')
  if (typeof second !== 'number') return { source: bytes, options: checkObject(second) }
  const offset = integer(0, bytes.length - 1)(second, 'byteOffset')
  const rest = bytes.length - offset
  const length = third === undefined ? rest : integer(1, rest)(third, 'byteLength')
  return { source: bytes.subarray(offset, offset + length), options: checkObject(fourth) }
}

/** A URL, or the text of one. */
function isFileUrl(given: unknown): given is URL | string {
  if (typeof given === 'string') return /^file:/i.test(given)
  return given instanceof URL
}

/** The path of a `file:` URL, which the argument or option `name` gives. */
export function urlPath(url: URL | string, name = 'path'): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' is not the URL of a file`, {
      expected: 'such as file:///models/model.onnx',
      given: describe(String(url)),
      remedy: 'Read the model yourself, and pass its bytes',
      cause,
    })
  }
}

function checkObject(options: unknown = {}): object {
  if (typeof options === 'object' && options !== null) return options
  throw argumentTypeError('options', 'an object', options)
}

/** What a path can name in place of a regular file. */
const OTHER_FILES = [
  ['isDirectory', 'folder'],
  ['isFIFO', 'FIFO'],
  ['isCharacterDevice', 'device'],
  ['isBlockDevice', 'device'],
  ['isSocket', 'socket'],
] as const satisfies [keyof Stats, string][]
type OtherFile = (typeof OTHER_FILES)[number][1]

const READ_IT = 'Read it yourself, and pass its bytes'
const MODEL_REMEDIES: Readonly<Record<OtherFile, string>> = {
  folder: 'Name the file in it, usually model.onnx',
  FIFO: READ_IT,
  device: READ_IT,
  socket: 'Name a file',
}

/** @throws OrtError `ERR_INVALID_ARG_VALUE` for the path of anything but a regular file */
export async function checkModelFile(source: ModelSource): Promise<void> {
  if (typeof source === 'string')
    await checkRegularFile(source, 'the path of the model', (other) => MODEL_REMEDIES[other])
}

/** What a load writes, by the settings. @throws as `checkModelFile` */
export async function checkWrittenFiles({ optimizedModelFilePath, config }: SessionSettings): Promise<void> {
  if (optimizedModelFilePath === undefined) return
  await checkWrittenFile(optimizedModelFilePath, 'optimizedModelFilePath')
  const weights = config?.[WEIGHTS]
  if (weights === undefined) return
  await checkWrittenFile(resolve(dirname(optimizedModelFilePath), weights), WEIGHTS)
}

/** @param name of the option or argument. @throws as `checkModelFile` */
export async function checkWrittenFile(path: string, name: string): Promise<void> {
  await checkRegularFile(path, `'${name}'`, () => 'Name a file, which need not exist')
}

/** The name of a file beside the optimized model. */
const WEIGHTS = 'session.optimized_model_external_initializers_file_name'

/**
 * ONNX Runtime would wait for the other end of a FIFO, for ever perhaps, and such a load cannot be canceled. It refuses what is
 * not regular itself where a model names a file of weights.
 */
async function checkRegularFile(path: string, name: string, remedy: (other: OtherFile) => string) {
  const found = await statFile(path) // ONNX Runtime reports what cannot be opened
  const other = found && OTHER_FILES.find(([is]) => found[is]())
  if (other === undefined) return
  const [, kind] = other
  const given = `the ${kind} ${resolve(path)}`
  const details = { expected: 'a regular file', given, remedy: remedy(kind) }
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `${name} does not name a file`, details)
}

/** Without fs.promises, which takes milliseconds to load. */
const statFile = (path: string) =>
  new Promise<Stats | undefined>((settle) => stat(path, (error, found) => settle(error ? undefined : found)))

interface Found {
  readonly given: string
  readonly remedy: string
}

/**
 * The error of a source that is not a model. ONNX Runtime's own error names neither the absolute path nor what the file
 * contains.
 */
export function wrapModelError(error: unknown, source: ModelSource): unknown {
  if (!isOrtError(error) || !error.code.startsWith('ERR_ORT_')) return error
  const found = typeof source === 'string' ? tryToLookAt(source) : identify(source, `${source.length} bytes`)
  if (found === undefined) return error
  const details = { expected: 'an ONNX model', ...found, cause: error }
  return new OrtError(error.code, 'the model could not be loaded', details)
}

/** The working directory, and any part of the path, may not exist or not be accessible. */
function tryToLookAt(source: string): Found | undefined {
  try {
    return lookAt(resolve(source))
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    return {
      given: `${describe(source)}, which cannot be read (${code}, ${syscall})`,
      remedy: 'Name a file that this process can read',
    }
  }
}

function lookAt(path: string): Found | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    return {
      given: `no file ${path}`,
      remedy: 'Name an existing file; a relative path starts at the working directory',
    }
  }
  return identify(firstBytes(path), path)
}

function firstBytes(path: string): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(64)
    return bytes.subarray(0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}

/** @param where a path, or a number of bytes */
function identify(bytes: Uint8Array, where: string): Found | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString('latin1')
  if (text === '') return { given: `nothing: ${where}`, remedy: 'Download or export the model again' }
  if (text.startsWith('version https://git-lfs'))
    return { given: `a pointer of Git LFS: ${where}`, remedy: 'Run git lfs pull' }
  if (!/^\s*<(!DOCTYPE|html|\?xml)/i.test(text)) return undefined
  return {
    given: `a page of HTML or XML: ${where}`,
    remedy: 'Download the model again: the address returned a web page',
  }
}
