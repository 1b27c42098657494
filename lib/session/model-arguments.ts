import { describe, OrtRangeError, OrtTypeError } from '../errors'
import type { SessionOptions } from './options'

export interface ModelArguments {
  /** A path, or the bytes. */
  readonly model: string | Uint8Array
  readonly options: SessionOptions
}

/** Sorts out the overloads of `InferenceSession.create` by onnxruntime-common's rules. */
export function modelArguments(args: readonly unknown[]): ModelArguments {
  const [model, second, third, fourth] = args
  if (model === '' || (typeof model === 'string' && model.includes('\0'))) {
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'path' is not a path", { given: JSON.stringify(model) })
  }
  if (typeof model === 'string' || model instanceof Uint8Array)
    return { model, options: checkOptions(second) }
  if (!(model instanceof ArrayBuffer || model instanceof SharedArrayBuffer)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "Unexpected argument[0]: must be 'path' or 'buffer'", {
      given: describe(model),
    })
  }
  if (typeof second !== 'number') return { model: new Uint8Array(model), options: checkOptions(second) }
  const offset = checkRange(second, 'byteOffset', 0, model.byteLength - 1)
  const rest = model.byteLength - offset
  if (third !== undefined && typeof third !== 'number') {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'byteLength' must be a number", {
      given: describe(third),
    })
  }
  const length = third === undefined ? rest : checkRange(third, 'byteLength', 1, rest)
  return { model: new Uint8Array(model, offset, length), options: checkOptions(fourth) }
}

function checkRange(value: number, argument: string, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${argument}' is out of range`, {
    expected: `an integer from ${least} to ${most}`,
    given: String(value),
  })
}

function checkOptions(options: unknown): SessionOptions {
  if (options === undefined) return {}
  if (typeof options === 'object' && options !== null) return options as SessionOptions
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'options' must be an object", { given: describe(options) })
}
