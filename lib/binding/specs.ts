import { checkKnown, isRecord } from '../check'
import type { SessionDevice } from '../device/device'
import { ValueKind } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'
import { elementTypeName } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { checkDims, resolveShape, symbolSizes } from '../model/shape'
import { OrtValue } from '../value/value'

/** What an input is bound to: a shape, for which memory is allocated, or a value. */
export type InputSpec = readonly number[] | OrtValue

/** What an output is bound to: a shape, a value, or memory that ONNX Runtime allocates anew for each run. */
export type OutputSpec = readonly number[] | OrtValue | 'dynamic'

/** Options of `session.createIoBinding`. */
export interface IoBindingOptions {
  /**
   * Outputs that shall not follow from the model's own declaration. Left out, an output whose declared shape follows
   * from the inputs' shapes is allocated once, and any other is `'dynamic'`.
   */
  readonly outputs?: Readonly<Record<string, OutputSpec>>
  /** The outputs wanted; all of them by default. */
  readonly fetches?: readonly string[]
  /**
   * On CUDA: inputs and outputs whose pinned memory the GPU reads and writes where it is, with no copy. For small
   * tensors.
   */
  readonly mapped?: readonly string[]
}

/** A spec for each input: what the caller gives, else the shape that the model declares. */
export function inputSpecs(
  ports: SessionIO,
  given: Readonly<Record<string, InputSpec>>,
): Map<string, InputSpec> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrtTypeError(
      'ERR_INVALID_ARG_TYPE',
      "'inputs' must be an object of shapes or OrtValues by name",
      {
        given: describe(given),
      },
    )
  }
  for (const name of Object.keys(given)) ports.indexOf(name, 'inputs')
  return new Map(ports.names.map((name, index) => [name, own(given, name) ?? declaredShape(ports, index)]))
}

/** A spec for each wanted output: what the caller gives, else the shape that follows from the inputs' shapes. */
export function outputSpecs(
  ports: SessionIO,
  options: IoBindingOptions,
  inputs: SessionIO,
  inputValues: ReadonlyMap<string, OrtValue>,
): Map<string, OutputSpec> {
  if (!isRecord(options)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'options' must be an object", {
      given: describe(options),
    })
  }
  checkKnown(options, ['outputs', 'fetches', 'mapped'], 'option of createIoBinding')
  const { outputs = {}, fetches = ports.names } = options as IoBindingOptions
  if (!isRecord(outputs) || !Array.isArray(fetches)) {
    throw new OrtTypeError(
      'ERR_INVALID_ARG_TYPE',
      "'outputs' must be an object, and 'fetches' an array of names",
    )
  }
  const symbols = symbolSizes(
    inputs.infos.flatMap(({ name, shape }) => {
      const dims = inputValues.get(name)?.dims
      return shape !== undefined && dims !== undefined ? [{ declared: shape, dims }] : []
    }),
  )
  for (const name of Object.keys(outputs)) ports.indexOf(name, 'outputs')
  return new Map(
    fetches.map((name) => [
      name,
      own(outputs, name) ?? derivedShape(ports, ports.indexOf(name, 'fetches'), symbols),
    ]),
  )
}

/** @throws OrtTypeError; OrtRangeError `ERR_UNKNOWN_INPUT` for what is no input's name, and no output's */
export function mappedNames(
  options: IoBindingOptions,
  inputs: SessionIO,
  outputs: SessionIO,
): ReadonlySet<string> {
  const names: unknown = isRecord(options) ? options.mapped : undefined
  if (names === undefined) return new Set()
  if (!Array.isArray(names)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'mapped' must be an array of names", {
      given: describe(names),
    })
  }
  for (const name of names) if (!outputs.has(name)) inputs.indexOf(name, 'mapped')
  return new Set(names)
}

/**
 * A value of the type that an input or output declares, in memory that the session's device copies from fastest.
 *
 * @param mapped whether the device reads or writes the memory itself, which only pinned memory can be
 */
export function allocateFor(
  ports: SessionIO,
  name: string,
  dims: readonly number[],
  device: SessionDevice,
  mapped: boolean,
): OrtValue {
  if (!Array.isArray(dims)) {
    throw new OrtTypeError('ERR_INVALID_DIMS', `'${ports.side}s.${name}' cannot be bound`, {
      expected: ports.side === 'input' ? 'a shape or an OrtValue' : "a shape, an OrtValue or 'dynamic'",
      given: describe(dims),
      remedy: 'For data that exist use OrtValue.wrap(type, array, dims) or OrtValue.fromTensor(tensor)',
    })
  }
  checkDims(dims, `${ports.side}s.${name}`)
  const { kind, type: code } = ports.info(ports.indexOf(name, `${ports.side}s`))
  const type = elementTypeName(code)
  if (kind === ValueKind.tensor && type !== undefined) {
    // Where pinned memory cannot be shown, io.inputs of it would be refused: it is not taken unasked.
    const pinned = mapped || engine().supports.externalBuffers
    return device.name === 'cuda' && type !== 'string' && pinned
      ? OrtValue.allocate(type, dims, 'cuda-pinned', device.id)
      : OrtValue.allocate(type, dims)
  }
  throw new OrtTypeError(
    'ERR_TYPE_MISMATCH',
    `${ports.side} '${name}' is no tensor, so a shape does not fit`,
    {
      expected: 'an OrtValue',
      given: describe(dims),
    },
  )
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function declaredShape(ports: SessionIO, index: number): readonly number[] {
  const { name, kind, shape } = ports.info(index)
  const dims = kind === ValueKind.tensor ? resolveShape(shape, new Map()) : undefined
  if (dims !== undefined) return dims
  throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is missing in 'inputs'`, {
    remedy: 'Its shape does not follow from the model: give a shape, or an OrtValue',
  })
}

function derivedShape(ports: SessionIO, index: number, symbols: ReadonlyMap<string, number>): OutputSpec {
  const { kind, type, shape } = ports.info(index)
  const name = elementTypeName(type)
  if (kind !== ValueKind.tensor || name === undefined || name === 'string') return 'dynamic'
  return resolveShape(shape, symbols) ?? 'dynamic'
}
