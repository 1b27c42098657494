import { type RawValueInfo, ValueKind } from '../engine/engine'
import { OrtRangeError, OrtTypeError } from '../errors'
import type { OrtValue } from '../value/value'
import { type ElementType, elementTypeName } from './element-types'
import { type DeclaredShape, matches, shapeText } from './shape'

/** A model input or output as it declares itself, in onnxruntime-common's form. */
export type ValueMetadata =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string
      readonly isTensor: true
      /** Element type; `'undefined'` for one that has no name here (complex numbers). */
      readonly type: ElementType | 'undefined'
      /** Symbolic dimensions by name, `''` where the model names none; empty for a scalar and where the rank is open. */
      readonly shape: DeclaredShape
    }

export function toMetadata(info: RawValueInfo): ValueMetadata {
  if (info.kind !== ValueKind.tensor) return { name: info.name, isTensor: false }
  return {
    name: info.name,
    isTensor: true,
    type: elementTypeName(info.type) ?? 'undefined',
    shape: info.shape ?? [],
  }
}

/** A model's inputs, or its outputs: positions by name, and what may be bound to each. */
export class SessionIO {
  readonly names: readonly string[]
  readonly metadata: readonly ValueMetadata[]
  /** Every name, with no tensor to write into: what a run without fetches gives. */
  readonly all: ReadonlyMap<string, null>
  readonly #indices: ReadonlyMap<string, number>

  constructor(
    readonly side: 'input' | 'output',
    readonly infos: readonly RawValueInfo[],
  ) {
    this.names = Object.freeze(infos.map((info) => info.name))
    this.metadata = Object.freeze(infos.map(toMetadata))
    this.all = new Map(this.names.map((name) => [name, null]))
    this.#indices = new Map(infos.map((info, index) => [info.name, index]))
  }

  has(name: string): boolean {
    return this.#indices.has(name)
  }

  /** @throws OrtRangeError `ERR_UNKNOWN_INPUT` or `ERR_UNKNOWN_OUTPUT`, naming `argument` */
  indexOf(name: string, argument: string): number {
    const index = this.#indices.get(name)
    if (index !== undefined) return index
    throw new OrtRangeError(
      this.side === 'input' ? 'ERR_UNKNOWN_INPUT' : 'ERR_UNKNOWN_OUTPUT',
      `'${argument}' names an ${this.side} that the model does not have`,
      { expected: `one of ${this.names.map((known) => `'${known}'`).join(', ')}`, given: `'${name}'` },
    )
  }

  info(index: number): RawValueInfo {
    return this.infos[index]!
  }

  /** @throws OrtTypeError `ERR_TYPE_MISMATCH` unless a tensor of `type` may be bound */
  checkType(index: number, type: ElementType): void {
    const { name, kind, type: code } = this.info(index)
    // An optional input takes the tensor itself.
    if (kind === ValueKind.optional || elementTypeName(code) === type) return
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `${this.side} '${name}' has the wrong type`, {
      expected:
        kind === ValueKind.tensor ? (elementTypeName(code) ?? `type ${code}`) : 'a value that is no tensor',
      given: type,
    })
  }

  /** @throws OrtRangeError `ERR_SHAPE_MISMATCH` where `dims` are not what the model declares */
  checkShape(index: number, dims: readonly number[]): void {
    const { name, shape } = this.info(index)
    if (matches(shape, dims)) return
    throw new OrtRangeError('ERR_SHAPE_MISMATCH', `${this.side} '${name}' has the wrong shape`, {
      expected: shapeText(shape!), // one that is open matches all
      given: `[${dims.join(', ')}]`,
    })
  }

  /** Type, and for inputs the shape: what an output declares is a hint, the run tells. */
  checkValue(index: number, value: OrtValue): void {
    if (value.kind !== 'tensor') return
    this.checkType(index, value.type)
    if (this.side === 'input') this.checkShape(index, value.dims)
  }
}
