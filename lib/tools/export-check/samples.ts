import type { Tensor } from 'onnxruntime-common'
import { checkKnown, isRecord } from '../../check'
import { describe, OrtError, OrtTypeError } from '../../errors'
import {
  arrayLength,
  checkArray,
  checkElementType,
  copyTypedArray,
  type ElementType,
  rawView,
  type TypedArray,
  typedArrayView,
} from '../../model/element-types'
import { checkDims, elementCount } from '../../model/shape'
import type { OrtValueData } from '../../value/data'
import { isTensor, tensorData } from '../../value/tensor'
import { gpuValue, OrtValue } from '../../value/value'
import type { HostTensor, Tolerance } from './elements'
import { toBfloat16, toFloat16 } from './small-floats'

/** A tensor as a sample file writes it. */
export interface SampleTensor {
  readonly type: ElementType
  readonly dims: readonly number[]
  /**
   * Flat, row by row. What JSON has no number for is a string: an integer beyond 2^53, `'NaN'`, `'Infinity'`,
   * `'-Infinity'`. Numbers of a float8, and of what is smaller than a byte, are raw bits; a typed array is taken as it
   * is, and one of float16 or bfloat16 in a `Uint16Array` as bits.
   */
  readonly data: ArrayLike<number | bigint | string | boolean>
}

/**
 * What the original model is given, and what it answers: inputs by the names that the exporter was told, also those that
 * the exported model then lacks.
 */
export interface ExportSample {
  readonly inputs: Readonly<Record<string, SampleTensor | Tensor | OrtValue>>
  /** Left out, results are not compared. */
  readonly outputs?: Readonly<Record<string, SampleTensor | Tensor | OrtValue>>
}

/** The contents of a sample file; samples of shapes that were not traced tell the most. */
export interface SampleSet {
  readonly samples: readonly ExportSample[]
  /** 1e-3 relative and 1e-4 absolute where left out. */
  readonly tolerance?: Partial<Tolerance>
}

/** @internal a sample that was checked */
export interface ResolvedSample {
  readonly inputs: ReadonlyMap<string, HostTensor>
  readonly outputs: ReadonlyMap<string, HostTensor> | undefined
}

/** @throws OrtTypeError, OrtRangeError, OrtError that name the place in the samples */
export function resolveSamples(given: unknown): { samples: ResolvedSample[]; tolerance: Tolerance } {
  const set = Array.isArray(given) ? { samples: given } : given
  if (!isRecord(set) || !Array.isArray(set.samples) || set.samples.length === 0) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', 'these are no samples', {
      expected:
        'an array of { inputs, outputs } with at least one, or an object with such an array as `samples`',
      given: describe(given),
    })
  }
  checkKnown(set, ['samples', 'tolerance'], 'entry of the samples')
  const { tolerance = {} } = set
  if (!isRecord(tolerance)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'tolerance' must be { rtol, atol }", {
      given: describe(tolerance),
    })
  }
  checkKnown(tolerance, ['rtol', 'atol'], "entry of 'tolerance'")
  return {
    samples: set.samples.map(resolveSample),
    tolerance: {
      rtol: bound(tolerance.rtol ?? 1e-3, 'tolerance.rtol'),
      atol: bound(tolerance.atol ?? 1e-4, 'tolerance.atol'),
    },
  }
}

function bound(value: unknown, argument: string): number {
  if (typeof value === 'number' && value >= 0) return value
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${argument}' must be a number that is not negative`, {
    given: describe(value),
  })
}

function resolveSample(sample: unknown, index: number): ResolvedSample {
  const place = `samples[${index}]`
  if (!isRecord(sample) || !isRecord(sample.inputs)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${place}' has no inputs`, {
      expected:
        '{ inputs: { NAME: { type, dims, data } } }, with `outputs` of the same form where they are known',
    })
  }
  checkKnown(sample, ['inputs', 'outputs'], `entry of '${place}'`)
  const { inputs, outputs } = sample
  if (outputs !== undefined && !isRecord(outputs)) {
    throw new OrtTypeError(
      'ERR_INVALID_ARG_TYPE',
      `'${place}.outputs' must be an object of tensors by name`,
      {
        given: describe(outputs),
      },
    )
  }
  return {
    inputs: tensorsOf(inputs, `${place}.inputs`),
    outputs: outputs && tensorsOf(outputs, `${place}.outputs`),
  }
}

