import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect } from 'vitest'
import type { TensorValue } from './tensors.mjs'
import { compareTensors, type Tolerance, type Value } from './test-data.mjs'

/** The tensors of a data set; none of the models takes or gives anything else. */
export function onlyTensors(values: readonly Value[]): TensorValue[] {
  return values.map((value) => {
    if (value.kind !== 'tensor') throw new Error(`${value.name} is a ${value.kind}`)
    return value
  })
}

export function toTensor({ type, data, dims }: Pick<TensorValue, 'type' | 'data' | 'dims'>): Tensor {
  return new Tensor(type as Tensor.Type, data as Tensor.DataType, dims)
}

/** An OrtValue with memory of its own. */
export function toOrtValue(value: Pick<TensorValue, 'type' | 'data' | 'dims'>): OrtValue {
  return OrtValue.fromTensor(toTensor(value))
}

export function float32(data: Iterable<number>, dims?: readonly number[]): Tensor {
  const array = Float32Array.from(data)
  return new Tensor('float32', array, dims ?? [array.length])
}

export function int64(data: readonly (number | bigint)[], dims: readonly number[] = [data.length]): Tensor {
  return new Tensor('int64', BigInt64Array.from(data, BigInt), dims)
}

/** Fails with the first element that differs. */
export function expectTensor(
  actual: Tensor | OrtValue | undefined,
  expected: Pick<TensorValue, 'type' | 'data' | 'dims'>,
  tolerance?: Tolerance,
): void {
  const data = actual instanceof OrtValue ? actual.read() : actual!.data
  expect(compareTensors({ type: actual!.type, dims: actual!.dims, data }, expected, tolerance)).toBeNull()
}
