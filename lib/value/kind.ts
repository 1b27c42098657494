import { ValueKind } from '../engine/engine'
import { argumentTypeError, OrtTypeError } from '../errors'

/** What a value is: ONNX Runtime's `ONNXType`. */
export type OrtValueKind = keyof typeof ValueKind

const KINDS = new Map(Object.entries(ValueKind).map(([name, code]) => [code as number, name as OrtValueKind]))

export function valueKind(code: number): OrtValueKind {
  return KINDS.get(code) ?? 'opaque'
}

/** The error of what is not an OrtValue, or is a proxy of one. */
export function ortValueError(argument: string, given: unknown, isProxy: boolean): OrtTypeError {
  if (!isProxy) return argumentTypeError(argument, 'an OrtValue', given)
  return new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' is a proxy of an OrtValue`, {
    expected: 'the OrtValue itself',
    remedy: "Keep it out of reactive state: Vue's markRaw() or toRaw(), MobX's observable.ref",
  })
}
