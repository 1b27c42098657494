import { emptyLike, type HostTensor, isInexact, isWhole } from './elements'
import { fromFloat16, toFloat16 } from './float16'

type Change = (value: number, index: number) => number

/** No number is left where it was, and none is far from those that the model knows. */
const OF_FLOATS: readonly Change[] = [
  (value, i) => value + (1 + Math.abs(value)) * (i % 2 === 0 ? 0.5 : -0.25),
  (value) => (value === 0 ? 1 : -value),
  (value) => value * 8 + 8,
]

/**
 * Other values that an input could have, for finding out whether the model looks at it. One of them may not do: a
 * comparison with a threshold sees none of a small step, a table none of an index that it does not have. Where all of
 * them change nothing, the input has no effect.
 *
 * Empty for what cannot be varied: an empty tensor, and elements smaller than a byte.
 */
export function variantsOf(tensor: HostTensor): HostTensor[] {
  const { type, data } = tensor
  if (data.length === 0 || !isWhole(type) || type.startsWith('float8')) return []
  if (Array.isArray(data)) return [{ ...tensor, data: data.map((text) => `${text}a`) }]
  if (type === 'bool') return [mapped(tensor, (value) => (value === 0 ? 1 : 0))]
  if (type === 'float16') {
    return OF_FLOATS.map((change) => mapped(tensor, (bits, i) => toFloat16(change(fromFloat16(bits), i))))
  }
  if (type === 'bfloat16') return [mapped(tensor, (bits) => bits ^ 0x8040)]
  if (isInexact(type)) return OF_FLOATS.map((change) => mapped(tensor, change))
  return ofIntegers(tensor)
}

/** Within the range of what the input has, where an index of a table is valid; then a step to either side, 0 and 1. */
function ofIntegers(tensor: HostTensor): HostTensor[] {
  const numbers = Array.from(tensor.data as ArrayLike<number | bigint>, Number)
  const [least, most] = numbers.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)], [
    numbers[0]!,
    numbers[0]!,
  ] as [number, number])
  const changes: Change[] = [
    (value) => (value === least ? most : least),
    (value, i) => least + ((value - least + 1 + (i % 3)) % (most - least + 1)),
    (value) => value + 1,
    (value) => Math.max(value - 1, 0),
    (value) => (value === 0 ? 1 : 0),
  ]
  return changes
    .map((change) => mapped(tensor, change))
    .filter(({ data }) => numbers.some((value, i) => value !== Number(data[i])))
}

function mapped(tensor: HostTensor, change: Change): HostTensor {
  const source = tensor.data as ArrayLike<number | bigint>
  const data = emptyLike(tensor.data, source.length) as { [index: number]: number | bigint }
  for (let i = 0; i < source.length; ++i) {
    const value = source[i]!
    data[i] = typeof value === 'bigint' ? BigInt(change(Number(value), i)) : change(value, i)
  }
  return { ...tensor, data: data as HostTensor['data'] }
}
