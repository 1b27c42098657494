import { SMALL_FLOATS } from '../../model/small-floats'
import { same } from '../tensors/compare'
import { emptyLike, type HostTensor, isInexact, isWhole } from '../tensors/host-tensor'

type Change = (value: number, index: number) => number

/** Small and large steps; the last one replaces NaN by numbers. */
const FLOAT_CHANGES: readonly Change[] = [
  (value, i) => value + (1 + Math.abs(value)) * (i % 2 === 0 ? 0.5 : -0.25),
  (value) => (value === 0 ? 1 : -value),
  (value) => value * 8 + 8,
  (_value, i) => (i % 3) - 1,
]

const BOOL_CHANGES: readonly Change[] = [
  (value) => 1 - value,
  () => 1,
  () => 0,
  (value, i) => (i === 0 ? 1 - value : value),
]

/**
 * Other values of an input, to find whether the model uses it. A single one is not enough: a small step may not cross a
 * threshold, and an index may be outside a table. If none changes an output, the input's values have no effect.
 *
 * Empty for what cannot be varied: an empty tensor, the float8s, and elements smaller than a byte.
 */
export function* variants(tensor: HostTensor): Generator<HostTensor, undefined> {
  const { type, data } = tensor
  if (data.length === 0 || !isWhole(type) || type.startsWith('float8')) return
  if (Array.isArray(data)) {
    yield { ...tensor, data: data.map((text) => `${text}a`) }
    return
  }
  for (const change of changes(tensor)) {
    const variant = mapped(tensor, change)
    if (!same(variant, tensor)) yield variant
  }
}

function changes(tensor: HostTensor): readonly Change[] {
  const { type } = tensor
  if (type === 'bool') return BOOL_CHANGES
  const codec = SMALL_FLOATS[type]
  if (codec !== undefined) {
    return FLOAT_CHANGES.map((change) => (bits, i) => codec.encode(change(codec.decode(bits), i)))
  }
  return isInexact(type) ? FLOAT_CHANGES : integerChanges(tensor)
}

/** Values in the range of the input's own, where indices of a table are valid; then a step to either side, 0 and 1. */
function integerChanges({ data }: HostTensor): readonly Change[] {
  let [least, most] = [Infinity, -Infinity]
  for (const element of data) {
    least = Math.min(least, Number(element))
    most = Math.max(most, Number(element))
  }
  return [
    (value) => (value === least ? most : least),
    (value, i) => least + ((value - least + 1 + (i % 3)) % (most - least + 1)),
    (value) => value + 1,
    (value) => Math.max(value - 1, 0),
    (value) => (value === 0 ? 1 : 0),
  ]
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
