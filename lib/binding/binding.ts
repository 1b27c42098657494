import type { Tensor } from 'onnxruntime-common'
import { checkConstruction, INSPECT, type InspectArguments, refuseProxies, summarize } from '../classes'
import { checkSessionDevice } from '../device/device'
import type { DeviceName, EngineBinding, EngineSession } from '../engine/engine'
import { argumentTypeError } from '../errors'
import type { OrtValue } from '../value/value'
import { CpuInputs } from './cpu-input'
import { bindAll, type InputSpec, type IoBindingOptions } from './create'
import type { BindingHost } from './host'
import { LoraAdapter } from './lora-adapter'
import { BoundOutputs } from './outputs'
import { type BindOptions, type BindOutputOptions, resolveBindOutput, resolveMapped } from './run-options'
import { RunnableBinding } from './runnable'
import { BindingRuns } from './runs'
import { BoundValues } from './values'
import type { AnyViews, Views } from './views'

/**
 * Values that are bound to a session's inputs and outputs once, for many runs.
 *
 * A binding has one run in flight at a time; another call is refused with `ERR_BUSY`. Several bindings of one session can have
 * runs in flight, which are done in the order of the calls; on CUDA the copies of one overlap with the computation of another.
 * A session on a device keeps a device copy of each bound host value, which a run uploads or downloads.
 *
 * Suitable for: short runs in a loop (audio, control, ranking), where allocations and copies take a large part of each call;
 * state that the next run reads, such as a recurrent network's or a key-value cache; inputs and outputs that stay on a GPU;
 * CUDA graphs. No benefit for: a single run; long runs; inputs whose shapes change in every run.
 * Corresponds to Python's `onnxruntime.IOBinding`, and has its methods.
 * @see https://onnxruntime.ai/docs/api/python/api_summary.html#onnxruntime.IOBinding
 * @example
 * using io = session.createIoBinding({ x: [1, 4] })
 * io.inputs.x.set([1, 2, 3, 4])
 * io.runSync()
 * console.log(io.outputs.y)
 */
