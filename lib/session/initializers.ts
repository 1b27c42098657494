import { bare, type Check, record } from '../check'
import type { EngineValue } from '../engine/engine'
import { argumentTypeError, describe, listed, OrtError, OrtRangeError, OrtTypeError } from '../errors'
import { elementTypeCode, elementTypeName, rawView } from '../model/element-types'
import { hasBytes, type Initializer, readInitializers } from '../model/initializers'
import { shapeText } from '../model/shape'
import type { ModelSource } from '../model/source'
import { OrtValue } from '../value/value'

/** The engine's settings for the option `initializers`. */
export interface InitializerSettings {
  initializers?: Readonly<Record<string, EngineValue>>
  externalInitializers?: Readonly<Record<string, EngineValue>>
}

export const initializerValues: Check<Readonly<Record<string, OrtValue>>> = (value, name) => {
  const values: Record<string, OrtValue> = bare({})
  for (const [key, one] of Object.entries(record(value, name))) {
    if (!OrtValue.is(one)) throw argumentTypeError(`${name}.${key}`, 'an OrtValue', one)
    values[key] = one
  }
  return values
}

/**
 * Which of the values replace data in other files, and which stand for data in the model itself: ONNX Runtime computes with its own
 * copy of the latter while it optimizes the graph, and checks nothing.
 *
 * @throws OrtRangeError `ERR_UNKNOWN_INITIALIZER`, `ERR_SHAPE_MISMATCH`; OrtTypeError `ERR_TYPE_MISMATCH`; OrtError
 *   `ERR_NOT_SUPPORTED`, `ERR_INVALID_ARG_VALUE` for other data than the model's
 */
export function resolveInitializers(
  model: ModelSource,
  values: Readonly<Record<string, OrtValue>> | undefined,
): InitializerSettings {
  if (values === undefined || Object.keys(values).length === 0) return {}
  const declared = readInitializers(model)
  if (declared === undefined) {
    throw new OrtError('ERR_NOT_SUPPORTED', "'initializers' needs a model in ONNX's format", {
      given: "a model in ONNX Runtime's own format (.ort)",
      remedy: 'Load the .onnx model',
    })
  }
  const own: Record<string, EngineValue> = bare({})
  const external: Record<string, EngineValue> = bare({})
  for (const [name, value] of Object.entries(values)) {
    const initializer = declared.get(name)
    if (initializer === undefined) throw unknown(name, [...declared.keys()])
    checkMemory(name, value)
    checkForm(name, value, initializer)
    if (!initializer.external) checkData(name, value, initializer, model)
    const into = initializer.external ? external : own
    into[name] = value.engineValue
  }
  return {
    ...(Object.keys(own).length > 0 && { initializers: own }),
    ...(Object.keys(external).length > 0 && { externalInitializers: external }),
  }
}

function unknown(name: string, names: readonly string[]): OrtError {
  return new OrtRangeError(
    'ERR_UNKNOWN_INITIALIZER',
    "'initializers' names an initializer that the model does not have",
    { expected: `one of ${listed(names.map(describe))}`, given: describe(name) },
  )
}

/** The session reads the memory as long as it lives. */
function checkMemory(name: string, value: OrtValue): void {
  const given =
    value.kind !== 'tensor' || value.type === 'string'
      ? 'a value that is not a tensor of numbers'
      : value.location !== 'cpu'
        ? `memory of ${value.location}`
        : undefined
  if (given === undefined) return
  throw new OrtError('ERR_NOT_SUPPORTED', `initializer '${name}' cannot be this value`, {
    expected: 'a tensor of numbers in memory of OrtValue.allocate or OrtValue.fromTensor',
    given,
  })
}

function checkForm(name: string, { type, dims }: OrtValue, initializer: Initializer): void {
  if (elementTypeCode(type) !== initializer.type) {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `initializer '${name}' has the wrong type`, {
      expected: elementTypeName(initializer.type) ?? `type ${initializer.type}`,
      given: type,
    })
  }
  if (String(dims) === String(initializer.dims)) return
  throw new OrtRangeError('ERR_SHAPE_MISMATCH', `initializer '${name}' has the wrong shape`, {
    expected: shapeText(initializer.dims),
    given: shapeText(dims),
  })
}

function checkData(name: string, value: OrtValue, { range }: Initializer, model: ModelSource): void {
  const data = rawView(value.data)
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (range === undefined) {
    throw new OrtError('ERR_NOT_SUPPORTED', `the model has initializer '${name}' in an encoded form`, {
      remedy: 'Save the model with raw_data (onnx.numpy_helper.from_array), or with external data',
    })
  }
  if (hasBytes(model, range, bytes)) return
  throw new OrtError('ERR_INVALID_ARG_VALUE', `initializer '${name}' has other data than the model`, {
    expected: "the model's own data, which ONNX Runtime folds into the graph, to share it between sessions",
    remedy:
      'For other weights save the model with external data; for weights of a run declare the initializer as an input (overridableInitializers)',
  })
}
