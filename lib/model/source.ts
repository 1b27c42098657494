import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { types } from 'node:util'
import { integer } from '../check'
import { argumentTypeError, describe, isOrtError, OrtError, OrtTypeError } from '../errors'

/** What a model is loaded from: the path of its file, or its bytes. */
export type ModelSource = string | Uint8Array

/** The source and the options among the arguments of `InferenceSession.create`, by onnxruntime-common's rules. */
export function modelArguments(args: readonly unknown[]): { source: ModelSource; options: object } {
  const [model, second, third, fourth] = args
  if (model === '' || (typeof model === 'string' && model.includes('\0')))
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'path' is not a path", { given: JSON.stringify(model) })
  if (typeof model === 'string' || types.isUint8Array(model))
    return { source: model, options: checkObject(second) }
  if (!types.isAnyArrayBuffer(model)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "Unexpected argument[0]: must be 'path' or 'buffer'", {
      given: describe(model),
    })
  }
  if (typeof second !== 'number') return { source: new Uint8Array(model), options: checkObject(second) }
  const offset = integer(0, model.byteLength - 1)(second, 'byteOffset')
  const rest = model.byteLength - offset
  const length = third === undefined ? rest : integer(1, rest)(third, 'byteLength')
  return { source: new Uint8Array(model, offset, length), options: checkObject(fourth) }
}

function checkObject(options: unknown = {}): object {
  if (typeof options === 'object' && options !== null) return options
  throw argumentTypeError('options', 'an object', options)
}

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
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) {
    return {
      given: `no file ${path}`,
      remedy: 'Name an existing file; a relative path starts at the working directory',
    }
  }
  if (stat.isDirectory())
    return { given: `the folder ${path}`, remedy: 'Name the file in it, usually model.onnx' }
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
