import { Tensor } from 'onnxruntime-common'
import { isRecord, setOwn } from '../check'
import { abortable } from '../engine/abort'
import type { RunTimes } from '../engine/diagnostics'
import type { Feeds, Fetch, Fetches, Results, RunSettings } from '../engine/engine'
import { describe, OrtError, OrtTypeError } from '../errors'
import {
  checkElementType,
  elementTypeCode,
  elementTypeName,
  overlap,
  rawView,
  typedArrayView,
} from '../model/element-types'
import type { SessionIO } from '../model/io'
import { checkDims } from '../model/shape'
import type { OrtValueData } from '../value/data'
import { hasTensor, isTensor, tensorData } from '../value/tensor'
import { gpuValue, OrtValue } from '../value/value'
import type { LoadedSession } from './create'
import type { OutputLocation } from './locations'
import type { RunRequest, RunResult, RunValue } from './request'

let lastRunId = 0

/** Identifies a run that can be canceled. Never 0, which identifies none. */
function nextRunId(): number {
  lastRunId = (lastRunId % 0xffffffff) + 1
  return lastRunId
}

/** A run of which nothing is kept. Results where the run ended inline, else a promise. */
export function runOnce(
  { session, inputs, outputs, locations, ignoreUnknownFeeds }: LoadedSession,
  feeds: Readonly<Record<string, unknown>>,
  { fetches }: RunRequest,
  settings: RunSettings | undefined,
  signal: AbortSignal | undefined,
  times?: RunTimes,
): RunResult | Promise<RunResult> {
  const resolvedFeeds = resolveFeeds(inputs, feeds, ignoreUnknownFeeds)
  const resolvedFetches = resolveFetches(outputs, fetches, locations)
  const id = signal === undefined ? 0 : nextRunId()
  const results = session.run(resolvedFeeds, resolvedFetches, settings, id, times)
  if (Array.isArray(results)) return toReturnValue(fetches, results)
  const pending = signal === undefined ? results : abortable(results, signal, () => session.cancel(id))
  return pending.then((results) => toReturnValue(fetches, results))
}

/** @throws OrtTypeError `ERR_INVALID_ARG_TYPE` */
export function checkFeeds(feeds: unknown): void {
  if (isRecord(feeds) && !isTensor(feeds)) return
  throw new OrtTypeError(
    'ERR_INVALID_ARG_TYPE',
    "'feeds' must be an object that uses input names as keys and Tensors or OrtValues as values",
    { given: describe(feeds) },
  )
}

/** The feeds in the engine's form. */
function resolveFeeds(
  inputs: SessionIO,
  feeds: Readonly<Record<string, unknown>>,
  ignoreUnknown: boolean | undefined,
): Feeds {
  const resolved: Feeds[number][] = []
  let isComplete = true
  for (let index = 0; index < inputs.infos.length; ++index) {
    const { name } = inputs.info(index)
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined
    if ((feed === undefined || feed === null) && inputs.isOptional(index)) {
      resolved.push(undefined)
      if (feed === undefined) isComplete = false
      continue
    }
    if (feed === undefined) {
      throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in 'feeds'`)
    }
    resolved.push(resolveFeed(inputs, index, feed))
  }
  // The misspelled name of an optional input would remain unnoticed.
  if (!(ignoreUnknown ?? isComplete))
    for (const name of Object.keys(feeds)) if (!inputs.has(name)) inputs.indexOf(name, 'feeds')
  return resolved
}

function resolveFeed(inputs: SessionIO, index: number, feed: unknown): Feeds[number] {
  if (OrtValue.is(feed)) {
    inputs.checkValue(index, feed)
    return feed.engineValue
  }
  const { name } = inputs.info(index)
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
  if (value !== undefined) return resolveFeed(inputs, index, value)
  const type = checkElementType(feed.type)
  inputs.checkType(index, type)
  // Copies: the engine must not run JavaScript of the caller's.
  const dims = checkDims(feed.dims, `feeds.${name}`)
  inputs.checkShape(index, dims)
  const data = tensorData(feed, type, `feeds.${name}`)
  return [elementTypeCode(type), dims, Array.isArray(data) ? [...data] : rawView(data)]
}

/**
 * The fetches in the engine's form. A pre-allocated string tensor has no memory for ONNX Runtime, and is filled after the run.
 *
 * @param locations the results that do not belong in ordinary host memory
 */
function resolveFetches(
  outputs: SessionIO,
  fetches: RunRequest['fetches'],
  locations?: ReadonlyMap<string, OutputLocation>,
): Fetches {
  if (fetches === outputs.all && locations === undefined) return undefined
  const targets = new Map<string, OrtValueData>()
  return Array.from(fetches, ([name, target]): Fetch => {
    const index = outputs.indexOf(name, 'fetches')
    if (target === null) {
      const location = locations?.get(name)
      return location === undefined || location === 'cpu' ? [index] : [index, location]
    }
    const dims = checkDims(target.dims, `fetches.${name}`)
    const data = tensorData(target, checkElementType(target.type), `fetches.${name}`)
    checkApart(name, data, targets)
    targets.set(name, data)
    return Array.isArray(data) ? [index] : [index, rawView(data), dims]
  })
}

/** @throws OrtError `ERR_MEMORY_OVERLAP` if the memory of a pre-allocated tensor is that of another one too */
function checkApart(name: string, data: OrtValueData, others: ReadonlyMap<string, OrtValueData>): void {
  for (const [other, its] of others) {
    if (overlap(its, data) === 'none') continue
    throw new OrtError(
      'ERR_MEMORY_OVERLAP',
      `'fetches.${other}' and 'fetches.${name}' would be written to the same memory`,
      { remedy: 'Give each output a tensor with memory of its own, or null' },
    )
  }
}

/** The results by name: Tensors, and OrtValues for what onnxruntime-common has no Tensor for. */
function toReturnValue(fetches: RunRequest['fetches'], results: Results): Record<string, RunValue> {
  const values: Record<string, RunValue> = {}
  let i = 0
  for (const [name, target] of fetches) setOwn(values, name, toValue(name, target, results[i++]!))
  return values
}

function toValue(name: string, target: Tensor | null, result: Results[number]): RunValue {
  if (result === null) return target!
  if (!Array.isArray(result)) {
    const value = OrtValue.fromEngine(result)
    if (target !== null && value.kind !== 'tensor') {
      throw new OrtTypeError('ERR_TYPE_MISMATCH', `output '${name}' does not fit its pre-allocated tensor`, {
        expected: value.kind,
        given: 'a Tensor',
        remedy: 'Leave the output to ONNX Runtime (null)',
      })
    }
    // The caller asked for device memory: a Tensor can hold it. An OrtValue in ordinary host memory stays an OrtValue.
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
      // The same order as in the error of a binding's buffer.
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
