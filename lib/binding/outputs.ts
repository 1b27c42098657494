import type { Tensor } from 'onnxruntime-common'
import type { EngineBinding } from '../engine/engine'
import { OrtError } from '../errors'
import { hasTensor } from '../value/tensor'
import { OrtValue } from '../value/value'

/** What a binding's outputs are bound to, and what its last run gave. */
export class BoundOutputs {
  /** In the order they were bound; undefined where ONNX Runtime allocates. */
  readonly values = new Map<string, OrtValue | undefined>()
  readonly #binding: EngineBinding
  /** What ONNX Runtime allocated in the last run, once asked for. */
  #allocated: ReadonlyMap<string, OrtValue> | undefined
  #ran = false

  constructor(binding: EngineBinding) {
    this.#binding = binding
  }

  set(name: string, value: OrtValue | undefined): void {
    this.values.set(name, value)
    this.begin()
  }

  clear(): void {
    this.values.clear()
    this.begin()
  }

  /** The last run's results are no more. */
  begin(): void {
    this.#ran = false
    this.#allocated = undefined
  }

  end(): void {
    this.#ran = true
  }

  /** The value bound, or the one the last run allocated; undefined before that run. */
  get(name: string): OrtValue | undefined {
    return this.values.get(name) ?? this.#lastAllocated().get(name)
  }

  /** The outputs of the last run, in the order they were bound. */
  all(): OrtValue[] {
    if (!this.#ran) {
      throw new OrtError('ERR_INVALID_ARG_VALUE', 'there are no outputs before the first run', {
        remedy: 'Run the binding first',
      })
    }
    return [...this.values.keys()].map((name) => this.get(name)!)
  }

  copies(): (Tensor | OrtValue)[] {
    return this.all().map((value) => {
      if (value.kind !== 'tensor') return value
      const copy = OrtValue.allocate(value.type, value.dims)
      value.copyTo(copy)
      return hasTensor(copy) ? copy.toTensor() : copy
    })
  }

  #lastAllocated(): ReadonlyMap<string, OrtValue> {
    if (this.#allocated !== undefined) return this.#allocated
    const allocated = new Map<string, OrtValue>()
    if (!this.#ran) return allocated
    const values = this.#binding.outputs()
    ;[...this.values.keys()].forEach((name, i) => {
      const value = values[i]
      if (value) allocated.set(name, OrtValue.fromEngine(value))
    })
    this.#allocated = allocated
    return allocated
  }
}
