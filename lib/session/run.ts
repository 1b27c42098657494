import { Tensor } from 'onnxruntime-common'
import { checkBoolean, checkInteger, checkKnown, checkString, flatten, isRecord } from '../check'
import type { Feeds, Fetch, Fetches, Results, RunSettings } from '../engine/engine'
import { describe, OrtError, OrtTypeError } from '../errors'
import {
  checkElementType,
  type ElementType,
  elementTypeCode,
  elementTypeName,
  rawView,
  typedArrayView,
} from '../model/element-types'
import type { SessionIO } from '../model/io'
import { checkDims } from '../model/shape'
import { dataOf, hasTensor, isTensor } from '../value/tensor'
import { gpuValueOf, OrtValue } from '../value/value'
import type { OutputLocation } from './output-locations'

/** What `session.run` takes for an input and gives for an output. */
export type RunValue = Tensor | OrtValue

/** What `fetches` and `options` come down to; `targets` are the pre-allocated tensors, by output name. */
export interface RunRequest {
  readonly fetches: ReadonlyMap<string, Tensor | null>
  readonly options: Readonly<Record<string, unknown>>
}

/** Sorts out `run(feeds, options?)` and `run(feeds, fetches, options?)` by onnxruntime-common's rules. */
export function resolveRequest(outputs: SessionIO, second: unknown, third: unknown): RunRequest {
  if (second === undefined) return { fetches: outputs.all, options: checkOptions(third) }
  if (typeof second !== 'object') {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "Unexpected argument[1]: must be 'fetches' or 'options'", {
      given: describe(second),
    })
  }
  if (second === null) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', 'Unexpected argument[1]: cannot be null')
  }
  if (isTensor(second)) throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'fetches' cannot be a Tensor")
  if (Array.isArray(second)) return { fetches: fetchNames(outputs, second), options: checkOptions(third) }
  const fetches = fetchTargets(outputs, second as Record<string, unknown>)
  if (fetches.size === 0) return { fetches: outputs.all, options: second as Record<string, unknown> }
  return { fetches, options: checkOptions(third) }
}

function checkOptions(options: unknown): Readonly<Record<string, unknown>> {
  if (options === undefined) return {}
  if (isRecord(options)) return options
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'options' must be an object", { given: describe(options) })
}

function fetchNames(outputs: SessionIO, names: readonly unknown[]): Map<string, null> {
  if (names.length === 0)
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'fetches' cannot be an empty array")
  const fetches = new Map<string, null>()
  for (const name of names) {
    if (typeof name !== 'string') {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'fetches' must be a string array or an object", {
        given: describe(name),
      })
    }
    outputs.indexOf(name, 'fetches')
    fetches.set(name, null)
  }
  return fetches
}

/** An object counts as fetches where it has an output's name with a Tensor or null; else it is the options. */
function fetchTargets(
  outputs: SessionIO,
  object: Readonly<Record<string, unknown>>,
): Map<string, Tensor | null> {
  const fetches = new Map<string, Tensor | null>()
  for (const name of outputs.names) {
    const target = Object.hasOwn(object, name) ? object[name] : undefined
    if (target instanceof OrtValue) {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'fetches.${name}' must be a Tensor or null`, {
        given: describe(target),
        remedy: 'Bind OrtValues as outputs with an IoBinding',
      })
    }
    if (target !== null && !isTensor(target)) continue
    if (target !== null) outputs.checkType(outputs.indexOf(name, 'fetches'), target.type as ElementType)
    fetches.set(name, target)
  }
  return fetches
}

/** The feeds in the engine's form. */
export function resolveFeeds(inputs: SessionIO, feeds: unknown): Feeds {
  if (!isRecord(feeds) || isTensor(feeds)) {
    throw new OrtTypeError(
      'ERR_INVALID_ARG_TYPE',
      "'feeds' must be an object that uses input names as keys and Tensors or OrtValues as values",
      { given: describe(feeds) },
    )
  }
  const resolved: Feeds[number][] = []
  for (let index = 0; index < inputs.names.length; ++index) {
    const name = inputs.names[index]!
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined
    if (feed === undefined) {
      throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in 'feeds'`)
    }
    resolved.push(resolveFeed(inputs, index, feed))
  }
  for (const name of Object.keys(feeds)) if (!inputs.has(name)) inputs.indexOf(name, 'feeds')
  return resolved
}

