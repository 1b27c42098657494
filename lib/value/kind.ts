import { ValueKind } from '../engine/engine'

/** What a value is: ONNX Runtime's `ONNXType`. */
export type OrtValueKind = keyof typeof ValueKind

const KINDS = new Map(Object.entries(ValueKind).map(([name, code]) => [code as number, name as OrtValueKind]))

export function valueKind(code: number): OrtValueKind {
  return KINDS.get(code) ?? 'opaque'
}
