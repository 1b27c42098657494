import type { InferenceSession as Common, Tensor } from 'onnxruntime-common'
import { nearest } from '../check'
import { type DeviceName, type EngineValue, type RawValueInfo, ValueKind } from '../engine/engine'
import { describe, listed, OrtError, OrtRangeError, OrtTypeError } from '../errors'
import { type ElementType, elementTypeCode, elementTypeName } from './element-types'
import { type DeclaredShape, matches, shapeText } from './shape'

/**
 * A model input or output as the model declares it, in onnxruntime-common's form. `type` can be a name that onnxruntime-common's
 * type lacks (`bfloat16`), and is `'undefined'` for complex numbers: `session.inputTypes` has all. `shape` has dynamic dimensions
 * by symbolic name, or `''`; it is empty for a scalar and for an unknown rank.
 */
export type ValueMetadata = Common.ValueMetadata

export function toMetadata(info: RawValueInfo): ValueMetadata {
  if (info.kind !== ValueKind.tensor) return Object.freeze({ name: info.name, isTensor: false })
  return Object.freeze({
    name: info.name,
    isTensor: true,
    type: (elementTypeName(info.type) ?? 'undefined') as Tensor.Type,
    // The session checks shapes by the same array.
    shape: Object.freeze(info.shape ?? []),
  })
}

/** The type of an input or output: all that ONNX Runtime reports, where {@link ValueMetadata} has onnxruntime-common's part. */
export interface ValueType {
  readonly name: string
  readonly kind: keyof typeof ValueKind
  /** The type as text: `float32`, `sequence(map(int64,tensor(float32)))`. onnxruntime-node reports tensors alone, else `opaque`. */
  readonly type: string
  /** Of a tensor: `[]` for a scalar, which onnxruntime-node does not report; undefined for an unknown rank and other kinds. */
  readonly shape: DeclaredShape | undefined
  /** What the model says that it means, such as `IMAGE` (ONNX's denotations); absent where it says nothing. */
  readonly denotation?: string
  /** Where the session reads or writes it: other memory is copied. */
  readonly location: DeviceName
}

interface CheckedValue {
  readonly kind: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly engineValue: Pick<EngineValue, 'form'>
}

/** A model's inputs, or its outputs: their indices, metadata, and checks of the values that can be bound. */
export class SessionIO {
  /** Without inputs that an initializer is the default of. */
  readonly names: readonly string[]
  readonly metadata: readonly ValueMetadata[]
  /** The others. */
  readonly overridable: readonly ValueMetadata[]
  /** The fetches of a run that names none: all, without pre-allocated tensors. */
  readonly all: ReadonlyMap<string, null>
  readonly #indices: ReadonlyMap<string, number>

  constructor(
    readonly side: 'input' | 'output',
    readonly infos: readonly RawValueInfo[],
  ) {
    const declared = infos.filter(({ overridable }) => !overridable)
    this.names = Object.freeze(declared.map(({ name }) => name))
    this.metadata = Object.freeze(declared.map(toMetadata))
    this.overridable = Object.freeze(infos.slice(declared.length).map(toMetadata))
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
    const names = this.infos.map((info) => info.name)
    const near = typeof name === 'string' ? nearest(name, names) : undefined
    throw new OrtRangeError(
      this.side === 'input' ? 'ERR_UNKNOWN_INPUT' : 'ERR_UNKNOWN_OUTPUT',
      `'${argument}' names an ${this.side} that the model does not have`,
      {
        expected: `one of ${listed(names.map(describe))}`,
        given: describe(name),
        ...(near !== undefined && { remedy: `Did you mean '${near}'?` }),
      },
    )
  }

  info(index: number): RawValueInfo {
    return this.infos[index]!
  }

  /** Whether a run needs no value: the model declares the type `optional`, or an initializer as the default. */
  isOptional(index: number): boolean {
    const { kind, overridable } = this.info(index)
    return kind === ValueKind.optional || overridable === true
  }

  /** Declared shapes beside those of the given values, of the inputs that have both. */
  givenShapes(getDims: (name: string) => readonly number[] | undefined) {
    return this.infos.flatMap(({ name, shape: declared }) => {
      const dims = getDims(name)
      return declared === undefined || dims === undefined ? [] : [{ name, declared, dims }]
    })
  }

  /** @param device the session's */
  types(device: DeviceName): readonly ValueType[] {
    return this.infos.map((info) => {
      const kind = kindName(info.kind)
      return Object.freeze({
        name: info.name,
        kind,
        type: formText(info.form ?? (kind === 'tensor' ? `tensor(${info.type})` : kind)),
        shape: info.shape,
        ...(info.denotation !== undefined && { denotation: info.denotation }),
        location: info.onDevice === true ? device : 'cpu',
      })
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
    if (elementTypeName(this.info(index).type) !== type)
      this.#checkForm(index, `tensor(${elementTypeCode(type)})`)
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
  checkValue(index: number, value: CheckedValue): void {
    if (this.side === 'output') this.#checkMemory(index)
    if (value.kind === 'tensor') {
      this.checkType(index, value.type)
      if (this.side === 'input') this.checkShape(index, value.dims)
    } else if (value.kind === 'optional') {
      if (this.isOptional(index)) return
      const message = `${this.side} '${this.info(index).name}' needs a value`
      throw new OrtTypeError('ERR_TYPE_MISMATCH', message, { given: 'an optional without a value' })
    } else {
      this.#checkForm(index, value.engineValue.form())
    }
  }

  /** @throws OrtTypeError `ERR_TYPE_MISMATCH` unless the declared type, or what an optional contains, has this form */
  #checkForm(index: number, form: string): void {
    const { name, form: declared } = this.info(index)
    const expected = declared?.replace(/^optional\((.*)\)$/, '$1')
    // A form that is only the kind: the engine does not know more.
    if (expected === form || (!form.includes('(') && expected?.startsWith(`${form}(`))) return
    throw new OrtTypeError('ERR_TYPE_MISMATCH', `${this.side} '${name}' has the wrong type`, {
      expected: formText(expected ?? 'a value that is not a tensor'),
      given: formText(form),
    })
  }

  /** ONNX Runtime appends to the elements of a sequence that it finds in an output, and replaces an optional. */
  #checkMemory(index: number): void {
    const { name, kind, form } = this.info(index)
    if (kind === ValueKind.tensor) return
    const what = form === undefined ? 'not a tensor' : `of type ${formText(form)}`
    throw new OrtError('ERR_NOT_SUPPORTED', `output '${name}' is ${what}, and cannot be bound to a value`, {
      remedy: "Bind it as 'dynamic' (bindOutput), and its result as the input of the next run",
    })
  }
}

const kindName = (code: number) =>
  (Object.keys(ValueKind) as (keyof typeof ValueKind)[]).find((name) => ValueKind[name] === code) ?? 'opaque'

/** With the names of element types; a tensor by its element type alone. */
function formText(form: string): string {
  const named = form.replace(/\d+/g, (code) => elementTypeName(Number(code)) ?? `type ${code}`)
  return named.replace(/^tensor\((.*)\)$/, '$1')
}
