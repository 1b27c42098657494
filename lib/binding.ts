import type { Tensor } from 'onnxruntime-common'
import { abortable, checkSignal } from './abort'
import { allocateFor, type InputSpec, type IoBindingOptions, inputSpecs, outputSpecs } from './binding-specs'
import { isCommonType } from './element-types'
import type { Engine, EngineBinding, EngineSession } from './engine'
import { describe, OrtError } from './errors'
import type { Ports } from './metadata'
import { checkKnown } from './options'
import { checkOrtValue, type DeviceName, OrtValue } from './value'
import { type AnyViews, type Views, views } from './views'

/** Options of an asynchronous run. */
export interface IoBindingRunOptions {
  /** Ends queued work at once, and running work at its next node. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** @internal what a binding needs of its session */
export interface BindingHost {
  readonly engine: Engine
  readonly session: EngineSession
  readonly inputs: Ports
  readonly outputs: Ports
}

const DONE = Promise.resolve()

/**
 * Values bound to a session's inputs and outputs once, and run many times.
 *
 * One run at a time: a call while a run is in flight is refused with `ERR_BUSY`. Several bindings of one session may be
 * in flight; their runs are done in the order they were asked for.
 *
 * Corresponds to Python's `onnxruntime.IOBinding`, and carries its methods.
 */
export class IoBinding<I extends Views = AnyViews, O extends Partial<Views> = AnyViews>
  implements Disposable
{
  readonly #host: BindingHost
  readonly #binding: EngineBinding
  readonly #inputValues = new Map<string, OrtValue>()
  /** In the order they were bound; undefined where ONNX Runtime allocates. */
  readonly #outputValues = new Map<string, OrtValue | undefined>()
  /** Values that were allocated for the binding and go with it, unless another was bound in their place. */
  readonly #owned = new Set<OrtValue>()
  #inputViews: Views | undefined
  #outputViews: Views | undefined
  /** What ONNX Runtime allocated in the last run, once asked for. */
  #results: ReadonlyMap<string, OrtValue> | undefined
  #ran = false

  /** @internal use `session.createIoBinding()` or `session.ioBinding()` */
  constructor(host: BindingHost) {
    this.#host = host
    this.#binding = new host.engine.Binding(host.session)
  }

  /** @internal */
  belongsTo(session: EngineSession): boolean {
    return this.#host.session === session
  }

  /** @internal the bind-once form */
  static create(
    host: BindingHost,
    inputs: Readonly<Record<string, InputSpec>>,
    options: IoBindingOptions,
  ): IoBinding {
    const binding = new IoBinding(host)
    try {
      binding.#bindAll(inputs, options)
    } catch (error) {
      binding.dispose()
      throw error
    }
    return binding
  }

  /**
   * The memory of each bound input as a typed array, the same object every time: write into it, then run. A string
   * input has none; use `inputValue(name).write(strings)`.
   */
  get inputs(): I {
    this.#inputViews ??= views(this.#inputValues, (name) => this.#inputValues.get(name))
    return this.#inputViews as I
  }

  /**
   * The memory of each bound output as a typed array: for an output with memory of its own the same object every time,
   * for one that ONNX Runtime allocates that of the last run, and undefined before the first.
   */
  get outputs(): O {
    this.#outputViews ??= views(this.#outputValues, (name) => this.outputValue(name))
    return this.#outputViews as O
  }

  /** The value bound to an input. */
  inputValue(name: string): OrtValue | undefined {
    this.#host.inputs.indexOf(name, 'name')
    return this.#inputValues.get(name)
  }

  /** The value bound to an output, or the one the last run allocated for it; undefined before that run. */
  outputValue(name: string): OrtValue | undefined {
    this.#host.outputs.indexOf(name, 'name')
    return this.#outputValues.get(name) ?? this.#lastResults().get(name)
  }

  /** Binds a value to an input: its memory is read by each run, until another is bound. */
  bindOrtValueInput(name: string, value: OrtValue): void {
    const index = this.#host.inputs.indexOf(name, 'name')
    this.#host.inputs.checkValue(index, checkOrtValue(value, 'value'))
    this.#binding.bindInput(index, value.engineValue)
    this.#disown(this.#inputValues.get(name), value)
    this.#inputValues.set(name, value)
    this.#inputViews = undefined
  }

  /** Binds a copy of a Tensor's data to an input. */
  bindCpuInput(name: string, tensor: Tensor): void {
    const value = OrtValue.fromTensor(tensor)
    try {
      this.bindOrtValueInput(name, value)
    } catch (error) {
      value.dispose()
      throw error
    }
    this.#owned.add(value)
  }

  /** Binds a value to an output: each run writes into its memory. The value may be an input's too (state in place). */
  bindOrtValueOutput(name: string, value: OrtValue): void {
    const index = this.#host.outputs.indexOf(name, 'name')
    this.#host.outputs.checkValue(index, checkOrtValue(value, 'value'))
    this.#binding.bindOutput(index, value.engineValue)
    this.#setOutput(name, value)
  }

  /** Has ONNX Runtime allocate an output anew for each run; its shape is then the run's. */
  bindOutput(name: string, device: DeviceName = 'cpu', id = 0): void {
    const index = this.#host.outputs.indexOf(name, 'name')
    if (device !== 'cpu' || id !== 0) {
      throw new OrtError('ERR_NOT_SUPPORTED', 'this version binds host memory only', {
        expected: "device 'cpu', id 0",
        given: `device ${describe(device)}, id ${describe(id)}`,
      })
    }
    this.#binding.bindOutput(index)
    this.#setOutput(name, undefined)
  }

  clearBindingInputs(): void {
    this.#binding.clearInputs()
    this.#inputValues.clear()
    this.#inputViews = undefined
  }

  clearBindingOutputs(): void {
    this.#binding.clearOutputs()
    this.#outputValues.clear()
    this.#outputViews = undefined
    this.#results = undefined
    this.#ran = false
  }

  /** The outputs of the last run, in the order they were bound. */
  getOutputs(): OrtValue[] {
    if (!this.#ran) {
      throw new OrtError('ERR_INVALID_ARG_VALUE', 'there are no outputs before the first run', {
        remedy: 'Run the binding first',
      })
    }
    return [...this.#outputValues.keys()].map((name) => this.outputValue(name)!)
  }

  /**
   * Copies of the last run's outputs, in the order they were bound: Tensors, and OrtValues for what onnxruntime-common
   * has no Tensor for.
   */
  copyOutputsToCpu(): (Tensor | OrtValue)[] {
    return this.getOutputs().map((value) => {
      if (value.kind !== 'tensor') return value
      const { type, dims } = value
      const copy = OrtValue.allocate(type, dims)
      copy.write(value.read())
      return isCommonType(type) ? copy.toTensor() : copy
    })
  }

  /**
   * Runs the model on the calling thread and returns when the outputs are written; while other runs of the session are
   * in flight, after them. Allocates nothing on the JavaScript heap.
   *
   * @throws OrtError `ERR_BUSY`, `ERR_DISPOSED`, `ERR_DETACHED`, `ERR_OUTPUT_SHAPE`, `ERR_ORT_*`
   */
  runSync(): void {
    this.#ran = false
    this.#results = undefined
    this.#binding.runSync()
    this.#ran = true
  }

  /**
   * Runs the model on the session's own thread; a run that is expected to be short (see `inlineRunBelowUs`) is done
   * before `run` returns. Rejects as {@link IoBinding.runSync} throws, and with the signal's reason.
   */
  run(options?: IoBindingRunOptions): Promise<void> {
    try {
      const signal = checkSignal(this.#host.engine, options?.signal)
      if (options !== undefined) checkKnown(options, ['signal'], 'run option')
      this.#ran = false
      this.#results = undefined
      const pending = this.#binding.run()
      if (pending === undefined) {
        this.#ran = true
        return DONE
      }
      return this.#finish(
        signal === undefined ? pending : abortable(pending, signal, () => this.#binding.cancel()),
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #finish(pending: Promise<void>): Promise<void> {
    await pending
    this.#ran = true
  }

  /**
   * Unbinds everything and lets go of the memory that was allocated for the binding, at once or when the run in flight
   * has ended. Idempotent.
   */
  dispose(): void {
    this.#binding.dispose()
    for (const value of this.#owned) value.dispose()
    this.#owned.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** A value that was replaced may still be in its user's hands: it goes by garbage collection. */
  #disown(replaced: OrtValue | undefined, value: OrtValue | undefined): void {
    if (replaced !== undefined && replaced !== value) this.#owned.delete(replaced)
  }

  #setOutput(name: string, value: OrtValue | undefined): void {
    this.#disown(this.#outputValues.get(name), value)
    this.#outputValues.set(name, value)
    this.#outputViews = undefined
    this.#results = undefined
    this.#ran = false
  }

  #lastResults(): ReadonlyMap<string, OrtValue> {
    if (this.#results !== undefined) return this.#results
    const results = new Map<string, OrtValue>()
    if (!this.#ran) return results
    const values = this.#binding.outputs()
    ;[...this.#outputValues.keys()].forEach((name, i) => {
      const value = values[i]
      if (value) results.set(name, OrtValue.fromEngine(value))
    })
    this.#results = results
    return results
  }

  #bindAll(inputs: Readonly<Record<string, InputSpec>>, options: IoBindingOptions): void {
    const { inputs: ports, outputs } = this.#host
    for (const [name, spec] of inputSpecs(ports, inputs)) {
      this.bindOrtValueInput(name, spec instanceof OrtValue ? spec : this.#allocate(ports, name, spec))
    }
    for (const [name, spec] of outputSpecs(outputs, options, ports, this.#inputValues)) {
      if (spec === 'dynamic') this.bindOutput(name)
      else
        this.bindOrtValueOutput(name, spec instanceof OrtValue ? spec : this.#allocate(outputs, name, spec))
    }
  }

  #allocate(ports: Ports, name: string, dims: readonly number[]): OrtValue {
    const value = allocateFor(ports, name, dims)
    this.#owned.add(value)
    return value
  }
}