function tensorsOf(record: Record<string, unknown>, place: string): Map<string, HostTensor> {
  return new Map(Object.entries(record).map(([name, value]) => [name, hostTensor(value, `${place}.${name}`)]))
}

/** The tensor's own copy, in host memory: the caller's may change while the check goes on. */
function hostTensor(value: unknown, place: string): HostTensor {
  const onDevice = isTensor(value) ? gpuValue(value, place) : undefined
  if (value instanceof OrtValue || onDevice !== undefined)
    return readTensor(onDevice ?? (value as OrtValue), place)
  if (!isTensor(value)) return parsed(value, place)
  const type = checkElementType(value.type, `${place}.type`)
  return { type, dims: value.dims, data: rawCopy(tensorData(value, type, place)) }
}

/** @throws OrtTypeError `ERR_TYPE_MISMATCH` for what is no tensor, or one of a type without a name */
export function readTensor(value: OrtValue, place: string): HostTensor {
  if (value.kind !== 'tensor') {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `'${place}' is no tensor`, { given: value.kind })
  }
  const data = value.read() as OrtValueData
  return { type: value.type, dims: value.dims, data: Array.isArray(data) ? data : rawView(data) }
}

function rawCopy(data: OrtValueData): OrtValueData {
  return Array.isArray(data) ? [...data] : rawView(copyTypedArray(data))
}

function parsed(value: unknown, place: string): HostTensor {
  if (!isRecord(value) || !isArrayLike(value.data)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${place}' is no tensor`, {
      expected: '{ type, dims, data }, a Tensor or an OrtValue',
      given: describe(value),
    })
  }
  const type = checkElementType(value.type, `${place}.type`)
  const dims = checkDims(value.dims, `${place}.dims`)
  const size = elementCount(dims)
  const elements = ArrayBuffer.isView(value.data)
    ? checkArray(type, value.data, `${place}.data`)
    : Array.from(value.data)
  const length = type === 'string' ? size : arrayLength(type, size)
  if (elements.length !== length) {
    throw new OrtTypeError(
      'ERR_INVALID_LENGTH',
      `'${place}.data' does not fit its shape [${dims.join(', ')}]`,
      {
        expected: `${length} elements`,
        given: String(elements.length),
      },
    )
  }
  if (!Array.isArray(elements)) return { type, dims, data: rawCopy(elements) }
  if (type === 'string') return { type, dims, data: elements.map(String) }
  return { type, dims, data: filled(type, elements, `${place}.data`) }
}

function filled(type: ElementType, elements: readonly unknown[], place: string): TypedArray {
  const data = rawView(typedArrayView(type, new ArrayBuffer(elements.length * bytesOf(type))))
  elements.forEach((element, i) => {
    if (store(type, data, i, element)) return
    throw new OrtError('ERR_INVALID_ARG_VALUE', `'${place}[${i}]' is no ${type}`, {
      given: describe(element),
    })
  })
  return data
}

/** Whether the element is one of the type: nothing is rounded to a whole number, and nothing wraps around. */
function store(type: ElementType, data: TypedArray, i: number, element: unknown): boolean {
  const number = numberOf(element)
  if (number === undefined) return false
  if (type === 'float32' || type === 'float64') data[i] = number as never
  else if (type === 'float16') data[i] = toFloat16(number) as never
  else if (type === 'bfloat16') data[i] = toBfloat16(number) as never
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) return storeBig(data, i, element)
  else {
    data[i] = number as never
    return data[i] === number
  }
  return true
}

function storeBig(data: BigInt64Array | BigUint64Array, i: number, element: unknown): boolean {
  if (typeof element === 'number' && !Number.isSafeInteger(element)) return false
  try {
    const integer = BigInt(element as string)
    data[i] = integer
    return data[i] === integer
  } catch {
    return false // a fraction, in a string
  }
}

function numberOf(element: unknown): number | undefined {
  if (typeof element === 'string') {
    const number = element.trim() === '' ? Number.NaN : Number(element)
    return Number.isNaN(number) && element !== 'NaN' ? undefined : number
  }
  return /^(number|boolean|bigint)$/.test(typeof element) ? Number(element) : undefined
}

const bytesOf = (type: ElementType): number => typedArrayView(type, new ArrayBuffer(0)).BYTES_PER_ELEMENT

const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
