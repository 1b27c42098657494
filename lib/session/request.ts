import type { InferenceSession as Common, Tensor } from 'onnxruntime-common'
import type { LoraAdapter } from '../binding/lora-adapter'
import {
  ORT_RUN_OPTIONS,
  type OrtRunOptions,
  PreparedRunOptions,
  toRunSettings,
} from '../binding/prepared-options'
import { bare, boolean, type Check, checkOptions, property, record } from '../check'
import { checkSignal } from '../engine/abort'
import type { Engine, RunSettings } from '../engine/engine'
import { argumentTypeError, describe, OrtTypeError } from '../errors'
import { checkElementType } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { wrapShapeError } from '../model/shape'
import { isTensor } from '../value/tensor'
import { OrtValue } from '../value/value'
import { loraAdapters } from './adapters'

/** An input or output of `session.run`. */
export type RunValue = Tensor | OrtValue

/**
 * Inputs by name: Tensors, or OrtValues for types that onnxruntime-common does not have. An input that the model declares as an
 * optional can be omitted, or null.
 */
export type Feeds = Readonly<Record<string, RunValue | null>>
/** Output names, or an object of them: null, or a pre-allocated Tensor that the result is written into. */
export type Fetches = readonly string[] | Readonly<Record<string, Tensor | null>>
/** Outputs by name. */
export type RunResult<V extends RunValue = RunValue> = Readonly<Record<string, V>>

/** Options of `session.run`: onnxruntime-common's, `profile`, and a signal. */
export interface RunOptions extends Common.RunOptions, OrtRunOptions {
  /** Cancels the run: at once while it is queued, else before its next node. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Adapters whose parameters are inputs of the run. */
  readonly activeLoraAdapters?: readonly LoraAdapter[]
}

/** The outputs that a run returns, with their pre-allocated tensors, and the options of the run. */
export interface RunRequest {
  readonly fetches: ReadonlyMap<string, Tensor | null>
  readonly options: Readonly<Record<string, unknown>>
}

const NO_OPTIONS = Object.freeze(bare({}))

/** The arguments of `run(feeds, options?)` and `run(feeds, fetches, options?)`, by onnxruntime-common's rules. */
function resolveRequest(outputs: SessionIO, second: unknown, third: unknown = NO_OPTIONS): RunRequest {
  if (second === undefined) return { fetches: outputs.all, options: record(third, 'options') }
  if (typeof second !== 'object') {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "Unexpected argument[1]: must be 'fetches' or 'options'", {
      given: describe(second),
    })
  }
  if (second === null)
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', 'Unexpected argument[1]: cannot be null')
  if (isTensor(second)) throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'fetches' cannot be a Tensor")
  const given = second as Readonly<Record<string, unknown>>
  const fetches = Array.isArray(second) ? fetchNames(outputs, second) : fetchTargets(outputs, given)
  return fetches.size === 0
    ? { fetches: outputs.all, options: given }
    : { fetches, options: record(third, 'options') }
}

function fetchNames(outputs: SessionIO, names: readonly unknown[]): Map<string, null> {
  if (names.length === 0)
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'fetches' cannot be an empty array")
  const fetches = new Map<string, null>()
  for (const name of names) {
    if (typeof name !== 'string') throw argumentTypeError('fetches', 'a string array or an object', name)
    outputs.indexOf(name, 'fetches')
    fetches.set(name, null)
  }
  return fetches
}

/** An object with a Tensor or null by an output's name is fetches; any other is options. */
function fetchTargets(
  outputs: SessionIO,
  object: Readonly<Record<string, unknown>>,
): Map<string, Tensor | null> {
  const fetches = new Map<string, Tensor | null>()
  for (const name of outputs.names) {
    const target = Object.hasOwn(object, name) ? object[name] : undefined
    if (OrtValue.is(target)) {
      throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'fetches.${name}' must be a Tensor or null`, {
        given: describe(target),
        remedy: 'Bind OrtValues as outputs with an IoBinding',
      })
    }
    if (target !== null && !isTensor(target)) continue
    if (target !== null) outputs.checkType(outputs.indexOf(name, 'fetches'), checkElementType(target.type))
    fetches.set(name, target)
  }
  return fetches
}

const RUN_OPTIONS = {
  ...ORT_RUN_OPTIONS,
  activeLoraAdapters: loraAdapters,
  signal: ((value) => value) satisfies Check<unknown>,
  terminate: boolean,
}

/** The run options in the engine's form; undefined where there are none. */
function resolveRunOptions(options: Readonly<Record<string, unknown>>): RunSettings | undefined {
  if (options === NO_OPTIONS) return undefined
  if (options instanceof PreparedRunOptions) return options.settings
  const {
    signal: _,
    activeLoraAdapters: __,
    terminate,
    ...own
  } = checkOptions(options, RUN_OPTIONS, 'run option')
  const settings = toRunSettings(own)
  return terminate ? { ...settings, terminate } : settings
}

/** The optional arguments of a run. */
export interface ResolvedRun {
  readonly request: RunRequest
  readonly settings: RunSettings | undefined
  readonly signal: AbortSignal | undefined
}

/** @throws the reason of an aborted signal; OrtError, OrtTypeError, OrtRangeError naming the argument */
export function resolveRun(
  { outputs, engine }: { readonly outputs: SessionIO; readonly engine: Engine },
  second: unknown,
  third: unknown,
): ResolvedRun {
  const request = resolveRequest(outputs, second, third)
  const settings = resolveRunOptions(request.options)
  const signal = checkSignal(engine, property(request.options, 'signal'))
  return { request, settings, signal }
}

/** The error of a run, with the shapes of the feeds that contradict each other. */
export function explainRun(error: unknown, inputs: SessionIO, feeds: Feeds): unknown {
  return wrapShapeError(
    error,
    inputs.givenShapes((name) => feeds[name]?.dims),
  )
}
