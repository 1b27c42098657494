import { types } from 'node:util'
import type { Tensor } from 'onnxruntime-common'
import { array, checkKnown, isRecord, property } from '../../check'
import { describe } from '../../errors'
import { type ElementType, OrtError, OrtTypeError, OrtValue, type TypedArray } from '../../index'
import {
  arrayLength,
  checkArray,
  checkElementType,
  copyTypedArray,
  rawView,
  zeroed,
} from '../../model/element-types'
import { checkDims, elementCount } from '../../model/shape'
import { SMALL_FLOATS } from '../../model/small-floats'
import { isTensor } from '../../value/tensor'
import { TOLERANCE, type Tolerance } from '../tensors/compare'
import { type HostTensor, isInexact, readTensor } from '../tensors/host-tensor'

/** A tensor in a sample file. */
export interface SampleTensor {
  readonly type: ElementType
  readonly dims: readonly number[]
  /**
   * Flat, in row-major order. Numbers that JSON cannot represent are strings: integers beyond 2^53, `'NaN'`, `'Infinity'`,
   * `'-Infinity'`. Numbers of a float8, and of types smaller than a byte, are raw bits. A typed array is used as it is; a
   * `Uint16Array` of float16 or bfloat16 contains bits.
   */
  readonly data: ArrayLike<number | bigint | string | boolean>
}

/**
 * Inputs and outputs of the original model, by the names given to the exporter; among them inputs that the exported model
 * lost.
 */
export interface ExportSample {
  readonly inputs: Readonly<Record<string, SampleTensor | Tensor | OrtValue>>
  /** Where omitted, results are not compared. */
  readonly outputs?: Readonly<Record<string, SampleTensor | Tensor | OrtValue>>
}

/** The contents of a sample file. Samples of shapes that were not traced find the most. */
export interface SampleSet {
  readonly samples: readonly ExportSample[]
  /** Default: 1e-3 relative, 1e-4 absolute. */
  readonly tolerance?: Partial<Tolerance>
}

/** @internal a checked sample */
export interface ResolvedSample {
  readonly inputs: ReadonlyMap<string, HostTensor>
  readonly outputs: ReadonlyMap<string, HostTensor> | undefined
}

/** @throws OrtTypeError, OrtRangeError, OrtError that name the place in the samples */
export function resolveSamples(given: unknown): { samples: ResolvedSample[]; tolerance: Tolerance } {
  const set = Array.isArray(given) ? { samples: given } : given
  const samples = isRecord(set) ? property(set, 'samples') : undefined
  if (!isRecord(set) || !Array.isArray(samples) || samples.length === 0) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', 'these are not samples', {
      expected: 'an array of at least one { inputs, outputs }, or an object with such an array as `samples`',
      given: describe(given),
    })
  }
  checkKnown(set, ['samples', 'tolerance'], 'entry of the samples')
  const tolerance = property(set, 'tolerance') ?? {}
  if (!isRecord(tolerance)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'tolerance' must be { rtol, atol }", {
      given: describe(tolerance),
    })
  }
  checkKnown(tolerance, ['rtol', 'atol'], "entry of 'tolerance'")
  const bound = (key: keyof Tolerance): number => {
    const value = property(tolerance, key) ?? TOLERANCE[key]
    if (typeof value === 'number' && value >= 0) return value
    const message = `'tolerance.${key}' must be a non-negative number`
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', message, { given: describe(value) })
  }
  return {
    samples: array('an array of samples')(samples, 'samples').map(resolveSample),
    tolerance: { rtol: bound('rtol'), atol: bound('atol') },
  }
}

