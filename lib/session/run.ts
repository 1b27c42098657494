import { Tensor } from 'onnxruntime-common'
import { isRecord } from '../check'
import type { Feeds, Fetches, Results } from '../engine/engine'
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
import { hasTensor, isTensor, tensorData } from '../value/tensor'
import { gpuValue, OrtValue } from '../value/value'
import type { OutputLocation } from './options'
import type { RunRequest, RunValue } from './request'

/** The feeds in the engine's form. */
export function resolveFeeds(inputs: SessionIO, feeds: unknown): Feeds {
  if (!isRecord(feeds) || isTensor(feeds)) {
    throw new OrtTypeError(
      'ERR_INVALID_ARG_TYPE',
      "'feeds' must be an object that uses input names as keys and Tensors or OrtValues as values",
      { given: describe(feeds) },
    )
  }
  const resolved: Feeds = []
  for (let index = 0; index < inputs.names.length; ++index) {
    const name = inputs.names[index]!
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined
    if (feed === undefined) {
      throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in 'feeds'`)
    }
    addFeed(resolved, inputs, index, feed)
  }
  for (const name of Object.keys(feeds)) if (!inputs.has(name)) inputs.indexOf(name, 'feeds')
  return resolved
}

function addFeed(resolved: Feeds, inputs: SessionIO, index: number, feed: unknown): void {
  if (feed instanceof OrtValue) {
    inputs.checkValue(index, feed)
    resolved.push(index, undefined, undefined, feed.engineValue)
    return
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
  const value = gpuValue(feed, `feeds.${name}`)
  if (value !== undefined) {
    addFeed(resolved, inputs, index, value)
    return
  }
  const type = checkElementType(feed.type)
  inputs.checkType(index, type)
  // Copies: the engine must not run JavaScript of the caller's.
  const dims = checkDims(feed.dims, `feeds.${name}`)
  inputs.checkShape(index, dims)
  const data = engineDataOf(feed, type, `feeds.${name}`)
  resolved.push(index, elementTypeCode(type), dims, data)
}

function engineDataOf(tensor: Tensor, type: ElementType, argument: string): unknown {
  const data = tensorData(tensor, type, argument)
  return Array.isArray(data) ? [...data] : rawView(data)
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
  const resolved: unknown[] = []
  for (const [name, target] of fetches) {
    const index = outputs.indexOf(name, 'fetches')
    if (target === null) resolved.push(index, locations?.get(name), undefined)
    else if (target.type === 'string') resolved.push(index, undefined, undefined)
    else
      resolved.push(
        index,
        engineDataOf(target, checkElementType(target.type), `fetches.${name}`),
        target.dims,
      )
  }
  return resolved
}

/** The results by name: Tensors, and OrtValues for what onnxruntime-common has no Tensor for. */
export function toReturnValue(fetches: RunRequest['fetches'], results: Results): Record<string, RunValue> {
  const values: Record<string, RunValue> = {}
  let at = 0
  for (const [name, target] of fetches) {
    values[name] = toValue(name, target, results, at)
    at += 3
  }
  return values
}

function toValue(name: string, target: Tensor | null, results: Results, at: number): RunValue {
  const dims = results[at + 1] as number[]
  const data = results[at + 2]
  if (results[at] === undefined) {
    const value = OrtValue.fromEngine(data as Parameters<typeof OrtValue.fromEngine>[0])
    // What is no tensor of onnxruntime-common's in host memory is so on purpose: it was to be left on a device.
    return target === null && value.location !== 'cpu' && hasTensor(value) ? value.toTensor() : value
  }
  if (target !== null) return fillTarget(name, target, dims, data)
  const type = elementTypeName(results[at] as number)!
  return new Tensor(
    type as Tensor.Type,
    (Array.isArray(data) ? data : typedArrayView(type, data as ArrayBuffer)) as Tensor.DataType,
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
