import { IoBinding } from '../binding/binding'
import { allocateHost, type InputSpec, type OutputSpec } from '../binding/create'
import type { BindingHost } from '../binding/host'
import { type ElementType, elementTypeName } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { elementCount } from '../model/shape'
import type { OrtValue } from '../value/value'
import type { RowInput } from './rows'

/** An output of a batch. */
export interface BatchOutput {
  readonly name: string
  /** Null: the whole output belongs to every row. */
  readonly axis: number | null
}

/** What batches of all sizes have in common: the shapes of a row, and how its results are bound. */
export interface BatchShape {
  readonly inputs: readonly RowInput[]
  readonly inputDims: readonly (readonly number[])[]
  readonly outputs: readonly BatchOutput[]
  /** Undefined: ONNX Runtime allocates the outputs. */
  readonly outputDims: readonly (readonly number[])[] | undefined
}

/** The shape of a batch. */
function withRows(dims: readonly number[], axis: number | null, size: number): readonly number[] {
  return axis === null ? dims : dims.toSpliced(axis, 0, size)
}

/** One allocation for each input and output, of which batches of all sizes are views: those of one lane. */
export class LaneMemory {
  readonly shape: BatchShape
  /** The rows that fit. */
  readonly capacity: number
  readonly #host: BindingHost
  readonly #values = new Map<string, OrtValue>()
  readonly #views: OrtValue[] = []

  constructor(host: BindingHost, shape: BatchShape, capacity: number) {
    this.#host = host
    this.shape = shape
    this.capacity = capacity
    const { inputs, inputDims, outputs, outputDims } = shape
    try {
      for (const [i, { name, axis }] of inputs.entries())
        this.#allocate('input', name, withRows(inputDims[i]!, axis, capacity))
      outputDims?.forEach((dims, i) => {
        const { name, axis } = outputs[i]!
        this.#allocate('output', name, withRows(dims, axis, capacity))
      })
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  /** Strings have no views: a binding has its own. */
  #allocate(side: SessionIO['side'], name: string, dims: readonly number[]): void {
    const io = this.#host[`${side}s`]
    const type = elementTypeName(io.info(io.indexOf(name, `${side}s`)).type) as ElementType
    if (type !== 'string') this.#values.set(`${side} ${name}`, allocateHost(this.#host, type, dims))
  }

  /** A binding over the memory of the first rows. */
  bind(size: number): IoBinding {
    const { inputs, inputDims, outputs, outputDims } = this.shape
    const specs = inputs.map(({ name, axis }, i): [string, InputSpec] => [
      name,
      this.#prefix(`input ${name}`, withRows(inputDims[i]!, axis, size)),
    ])
    const outputSpecs = outputs.map(({ name, axis }, i): [string, OutputSpec] => {
      const dims = outputDims?.[i]
      return [
        name,
        dims === undefined ? 'dynamic' : this.#prefix(`output ${name}`, withRows(dims, axis, size)),
      ]
    })
    const options = { outputs: Object.fromEntries(outputSpecs), fetches: outputs.map(({ name }) => name) }
    return IoBinding.create(this.#host, Object.fromEntries(specs), options)
  }

  #prefix(key: string, dims: readonly number[]): OrtValue | readonly number[] {
    const value = this.#values.get(key)
    if (value === undefined) return dims
    if (elementCount(dims) === value.size && String(dims) === String(value.dims)) return value
    const view = value.view(dims)
    this.#views.push(view)
    return view
  }

  dispose(): void {
    for (const value of [...this.#views, ...this.#values.values()]) value.dispose()
  }
}
