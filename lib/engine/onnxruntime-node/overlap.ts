import { OrtError } from '../../errors'
import { shapeText } from '../../model/shape'
import type { RawValueInfo } from '../engine'
import type { HeapValue } from './value'

/** An output that is bound to a value. */
export interface BoundOutput {
  readonly value: HeapValue
  readonly alias: boolean
}

type Inputs = ReadonlyMap<number, HeapValue>
type Outputs = ReadonlyMap<number, BoundOutput | undefined>

const REMEDY =
  'Bind a value with memory of its own; to exchange the values of outputs, call clearBindingOutputs() first'

/** @throws OrtError `ERR_MEMORY_OVERLAP` if an input and an output overlap in part */
export function checkPart(input: HeapValue, output: HeapValue): void {
  if (input.overlap(output) !== 'part') return
  throw new OrtError('ERR_MEMORY_OVERLAP', 'an input and an output overlap in a part of their memory', {
    remedy: REMEDY,
  })
}

/** @throws OrtError `ERR_MEMORY_OVERLAP` if `value` overlaps with another output, or in part with an input */
export function checkOutput(index: number, value: HeapValue, inputs: Inputs, outputs: Outputs): void {
  for (const input of inputs.values()) checkPart(input, value)
  for (const [other, bound] of outputs) {
    if (other === index || bound === undefined || value.overlap(bound.value) === 'none') continue
    throw new OrtError('ERR_MEMORY_OVERLAP', 'two outputs would be written to the same memory', {
      remedy: REMEDY,
    })
  }
}

/** What ONNX Runtime writes in place of the outputs' values, and what is copied after each run, in this order. */
export class Placement {
  readonly #second = new Map<number, HeapValue>()
  readonly copies: [from: HeapValue, to: HeapValue][] = []

  constructor(inputs: Inputs, outputs: Outputs, inputInfos: RawValueInfo[], outputInfos: RawValueInfo[]) {
    const last: [HeapValue, HeapValue][] = []
    for (const [index, bound] of outputs) {
      if (bound === undefined) continue
      const { value } = bound
      const { name } = outputInfos[index]!
      // ONNX Runtime gives the input's own value as an output of its name.
      const passed = inputs.get(inputInfos.findIndex((info) => info.name === name))
      if (passed !== undefined && passed.overlap(value) === 'same') continue
      if (
        (value.isString || !bound.alias) &&
        [...inputs.values()].some((one) => one.overlap(value) === 'same')
      ) {
        const second = value.like()
        this.#second.set(index, second)
        last.push([second, value])
      }
      if (passed === undefined) continue
      if (String(passed.dims()) !== String(value.dims())) {
        throw new OrtError(
          'ERR_OUTPUT_SHAPE',
          `output '${name}' is an input, and is bound to another shape`,
          {
            expected: shapeText(passed.dims()),
            given: shapeText(value.dims()),
            remedy: "Bind a buffer of the run's shape, or 'dynamic' to have ONNX Runtime allocate it",
          },
        )
      }
      this.copies.push([passed, this.target(index, value)])
    }
    this.copies.push(...last)
  }

  /** What ONNX Runtime writes for an output. */
  target(index: number, value: HeapValue): HeapValue {
    return this.#second.get(index) ?? value
  }

  get bytes(): number {
    return this.copies.reduce((sum, [, to]) => sum + to.byteLength, 0)
  }
}
