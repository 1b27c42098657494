import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isOrtError, OrtError } from '../errors'

interface Found {
  readonly given: string
  readonly remedy: string
}

/**
 * What a session failed with, where it was given something else than a model: ONNX Runtime says that a file is not there, or that
 * parsing failed, and neither where it looked nor what it found.
 */
export function wrapModelError(error: unknown, model: string | Uint8Array): unknown {
  if (!isOrtError(error) || !error.code.startsWith('ERR_ORT_')) return error
  const found = typeof model === 'string' ? lookAt(resolve(model)) : whatIs(model, `${model.length} bytes`)
  if (found === undefined) return error
  return new OrtError(error.code, 'the model could not be loaded', {
    expected: 'an ONNX model',
    ...found,
    cause: error,
  })
}

function lookAt(path: string): Found | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) {
    return {
      given: `no file ${path}`,
      remedy: 'Name one that is there; a relative path starts at the working directory',
    }
  }
  if (stat.isDirectory()) {
    return { given: `the folder ${path}`, remedy: 'Name the file in it, mostly model.onnx' }
  }
  return whatIs(firstBytes(path), path)
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
function whatIs(bytes: Uint8Array, where: string): Found | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString('latin1')
  if (text === '') return { given: `nothing: ${where}`, remedy: 'Download or export the model anew' }
  if (text.startsWith('version https://git-lfs')) {
    return { given: `a pointer of Git LFS: ${where}`, remedy: 'Run git lfs pull' }
  }
  if (/^\s*<(!DOCTYPE|html|\?xml)/i.test(text)) {
    return {
      given: `a page of HTML or XML: ${where}`,
      remedy: 'Download the model anew: the address gave a page in its place',
    }
  }
  return undefined
}