function resolveSample(sample: unknown, index: number): ResolvedSample {
  const place = `samples[${index}]`
  const inputs = isRecord(sample) ? property(sample, 'inputs') : undefined
  if (!isRecord(sample) || !isRecord(inputs)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${place}' has no inputs`, {
      expected: '{ inputs: { NAME: { type, dims, data } } }, and optionally `outputs` of the same form',
    })
  }
  checkKnown(sample, ['inputs', 'outputs'], `entry of '${place}'`)
  const outputs = property(sample, 'outputs')
  if (outputs !== undefined && !isRecord(outputs)) {
    const message = `'${place}.outputs' must be an object of tensors by name`
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', message, { given: describe(outputs) })
  }
  return {
    inputs: resolveTensors(inputs, `${place}.inputs`),
    outputs: outputs && resolveTensors(outputs, `${place}.outputs`),
  }
}

function resolveTensors(record: Record<string, unknown>, place: string): Map<string, HostTensor> {
  return new Map(
    Object.entries(record).map(([name, value]) => [name, resolveTensor(value, `${place}.${name}`)]),
  )
}

/** A copy in host memory: the caller may change its tensor while the check runs. */
function resolveTensor(value: unknown, place: string): HostTensor {
  if (value instanceof OrtValue) return readTensor(value, place)
  if (!isTensor(value)) return parse(value, place)
  using copy = OrtValue.fromTensor(value)
  return readTensor(copy, place)
}

function parse(value: unknown, place: string): HostTensor {
  if (!isRecord(value) || !isArrayLike(value.data)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${place}' is not a tensor`, {
      expected: '{ type, dims, data }, a Tensor or an OrtValue',
      given: describe(value),
    })
  }
  const type = checkElementType(value.type, `${place}.type`)
  const dims = checkDims(value.dims, `${place}.dims`)
  const size = elementCount(dims)
  const given = ArrayBuffer.isView(value.data)
    ? checkArray(type, value.data, `${place}.data`)
    : (value.data as readonly unknown[])
  const length = type === 'string' ? size : arrayLength(type, size)
  if (given.length !== length) {
    const message = `'${place}.data' does not fit its shape [${dims.join(', ')}]`
    const details = { expected: `${length} elements`, given: String(given.length) }
    throw new OrtTypeError('ERR_INVALID_LENGTH', message, details)
  }
  if (ArrayBuffer.isView(given)) return { type, dims, data: rawView(copyTypedArray(given)) }
  const elements = Array.from(given)
  if (type === 'string') return { type, dims, data: elements.map((element) => text(element, place)) }
  const data = rawView(zeroed(type, size))
  elements.forEach((element, i) => {
    if (store(type, data, i, element)) return
    const message = `'${place}.data[${i}]' is not a valid ${type}`
    throw new OrtError('ERR_INVALID_ARG_VALUE', message, { given: describe(element) })
  })
  return { type, dims, data }
}

/** @throws OrtError `ERR_INVALID_ARG_VALUE` for what is not a string, nor a number of JSON */
function text(element: unknown, place: string): string {
  if (/^(string|number|boolean|bigint)$/.test(typeof element)) return String(element)
  throw new OrtError('ERR_INVALID_ARG_VALUE', `'${place}.data' has an entry that is not a string`, {
    given: describe(element),
  })
}

/** Stores an element; false unless it is one of the type: no integer is rounded, and none wraps around. */
function store(type: ElementType, data: TypedArray, i: number, element: unknown): boolean {
  const number = toNumber(element)
  if (number === undefined) return false
  if (types.isBigInt64Array(data) || types.isBigUint64Array(data)) return storeBig(data, i, element)
  data[i] = SMALL_FLOATS[type]?.encode(number) ?? number
  return isInexact(type) || data[i] === number
}

function storeBig(data: BigInt64Array | BigUint64Array, i: number, element: unknown): boolean {
  if (typeof element === 'number' && !Number.isSafeInteger(element)) return false
  try {
    const integer = BigInt(element as string)
    data[i] = integer
    return data[i] === integer
  } catch {
    return false // a fraction in a string
  }
}

function toNumber(element: unknown): number | undefined {
  if (typeof element === 'string') {
    const number = element.trim() === '' ? Number.NaN : Number(element)
    return Number.isNaN(number) && element !== 'NaN' ? undefined : number
  }
  return /^(number|boolean|bigint)$/.test(typeof element) ? Number(element) : undefined
}

const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
