import { array, checkOptions, isRecord, record } from '../check'
import { ValueKind } from '../engine/engine'
import { argumentTypeError, describe, OrtError, OrtTypeError } from '../errors'
import { type ElementType, elementTypeName } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { checkDims, resolveShape, symbolSizes } from '../model/shape'
import { OrtValue } from '../value/value'
import type { OutputGuesses } from './guesses'
import type { BindingHost } from './host'
import { type BindOptions, type BindOutputOptions, type InPlaceOptions, inPlace } from './run-options'

/** What an input is bound to: allocated memory of a shape, a value, or null: an optional input without a value. */
export type InputSpec = readonly number[] | OrtValue | null

/** What an output is bound to: allocated memory of a shape, a value, or memory that ONNX Runtime allocates in each run. */
export type OutputSpec = readonly number[] | OrtValue | 'dynamic'

type Bindable = readonly number[] | OrtValue

/** Options of `session.createIoBinding`. */
export interface IoBindingOptions extends InPlaceOptions {
  /**
   * What outputs are bound to. Default: memory that is allocated once, if the declared shape follows from the inputs' shapes;
   * else `'dynamic'`. If a run gives another shape than the model declares, the output is `'dynamic'` from then on.
   */
  readonly outputs?: Readonly<Record<string, OutputSpec>>
  /** The outputs that are bound. Default: all. */
  readonly fetches?: readonly string[]
  /** On CUDA: inputs and outputs whose pinned memory the GPU accesses directly, without a copy. For small tensors. */
  readonly mapped?: readonly string[]
}

/** The methods of a binding that its values are bound by. */
interface Binder {
  bindOrtValueInput(name: string, value: OrtValue, options: BindOptions): void
  bindOrtValueOutput(name: string, value: OrtValue, options: BindOutputOptions): void
  bindOutput(name: string): void
}

const names = array('an array of names')
const OPTIONS = { outputs: record, fetches: names, mapped: names, inPlace }

/**
 * Binds every input and the outputs of `options`: to the given values, or to memory that is allocated.
 *
 * @param onAllocated receives each allocated value before it is bound
 * @param guesses receives the outputs whose shape is not given
 */
export function bindAll(
  binder: Binder,
  host: BindingHost,
  given: Readonly<Record<string, InputSpec>>,
  options: IoBindingOptions,
  onAllocated: (value: OrtValue) => void,
  guesses: OutputGuesses,
): void {
  const { inputs, outputs, wrongShapes } = host
  const checked = checkOptions(options, OPTIONS, 'option of createIoBinding')
  const mappedNames = (checked.mapped ?? []) as readonly string[]
  for (const name of mappedNames) if (!outputs.has(name)) inputs.indexOf(name, 'mapped')
  const valueFor = (io: SessionIO, name: string, spec: Bindable, mapped: boolean): OrtValue => {
    if (OrtValue.is(spec)) return spec
    const value = allocateFor(host, io, name, spec, mapped)
    onAllocated(value)
    return value
  }
  const dims = new Map<string, readonly number[]>()
  for (const [name, spec] of inputSpecs(inputs, given)) {
    const mapped = mappedNames.includes(name)
    const value = valueFor(inputs, name, spec, mapped)
    binder.bindOrtValueInput(name, value, { mapped })
    dims.set(name, value.dims)
  }
  const symbols = symbolSizes(inputs.givenShapes((name) => dims.get(name)))
  const { outputs: outputsGiven = {}, fetches = outputs.names } = checked
  for (const name of Object.keys(outputsGiven)) outputs.indexOf(name, 'outputs')
  for (const name of new Set(fetches as readonly string[])) {
    const index = outputs.indexOf(name, 'fetches')
    const given = own(outputsGiven as Record<string, OutputSpec>, name)
    const spec = given ?? (wrongShapes.has(name) ? 'dynamic' : derivedShape(outputs, index, symbols))
    const mapped = mappedNames.includes(name)
    if (spec === 'dynamic') {
      binder.bindOutput(name)
      continue
    }
    const alias = checked.inPlace === true
    const options = { mapped, inPlace: alias ? 'alias' : 'copy' } as const
    binder.bindOrtValueOutput(name, valueFor(outputs, name, spec, mapped), options)
    if (given === undefined) guesses.add(name, mapped, alias)
  }
}

/** What each input is bound to: what the caller gives, else the shape that the model declares. */
function inputSpecs(inputs: SessionIO, given: Readonly<Record<string, InputSpec>>): [string, Bindable][] {
  if (!isRecord(given)) throw argumentTypeError('inputs', 'an object of shapes or OrtValues by name', given)
  for (const name of Object.keys(given)) inputs.indexOf(name, 'inputs')
  return inputs.infos.flatMap(({ name }, index): [string, Bindable][] => {
    const spec = own(given, name) ?? (inputs.isOptional(index) ? undefined : declaredShape(inputs, index))
    return spec === undefined ? [] : [[name, spec]]
  })
}

/** A value of the declared type, in the memory that the session's device copies fastest. */
function allocateFor(
  host: BindingHost,
  io: SessionIO,
  name: string,
  dims: readonly number[],
  mapped: boolean,
): OrtValue {
  const argument = `${io.side}s.${name}`
  if (!Array.isArray(dims)) {
    throw new OrtTypeError('ERR_INVALID_DIMS', `'${argument}' cannot be bound`, {
      expected: io.side === 'input' ? 'a shape or an OrtValue' : "a shape, an OrtValue or 'dynamic'",
      given: describe(dims),
      remedy: 'For existing data use OrtValue.wrap(type, array, dims) or OrtValue.fromTensor(tensor)',
    })
  }
  checkDims(dims, argument)
  const { kind, type: code } = io.info(io.indexOf(name, `${io.side}s`))
  const type = elementTypeName(code)
  if (kind !== ValueKind.tensor || type === undefined) {
    throw new OrtTypeError(
      'ERR_TYPE_MISMATCH',
      `${io.side} '${name}' is not a tensor, and cannot be bound by its shape`,
      {
        expected: io.side === 'input' ? 'an OrtValue' : "'dynamic'",
        given: describe(dims),
      },
    )
  }
  return allocateHost(host, type, dims, mapped)
}

/** Host memory that the session's device copies fastest. */
export function allocateHost(
  { device, engine }: Pick<BindingHost, 'device' | 'engine'>,
  type: ElementType,
  dims: readonly number[],
  mapped = false,
): OrtValue {
  // Where V8 refuses external ArrayBuffers, io.inputs could not give a view of pinned memory.
  const pinned = device.name === 'cuda' && type !== 'string' && (mapped || engine.supports.externalBuffers)
  return pinned ? OrtValue.allocate(type, dims, 'cuda-pinned', device.id) : OrtValue.allocate(type, dims)
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function declaredShape(inputs: SessionIO, index: number): readonly number[] {
  const { name, kind, shape } = inputs.info(index)
  const dims = kind === ValueKind.tensor ? resolveShape(shape, new Map()) : undefined
  if (dims !== undefined) return dims
  throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in 'inputs'`, {
    remedy: 'The model does not declare its shape: give a shape, or an OrtValue',
  })
}

function derivedShape(outputs: SessionIO, index: number, symbols: ReadonlyMap<string, number>): OutputSpec {
  const { kind, type, shape } = outputs.info(index)
  const name = elementTypeName(type)
  if (kind !== ValueKind.tensor || name === undefined || name === 'string') return 'dynamic'
  return resolveShape(shape, symbols) ?? 'dynamic'
}
