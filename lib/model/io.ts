import { nearest } from '../check'
import { type RawValueInfo, ValueKind } from '../engine/engine'
import { describe, listed, OrtRangeError, OrtTypeError } from '../errors'
import { type ElementType, elementTypeName } from './element-types'
import { type DeclaredShape, matches, shapeText } from './shape'

/** A model input or output as the model declares it, in onnxruntime-common's form. */
export type ValueMetadata =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string
      readonly isTensor: true
      /** Element type; `'undefined'` for complex numbers. */
      readonly type: ElementType | 'undefined'
      /** Dynamic dimensions by symbolic name, or `''`; empty for a scalar and for an unknown rank. */
      readonly shape: DeclaredShape
    }

export function toMetadata(info: RawValueInfo): ValueMetadata {
  if (info.kind !== ValueKind.tensor) return Object.freeze({ name: info.name, isTensor: false })
  return Object.freeze({
    name: info.name,
    isTensor: true,
    type: elementTypeName(info.type) ?? 'undefined',
    // The session checks shapes by the same array.
    shape: Object.freeze(info.shape ?? []),
  })
}

/** A model's inputs, or its outputs: their indices, metadata, and checks of the values that can be bound. */
export class SessionIO {
  readonly names: readonly string[]
  readonly metadata: readonly ValueMetadata[]
  /** The fetches of a run that names none: all, without pre-allocated tensors. */
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
    const near = typeof name === 'string' ? nearest(name, this.names) : undefined
    throw new OrtRangeError(
      this.side === 'input' ? 'ERR_UNKNOWN_INPUT' : 'ERR_UNKNOWN_OUTPUT',
      `'${argument}' names an ${this.side} that the model does not have`,
      {
        expected: `one of ${listed(this.names.map(describe))}`,
        given: describe(name),
        ...(near !== undefined && { remedy: `Did you mean '${near}'?` }),
      },
    )
  }

  info(index: number): RawValueInfo {
    return this.infos[index]!
  }

  /** Whether a run needs no value: the model declares the type `optional`. */
  isOptional(index: number): boolean {
    return this.info(index).kind === ValueKind.optional
  }

  /** Declared shapes beside those of the given values, of the inputs that have both. */
  givenShapes(dimsOf: (name: string) => readonly number[] | undefined) {
    return this.infos.flatMap(({ name, shape: declared }) => {
      const dims = dimsOf(name)
      return declared === undefined || dims === undefined ? [] : [{ name, declared, dims }]
    })
  }

  /** Declared types and shapes by name, as text. */
  summary(): Record<string, string> {
    return Object.fromEntries(
      this.metadata.map((info) => [
        info.name,
        info.isTensor ? `${info.type}${shapeText(info.shape)}` : 'not a tensor',
      ]),
    )
  }

  /** @throws OrtTypeError `ERR_TYPE_MISMATCH` unless a tensor of `type` can be bound */
  checkType(index: number, type: ElementType): void {
    const { name, kind, type: code } = this.info(index)
    // A tensor is a value of an optional input.
    if (kind === ValueKind.optional || elementTypeName(code) === type) return
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `${this.side} '${name}' has the wrong type`, {
      expected:
        kind === ValueKind.tensor
          ? (elementTypeName(code) ?? `type ${code}`)
          : 'a value that is not a tensor',
      given: type,
    })
  }

  /** @throws OrtRangeError `ERR_SHAPE_MISMATCH` unless ONNX Runtime takes `dims` for the declared shape */
  checkShape(index: number, dims: readonly number[]): void {
    const { name, shape } = this.info(index)
    if (matches(shape, dims)) return
    throw new OrtRangeError('ERR_SHAPE_MISMATCH', `${this.side} '${name}' has the wrong shape`, {
      expected: shapeText(shape!),
      given: shapeText(dims),
    })
  }

  /** Checks the type, and the shape of an input: the declared shape of an output is a hint. */
  checkValue(index: number, value: { kind: string; type: ElementType; dims: readonly number[] }): void {
    if (value.kind === 'optional' && !this.isOptional(index)) {
      const message = `${this.side} '${this.names[index]}' needs a value`
      throw new OrtTypeError('ERR_TYPE_MISMATCH', message, { given: 'an optional without a value' })
    }
    if (value.kind !== 'tensor') return
    this.checkType(index, value.type)
    if (this.side === 'input') this.checkShape(index, value.dims)
  }
}
