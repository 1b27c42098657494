import type { Tensor } from 'onnxruntime-common'
import { arrayLength, checkElementType, type ElementType, rawView, viewOf } from '../element-types'
import { describe, OrtError, OrtTypeError } from '../errors'
import { isRecord } from '../options'
import { checkDims, sizeOf } from '../shape'
import { dataOf, isTensor } from '../tensor'
import { OrtValue } from '../value'
import type { HostTensor, Tolerance } from './elements'
import { toFloat16 } from './float16'

/** A tensor as a sample file writes it. */
export interface SampleTensor {
  readonly type: ElementType
  readonly dims: readonly number[]
  /**
   * Flat, row by row. What JSON has no number for is a string: an integer beyond 2^53, `'NaN'`, `'Infinity'`,
   * `'-Infinity'`.
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
  const tolerance = isRecord(set.tolerance) ? set.tolerance : {}
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
  const { inputs, outputs } = sample
  return {
    inputs: tensorsOf(inputs, `${place}.inputs`),
    outputs: isRecord(outputs) ? tensorsOf(outputs, `${place}.outputs`) : undefined,
  }
}

function tensorsOf(record: Record<string, unknown>, place: string): Map<string, HostTensor> {
  return new Map(Object.entries(record).map(([name, value]) => [name, hostTensor(value, `${place}.${name}`)]))
}

/** A tensor of the sample, or of a run's results, in host memory. */
export function hostTensor(value: unknown, place: string): HostTensor {
  if (value instanceof OrtValue) {
    if (value.kind !== 'tensor') {
      throw new OrtTypeError('ERR_TYPE_MISMATCH', `'${place}' is no tensor`, { given: value.kind })
    }
    const data = value.read() as HostTensor['data']
    return { type: value.type, dims: value.dims, data: Array.isArray(data) ? data : rawView(data) }
  }
  if (isTensor(value)) {
    const type = checkElementType(value.type)
    const data = dataOf(value, type, place)
    return { type, dims: value.dims, data: Array.isArray(data) ? data : rawView(data) }
  }
  return parsed(value, place)
}

function parsed(value: unknown, place: string): HostTensor {
  if (!isRecord(value) || !isArrayLike(value.data)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${place}' is no tensor`, {
      expected: '{ type, dims, data }, a Tensor or an OrtValue',
      given: describe(value),
    })
  }
  const type = checkElementType(value.type)
  const dims = checkDims(value.dims, `${place}.dims`)
  const size = sizeOf(dims)
  const elements = Array.from(value.data)
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
  if (type === 'string') return { type, dims, data: elements.map(String) }
  return { type, dims, data: filled(type, elements, `${place}.data`) }
}

function filled(type: ElementType, elements: readonly unknown[], place: string): HostTensor['data'] {
  const data = rawView(viewOf(type, new ArrayBuffer(elements.length * bytesOf(type))))
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  elements.forEach((element, i) => {
    try {
      const converted = isBig ? BigInt(element as string) : numberOf(element)
      data[i] = (type === 'float16' ? toFloat16(converted as number) : converted) as never
    } catch (cause) {
      throw new OrtError('ERR_INVALID_ARG_VALUE', `'${place}[${i}]' is no ${type}`, {
        given: describe(element),
        cause,
      })
    }
  })
  return data
}

function numberOf(element: unknown): number {
  const isText = typeof element === 'string' && element.trim() !== ''
  const value = isText || /number|boolean|bigint/.test(typeof element) ? Number(element) : undefined
  if (value === undefined || (isText && Number.isNaN(value) && element !== 'NaN')) {
    throw new TypeError('it is no number')
  }
  return value
}

const bytesOf = (type: ElementType): number => viewOf(type, new ArrayBuffer(0)).BYTES_PER_ELEMENT

const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)

/** @internal the tensor as a run's feed; to be disposed of after the run */
export function feedOf({ type, dims, data }: HostTensor): OrtValue {
  const value = OrtValue.allocate(type, dims)
  value.write(data as never)
  return value
}