export class IoBinding<I extends Views = AnyViews, O extends Views = AnyViews>
  extends RunnableBinding
  implements Disposable
{
  readonly #host: BindingHost
  readonly #binding: EngineBinding
  /** Values that were allocated for the binding and not replaced; they are disposed of with it. */
  readonly #owned: Set<OrtValue>
  readonly #copies = new CpuInputs()
  #adapter: LoraAdapter | undefined
  readonly #inputs: BoundValues
  readonly #outputs: BoundOutputs
  readonly #runs: BindingRuns

  static {
    refuseProxies(IoBinding, 'an IoBinding', (value) => #runs in value)
  }

  /** @internal use `session.createIoBinding()` or `session.ioBinding()` */
  constructor(host: BindingHost) {
    checkConstruction(host, 'IoBinding', 'session.createIoBinding()')
    const owned = new Set<OrtValue>()
    const binding = new host.engine.Binding(host.session)
    const inputs = new BoundValues(host.inputs, owned)
    const outputs = new BoundOutputs(host.outputs, owned, binding, () => runs.inFlight)
    const runs: BindingRuns = new BindingRuns(host, binding, inputs, outputs)
    super(binding, runs)
    this.#host = host
    this.#binding = binding
    this.#owned = owned
    this.#inputs = inputs
    this.#outputs = outputs
    this.#runs = runs
  }

  /** @internal see `session.createIoBinding()` */
  static create(
    host: BindingHost,
    inputs: Readonly<Record<string, InputSpec>>,
    options: IoBindingOptions,
  ): IoBinding {
    const binding = new IoBinding(host)
    try {
      bindAll(binding, host, inputs, options, (value) => binding.#owned.add(value), binding.#runs.guesses)
    } catch (error) {
      binding.dispose()
      throw error
    }
    return binding
  }

  /** @internal */
  belongsTo(session: EngineSession): boolean {
    return this.#host.session === session
  }

  /**
   * A typed array over the memory of each bound input, always the same one: write into it, then run. A string input has none; use
   * `inputValue(name).write(strings)`. Its properties throw `ERR_BUSY` during a run; an array that the caller keeps does not.
   * @example
   * io.inputs.x.fill(1)
   */
  get inputs(): I {
    return this.#inputs.views(this.#runs.checkIdle) as I
  }

  /**
   * A typed array over the memory of each bound output: always the same one for an output with memory of its own; for an output
   * that ONNX Runtime allocates that of the last run, and undefined before the first. An output with a default shape that a run
   * contradicts becomes one of these. Its properties throw `ERR_BUSY` while a run is in flight.
   * @example
   * const copy = io.outputs.y.slice()
   */
  get outputs(): O {
    return this.#outputs.views(this.#runs.checkIdle) as O
  }

  /** The names of the bound inputs and outputs, in the order of binding; the outputs in that of {@link IoBinding.getOutputs}. */
  get boundNames(): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } {
    return { inputs: this.#inputs.names, outputs: this.#outputs.names }
  }

  /**
   * The value bound to an input.
   * @example
   * console.log(io.inputValue('x')?.dims)
   */
  inputValue(name: string): OrtValue | undefined {
    this.#host.inputs.indexOf(name, 'name')
    this.#copies.keep(name)
    return this.#inputs.get(name)
  }

  /**
   * The value bound to an output, or the one that the last run allocated for it; undefined before that run.
   * @example
   * console.log(io.outputValue('y')?.dims)
   */
  outputValue(name: string): OrtValue | undefined {
    this.#host.outputs.indexOf(name, 'name')
    return this.#outputs.get(name)
  }

  /**
   * Binds a value to an input: each run reads its memory.
   * @throws OrtError `ERR_DEVICE_MISMATCH` for memory of another device than the session's, `ERR_MEMORY_OVERLAP` where it
   *   shares a part of its memory with an output, `ERR_GRAPH_CAPTURED`, `ERR_BUSY`
   * @example
   * io.bindOrtValueInput('x', OrtValue.wrap('float32', new Float32Array(4), [1, 4]))
   */
  bindOrtValueInput(name: string, value: OrtValue, options: BindOptions = {}): void {
    const index = this.#inputs.check(name, value)
    this.#binding.bindInput(index, value.engineValue, resolveMapped(options, this.#host.device))
    this.#inputs.set(name, value)
  }

  /**
   * Binds a copy of a Tensor's data to an input.
   * @example
   * io.bindCpuInput('x', new Tensor('float32', [1, 2, 3, 4], [1, 4]))
   */
  bindCpuInput(name: string, tensor: Tensor): void {
    this.#owned.add(this.#copies.bind(name, tensor, (value) => this.bindOrtValueInput(name, value)))
  }

  /**
   * Binds the parameters of a LoRA adapter to the inputs that the model declares for them, in place of those of another adapter,
   * of which none stays bound.
   *
   * @throws OrtRangeError `ERR_UNKNOWN_INPUT` if the model lacks one; OrtError `ERR_DISPOSED`, and those of
   *   {@link IoBinding.bindOrtValueInput}
   * @example
   * using adapter = await LoraAdapter.create('tenant.onnx_adapter')
   * io.bindAdapter(adapter)
   */
  bindAdapter(adapter: LoraAdapter): void {
    if (!(adapter instanceof LoraAdapter)) throw argumentTypeError('adapter', 'a LoraAdapter', adapter)
    for (const [name, value] of adapter.parameters) this.#inputs.check(name, value)
    for (const [name, value] of adapter.parameters) this.bindOrtValueInput(name, value)
    for (const [name, value] of this.#adapter?.parameters ?? []) {
      if (this.#inputs.get(name) !== value || adapter.parameters.has(name)) continue
      this.#binding.bindInput(this.#host.inputs.indexOf(name, 'adapter'), undefined)
      this.#inputs.remove(name)
    }
    this.#adapter = adapter
  }

  /**
   * Binds a value to an output: each run writes into its memory. An input's value can be bound too, for state in place, which
   * costs a copy after each run unless `inPlace` is `'alias'`.
   * @throws OrtError `ERR_MEMORY_OVERLAP` where it shares memory with another output, or in part with an input;
   *   `ERR_DEVICE_MISMATCH`, `ERR_GRAPH_CAPTURED`, `ERR_BUSY`
   * @example
   * io.bindOrtValueOutput('y', OrtValue.allocate('float32', [1, 4]))
   */
  bindOrtValueOutput(name: string, value: OrtValue, options: BindOutputOptions = {}): void {
    const index = this.#outputs.check(name, value)
    const [mapped, alias] = resolveBindOutput(options, this.#host.device)
    this.#binding.bindOutput(index, value.engineValue, mapped, alias)
    this.#outputs.set(name, value, alias)
  }

  /**
   * Has ONNX Runtime allocate an output in each run, in host memory or on the session's device.
   * @throws OrtError `ERR_DEVICE_MISMATCH` for another device than the session's, `ERR_GRAPH_CAPTURED`, `ERR_BUSY`
   * @example
   * io.bindOutput('y')
   */
  bindOutput(
    name: string,
    device: DeviceName = 'cpu',
    id = device === 'cpu' ? 0 : this.#host.device.id,
  ): void {
    const index = this.#host.outputs.indexOf(name, 'name')
    const checked = checkSessionDevice(this.#host.device, device, id, `output '${name}'`)
    this.#binding.bindOutput(index, undefined, checked, id)
    this.#outputs.set(name, undefined)
  }

  /**
   * Unbinds all inputs.
   * @example
   * io.clearBindingInputs()
   */
  clearBindingInputs(): void {
    this.#binding.clearInputs()
    this.#inputs.clear()
  }

  /**
   * Unbinds all outputs.
   * @example
   * io.clearBindingOutputs()
   */
  clearBindingOutputs(): void {
    this.#binding.clearOutputs()
    this.#outputs.clear()
  }

  /**
   * The outputs of the last run, in the order of binding.
   * @example
   * const [y] = io.getOutputs()
   */
  getOutputs(): OrtValue[] {
    this.#runs.checkIdle('outputs')
    return this.#outputs.all()
  }

  /**
   * Copies of the last run's outputs, in the order in which they were bound: Tensors, or OrtValues for types that
   * onnxruntime-common does not have.
   * @example
   * const [y] = io.copyOutputsToCpu()
   */
  copyOutputsToCpu(): (Tensor | OrtValue)[] {
    this.#runs.checkIdle('outputs')
    return this.#outputs.copies()
  }

  /**
   * Unbinds everything and frees the binding's memory, at once or when the run in flight has ended. Idempotent.
   * @example
   * io.dispose()
   */
  dispose(): void {
    this.#binding.dispose()
    for (const value of this.#owned) value.dispose()
    this.#owned.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    const { device, engine } = this.#host
    const [inputs, outputs] = [this.#inputs.summary(), this.#outputs.summary()]
    return summarize('IoBinding', { inputs, outputs, device: device.name, engine: engine.name }, args)
  }
}
