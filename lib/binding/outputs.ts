import { Tensor } from 'onnxruntime-common'
import type { EngineBinding } from '../engine/engine'
import { OrtError } from '../errors'
import type { TypedArray } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { hasTensor } from '../value/tensor'
import { OrtValue } from '../value/value'
import { BoundValues } from './values'

/** The values bound to a session's outputs, and the results of the last run. */
export class BoundOutputs extends BoundValues {
  readonly #binding: EngineBinding
  /** The values that ONNX Runtime allocated in the last run, once somebody asks for one. */
  #allocated: ReadonlyMap<string, OrtValue> | undefined
  #hasRun = false

  constructor(io: SessionIO, owned: Set<OrtValue>, binding: EngineBinding) {
    super(io, owned)
    this.#binding = binding
  }

  override set(name: string, value: OrtValue | undefined): void {
    super.set(name, value)
    this.beginRun()
  }

  override clear(): void {
    super.clear()
    this.beginRun()
  }

  /** Drops the results of the last run. */
  beginRun(): void {
    this.#hasRun = false
    this.#allocated = undefined
  }

  endRun(): void {
    this.#hasRun = true
  }

  /** The value bound, or the one that the last run allocated; undefined before that run. */
  override get(name: string): OrtValue | undefined {
    return super.get(name) ?? this.#lastAllocated().get(name)
  }

  /** The outputs of the last run, in the order in which they were bound. */
  all(): OrtValue[] {
    if (!this.#hasRun) {
      throw new OrtError('ERR_INVALID_ARG_VALUE', 'there are no outputs before the first run', {
        remedy: 'Run the binding first',
      })
    }
    return [...this.values.keys()].map((name) => this.get(name)!)
  }

  copies(): (Tensor | OrtValue)[] {
    return this.all().map((value) => {
      if (value.kind !== 'tensor') return value
      const { kind, type, dims } = value
      const data = value.read()
      return hasTensor({ kind, type, location: 'cpu' })
        ? new Tensor(type as Tensor.Type, data as Tensor.DataType, dims)
        : OrtValue.wrap(type, data as TypedArray, dims)
    })
  }

  #lastAllocated(): ReadonlyMap<string, OrtValue> {
    if (!this.#hasRun) return new Map()
    if (this.#allocated !== undefined) return this.#allocated
    const values = this.#binding.outputs()
    const entries = [...this.values.keys()].flatMap((name, i) => {
      const value = values[i]
      return value ? [[name, OrtValue.fromEngine(value)] as const] : []
    })
    this.#allocated = new Map(entries)
    return this.#allocated
  }
}