function resolveFeed(inputs: SessionIO, index: number, feed: unknown): Feeds[number] {
  if (feed instanceof OrtValue) {
    inputs.checkValue(index, feed)
    return feed.engineValue
  }
  const name = inputs.names[index]
  if (!isTensor(feed)) {
    throw new OrtTypeError(
      'ERR_INVALID_ARG_TYPE',
      `input '${name}' in 'feeds' must be a Tensor or an OrtValue`,
      {
        given: describe(feed),
      },
    )
  }
  const value = gpuValueOf(feed, `feeds.${name}`)
  if (value !== undefined) return resolveFeed(inputs, index, value)
  const type = checkElementType(feed.type)
  inputs.checkType(index, type)
  // Copies: the engine must not run JavaScript of the caller's.
  const dims = checkDims(feed.dims, `feeds.${name}`)
  inputs.checkShape(index, dims)
  const data = dataOf(feed, type, `feeds.${name}`)
  return [elementTypeCode(type), dims, Array.isArray(data) ? [...data] : rawView(data)]
}

/**
 * The fetches in the engine's form. A pre-allocated string tensor is filled afterwards: it has no memory. `locations` are
 * those of results that are to be elsewhere than in host memory.
 */
export function resolveFetches(
  outputs: SessionIO,
  fetches: RunRequest['fetches'],
  locations?: ReadonlyMap<string, OutputLocation>,
): Fetches {
  if (fetches === outputs.all && locations === undefined) return undefined
  return Array.from(fetches, ([name, target]): Fetch => {
    const index = outputs.indexOf(name, 'fetches')
    if (target === null) {
      const location = locations?.get(name)
      return location === undefined || location === 'cpu' ? [index] : [index, location]
    }
    const data = dataOf(target, checkElementType(target.type), `fetches.${name}`)
    return Array.isArray(data) ? [index] : [index, rawView(data), target.dims]
  })
}

/** The results by name: Tensors, and OrtValues for what onnxruntime-common has no Tensor for. */
export function toReturnValue(fetches: RunRequest['fetches'], results: Results): Record<string, RunValue> {
  const values: Record<string, RunValue> = {}
  let i = 0
  for (const [name, target] of fetches) values[name] = toValue(name, target, results[i++]!)
  return values
}

function toValue(name: string, target: Tensor | null, result: Results[number]): RunValue {
  if (result === null) return target!
  if (!Array.isArray(result)) {
    const value = OrtValue.fromEngine(result)
    // What is no tensor of onnxruntime-common's in host memory is so on purpose: it was to be left on a device.
    return target === null && value.location !== 'cpu' && hasTensor(value) ? value.toTensor() : value
  }
  const [code, dims, data] = result
  if (target !== null) return fillTarget(name, target, dims, data)
  const type = elementTypeName(code)!
  return new Tensor(
    type as Tensor.Type,
    (Array.isArray(data) ? data : typedArrayView(type, data)) as Tensor.DataType,
    dims,
  )
}

function fillTarget(name: string, target: Tensor, dims: readonly number[], data: unknown): Tensor {
  if (dims.length !== target.dims.length || dims.some((dim, i) => dim !== target.dims[i])) {
    throw new OrtError('ERR_OUTPUT_SHAPE', `output '${name}' does not fit its pre-allocated tensor`, {
      // As where a binding's buffer does not fit: the run's shape, and the caller's.
      expected: `[${dims.join(', ')}]`,
      given: `[${target.dims.join(', ')}]`,
      remedy: "Leave the output to ONNX Runtime (null), or give a tensor of the run's shape",
    })
  }
  if (Array.isArray(data)) {
    const strings = target.data as string[]
    data.forEach((text, i) => {
      strings[i] = text
    })
  }
  return target
}

const RUN_OPTIONS = ['extra', 'logSeverityLevel', 'logVerbosityLevel', 'signal', 'tag', 'terminate']

/** The run options in the engine's form; undefined where there are none. */
export function resolveRunOptions(options: Readonly<Record<string, unknown>>): RunSettings | undefined {
  checkKnown(options, RUN_OPTIONS, 'run option')
  const settings: RunSettings = {}
  const severity = checkInteger(options, 'logSeverityLevel', 0, 4)
  const verbosity = checkInteger(options, 'logVerbosityLevel', 0, 0x7fffffff)
  const tag = checkString(options, 'tag')
  if (severity !== undefined) settings.logSeverityLevel = severity
  if (verbosity !== undefined) settings.logVerbosityLevel = verbosity
  if (tag !== undefined) settings.tag = tag
  if (checkBoolean(options, 'terminate')) settings.terminate = true
  if (options.extra !== undefined) settings.config = flatten(options.extra, 'extra')
  return Object.keys(settings).length > 0 ? settings : undefined
}
