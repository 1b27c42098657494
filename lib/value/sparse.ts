import type { EngineValue } from '../engine/engine'
import { OrtError, OrtTypeError } from '../errors'
import type { OrtValueData } from './data'
import type { OrtValueKind } from './kind'

/** ONNX Runtime's formats of sparse tensors. */
export type SparseFormat = 'coo' | 'csr' | 'blockSparse'

/** By `OrtSparseFormat`. */
const FORMATS: Readonly<Record<number, SparseFormat>> = { 1: 'coo', 2: 'csr', 4: 'blockSparse' }

/** The parts of a sparse tensor. `P` is what a part is: an OrtValue, or its elements. */
export interface SparseParts<P> {
  readonly format: SparseFormat
  /** Of the dense tensor. */
  readonly dims: readonly number[]
  readonly values: P
  /**
   * Where the values are: `[indices]` for `coo` (int64 of `[n]`, into the flat tensor, or of `[n, 2]`), `[inner, outer]` for `csr`,
   * `[indices]` for `blockSparse`.
   */
  readonly indices: readonly P[]
}

/** See `OrtValue.sparse`. */
export function sparseParts<P>(
  kind: OrtValueKind,
  value: EngineValue,
  part: (value: EngineValue) => P,
): SparseParts<P> {
  if (kind !== 'sparseTensor' || value.sparse === undefined) {
    throw new OrtTypeError('ERR_TYPE_MISMATCH', 'only a sparse tensor has sparse parts', { given: kind })
  }
  const { format, dims, values, indices } = value.sparse()
  const name = FORMATS[format]
  if (name === undefined) {
    throw new OrtError('ERR_NOT_SUPPORTED', 'the sparse tensor has an unknown format', { given: `${format}` })
  }
  return { format: name, dims, values: part(values), indices: indices.map(part) }
}

interface Readable extends Disposable {
  read(): OrtValueData
}

/** The elements of the parts, which are disposed of. */
export function readParts({ values, indices, ...rest }: SparseParts<Readable>): SparseParts<OrtValueData> {
  const take = (part: Readable) => {
    using owned = part
    return owned.read()
  }
  return { ...rest, values: take(values), indices: indices.map(take) }
}
