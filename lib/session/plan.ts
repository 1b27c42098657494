import { Tensor } from 'onnxruntime-common'
import { setOwn } from '../check'
import { abortable } from '../engine/abort'
import type { RunTimes } from '../engine/diagnostics'
import type { EngineBinding } from '../engine/engine'
import { copyTypedArray, type ElementType, rawView, type TypedArray } from '../model/element-types'
import { tensorData } from '../value/tensor'
import { OrtValue } from '../value/value'
import type { LoadedSession } from './create'
import type { RunRequest, RunResult } from './request'

type Fetches = RunRequest['fetches']

/** Name, type and shape of an input's or an output's tensor. */
interface TensorForm {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
}

/** What runs have in common that a plan is for: all inputs in the model's order, and the results. */
export class PlanForm {
  private constructor(
    readonly inputs: readonly TensorForm[],
    readonly outputs: readonly TensorForm[],
    readonly fetches: Fetches,
    readonly bytes: number,
  ) {}

  /** Undefined where a plan cannot give the results: strings, OrtValues, pre-allocated tensors. */
  static of(
    names: readonly string[],
    feeds: readonly Tensor[],
    fetches: Fetches,
    results: RunResult,
  ): PlanForm | undefined {
    let bytes = 0
    const forms = (tensors: readonly unknown[], names: Iterable<string>) => {
      const forms: TensorForm[] = []
      for (const name of names) {
        const tensor = tensors[forms.length]
        if (!(tensor instanceof Tensor) || tensor.type === 'string') return undefined
        bytes += (tensor.data as TypedArray).byteLength
        forms.push({ name, type: tensor.type, dims: [...tensor.dims] })
      }
      return forms
    }
    for (const target of fetches.values()) if (target !== null) return undefined
    const inputs = forms(feeds, names)
    const outputs = forms(
      Array.from(fetches.keys(), (name) => results[name]),
      fetches.keys(),
    )
    return inputs && outputs && new PlanForm(inputs, outputs, fetches, bytes)
  }

  fits(feeds: readonly Tensor[], fetches: Fetches): boolean {
    for (let i = 0; i < feeds.length; ++i) {
      const { type, dims } = this.inputs[i]!
      if (feeds[i]!.type !== type || !sameDims(feeds[i]!.dims, dims)) return false
    }
    return fetches === this.fetches || this.#returns(fetches)
  }

  #returns(fetches: Fetches): boolean {
    if (fetches.size !== this.outputs.length) return false
    let i = 0
    for (const [name, target] of fetches)
      if (target !== null || this.outputs[i++]!.name !== name) return false
    return true
  }
}

function sameDims(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; ++i) if (one[i] !== other[i]) return false
  return true
}

/** A bound tensor, and the views by which its elements are copied. */
interface Slot extends TensorForm {
  /** Its name in errors. */
  readonly argument: string
  readonly value: OrtValue
  readonly view: TypedArray
  readonly raw: TypedArray
}

/** A binding that `session.run` keeps: a run copies the feeds in and the results out, and makes nothing but the results. */
export class RunPlan {
  readonly #binding: EngineBinding
  readonly #inputs: readonly Slot[]
  readonly #outputs: readonly Slot[]
  #busy = false
  #disposed = false

  constructor(
    { engine, session, inputs, outputs }: LoadedSession,
    readonly form: PlanForm,
  ) {
    const allocate = (form: TensorForm): Slot => {
      const value = OrtValue.allocate(form.type, form.dims)
      const view: TypedArray = value.data
      return { ...form, argument: `feeds.${form.name}`, value, view, raw: rawView(view) }
    }
    this.#binding = new engine.Binding(session)
    this.#inputs = form.inputs.map(allocate)
    this.#outputs = form.outputs.map(allocate)
    for (const { name, value } of this.#inputs)
      this.#binding.bindInput(inputs.indexOf(name, 'feeds'), value.engineValue)
    for (const { name, value } of this.#outputs)
      this.#binding.bindOutput(outputs.indexOf(name, 'fetches'), value.engineValue)
  }

  get busy(): boolean {
    return this.#busy
  }

  /**
   * Takes the plan for one run, and the feeds' data into it. False where it is taken, or where the data do not have the length of
   * the shape: a run without a plan says so.
   *
   * @throws what a run without a plan throws for the data
   */
  begin(feeds: readonly Tensor[]): boolean {
    const data: TypedArray[] = []
    for (let i = 0; i < feeds.length; ++i) {
      const { argument, type } = this.#inputs[i]!
      data.push(rawView(tensorData(feeds[i]!, type, argument) as TypedArray))
    }
    // After the last getter of the caller's, which may have run or released the session, or detached an array.
    if (this.#busy || this.#disposed) return false
    for (let i = 0; i < data.length; ++i) if (data[i]!.length !== this.#inputs[i]!.raw.length) return false
    for (let i = 0; i < data.length; ++i) this.#inputs[i]!.raw.set(data[i] as never)
    this.#busy = true
    return true
  }

  /** Undefined where the run has ended. */
  run(signal: AbortSignal | undefined, times: RunTimes | undefined): undefined | Promise<void> {
    const pending = this.#binding.run(undefined, signal !== undefined, times)
    return pending === undefined || signal === undefined
      ? pending
      : abortable(pending, signal, () => this.#binding.cancel())
  }

  /** The feeds of the run that has begun, in the plan's memory. */
  feeds(): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {}
    for (const { name, type, view, dims } of this.#inputs)
      setOwn(feeds, name, new Tensor(type as Tensor.Type, view as Tensor.DataType, dims))
    return feeds
  }

  /** The results of the run that has ended, in memory of the caller's. */
  results(): Record<string, Tensor> {
    const results: Record<string, Tensor> = {}
    for (const { name, type, view, dims } of this.#outputs) {
      const data = copyTypedArray(view) as Tensor.DataType
      setOwn(results, name, new Tensor(type as Tensor.Type, data, [...dims]))
    }
    return results
  }

  end(): void {
    this.#busy = false
    if (this.#disposed) this.#free()
  }

  /** A run that has begun continues. */
  dispose(): void {
    this.#disposed = true
    if (!this.#busy) this.#free()
  }

  #free(): void {
    this.#binding.dispose()
    for (const { value } of [...this.#inputs, ...this.#outputs]) value.dispose()
  }
}
