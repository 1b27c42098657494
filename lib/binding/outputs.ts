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
  /** The run that `#allocated` is of. */
  #allocatedBy = 0
  #hasRun = false
  readonly #aliases = new Set<string>()
  readonly #isRunning: () => boolean

  /** @param isRunning whether a run is in flight: it may be refused, so the results stay, but nobody reads them until it ends */
  constructor(io: SessionIO, owned: Set<OrtValue>, binding: EngineBinding, isRunning: () => boolean) {
    super(io, owned)
    this.#binding = binding
    this.#isRunning = isRunning
  }

  /** @param alias a run writes the value's memory while it may read it as an input's */
  override set(name: string, value: OrtValue | undefined, alias = false): void {
    super.set(name, value)
    if (alias) this.#aliases.add(name)
    else this.#aliases.delete(name)
    this.drop()
  }

  override clear(): void {
    super.clear()
    this.#aliases.clear()
    this.drop()
  }

  /** The values whose memory a run that fails may have written, though it is an input's. */
  get aliases(): readonly OrtValue[] {
    return [...this.#aliases].flatMap((name) => this.bound(name) ?? [])
  }

  /** The results are those of another run. */
  endRun(): void {
    this.#hasRun = true
    this.#allocated = undefined
  }

  /** A run was refused, which leaves the results of the last one, or failed, or was canceled at its end. */
  failRun(): void {
    const run = this.#binding.resultsRun()
    if (run === 0) this.drop()
    else if (run !== this.#allocatedBy) this.#allocated = undefined
  }

  /** Results no longer exist. */
  drop(): void {
    this.#hasRun = false
    this.#allocated = undefined
  }

  /** The value bound, or the one that the last run allocated; undefined before that run. */
  override get(name: string): OrtValue | undefined {
    return this.bound(name) ?? this.#lastAllocated().get(name)
  }

  /** The outputs of the last run, in the order in which they were bound. */
  all(): OrtValue[] {
    if (!this.#hasRun) {
      throw new OrtError('ERR_INVALID_ARG_VALUE', 'the binding has no results', {
        remedy: 'Run the binding first: it has not run, its last run failed, or its outputs were bound again',
      })
    }
    return this.names.map((name) => this.get(name)!)
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
    if (!this.#hasRun || this.#isRunning()) return new Map()
    if (this.#allocated !== undefined) return this.#allocated
    const values = this.#binding.outputs()
    this.#allocatedBy = this.#binding.resultsRun()
    const entries = this.names.flatMap((name, i) => {
      const value = values[i]
      return value ? [[name, OrtValue.fromEngine(value)] as const] : []
    })
    this.#allocated = new Map(entries)
    return this.#allocated
  }
}
