import type { Tensor } from 'onnxruntime-common'
import { checkSessionDevice, type SessionDevice } from '../device/device'
import { abortable } from '../engine/abort'
import type { DeviceName, Engine, EngineBinding, EngineSession } from '../engine/engine'
import { OrtError } from '../errors'
import type { SessionIO } from '../model/io'
import { wrapShapeError } from '../session/run-errors'
import { checkOrtValue, OrtValue } from '../value/value'
import { bindOnce } from './bind-once'
import { BoundOutputs } from './outputs'
import {
  type BindOptions,
  type CaptureOptions,
  type IoBindingRunOptions,
  type IoBindingRunSyncOptions,
  resolveBindingRun,
  resolveCapture,
  resolveMapped,
} from './run-options'
import type { InputSpec, IoBindingOptions } from './specs'
import { type AnyViews, type Views, views } from './views'

/** @internal what a binding needs of its session */
export interface BindingHost {
  readonly engine: Engine
  readonly session: EngineSession
  readonly inputs: SessionIO
  readonly outputs: SessionIO
  readonly device: SessionDevice
}

const DONE = Promise.resolve()
const SYNC_OPTIONS = ['upload']
const ASYNC_OPTIONS = ['signal', 'upload']

/**
 * Values bound to a session's inputs and outputs once, and run many times.
 *
 * One run at a time: a call while a run is in flight is refused with `ERR_BUSY`. Several bindings of one session may be
 * in flight; their runs are done in the order they were asked for, on CUDA the copies of one while another computes.
 *
 * On a session with a device, host memory that is bound has a mirror on the device: each run copies its inputs there and
 * its outputs back. Memory of the device is used where it is.
 *
 * Corresponds to Python's `onnxruntime.IOBinding`, and carries its methods.
 */
export class IoBinding<I extends Views = AnyViews, O extends Partial<Views> = AnyViews>
  implements Disposable
{
  readonly #host: BindingHost
  readonly #binding: EngineBinding
  readonly #inputValues = new Map<string, OrtValue>()
  readonly #outputs: BoundOutputs
  /** Values that were allocated for the binding and go with it, unless another was bound in their place. */
  readonly #owned = new Set<OrtValue>()
  #inputViews: Views | undefined
  #outputViews: Views | undefined
  #running = false
  #captured = false
  #capturing = false
  #disposed = false

  /** @internal use `session.createIoBinding()` or `session.ioBinding()` */
  constructor(host: BindingHost) {
    this.#host = host
    this.#binding = new host.engine.Binding(host.session)
    this.#outputs = new BoundOutputs(this.#binding)
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
      bindOnce(binding, host, inputs, options, (value) => binding.#owned.add(value))
    } catch (error) {
      binding.dispose()
      throw error
    }
    return binding
  }

  /**
   * The memory of each bound input as a typed array, the same object every time: write into it, then run. A string
   * input has none; use `inputValue(name).write(strings)`.
   *
   * Its properties throw `ERR_BUSY` while a run is in flight. An array that was kept is not looked after: what is written to it
   * then may reach that run.
   */
  get inputs(): I {
    this.#inputViews ??= views(this.#inputValues, (name) => this.#inputValues.get(name), this.#checkIdle)
    return this.#inputViews as I
  }

  /**
   * The memory of each bound output as a typed array: for an output with memory of its own the same object every time,
   * for one that ONNX Runtime allocates that of the last run, and undefined before the first.
   *
   * Its properties throw `ERR_BUSY` while a run is in flight, which may have written half of it.
   */
  get outputs(): O {
    this.#outputViews ??= views(this.#outputs.values, (name) => this.#outputs.get(name), this.#checkIdle)
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
    return this.#outputs.get(name)
  }

  /**
   * Binds a value to an input: its memory is read by each run, until another is bound.
   *
   * @throws OrtError `ERR_DEVICE_MISMATCH` for memory of another device than the session's, `ERR_GRAPH_CAPTURED`
   */
  bindOrtValueInput(name: string, value: OrtValue, options: BindOptions = {}): void {
    const index = this.#host.inputs.indexOf(name, 'name')
    this.#host.inputs.checkValue(index, checkOrtValue(value, 'value'))
    this.#binding.bindInput(index, value.engineValue, resolveMapped(options, this.#host.device))
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

  /**
   * Binds a value to an output: each run writes into its memory. The value may be an input's too (state in place).
   *
   * @throws OrtError `ERR_DEVICE_MISMATCH`, `ERR_GRAPH_CAPTURED`
   */
  bindOrtValueOutput(name: string, value: OrtValue, options: BindOptions = {}): void {
    const index = this.#host.outputs.indexOf(name, 'name')
    this.#host.outputs.checkValue(index, checkOrtValue(value, 'value'))
    this.#binding.bindOutput(index, value.engineValue, resolveMapped(options, this.#host.device))
    this.#setOutput(name, value)
  }

  /**
   * Has ONNX Runtime allocate an output anew for each run, in host memory or left on the session's device; its shape is
   * then the run's.
   *
   * @throws OrtError `ERR_DEVICE_MISMATCH` for a device that is not the session's
   */
  bindOutput(
    name: string,
    device: DeviceName = 'cpu',
    id = device === 'cpu' ? 0 : this.#host.device.id,
  ): void {
    const index = this.#host.outputs.indexOf(name, 'name')
    const where = checkSessionDevice(this.#host.device, device, id, `output '${name}'`)
    this.#binding.bindOutput(index, undefined, where, id)
    this.#setOutput(name, undefined)
  }

  clearBindingInputs(): void {
    this.#binding.clearInputs()
    this.#inputValues.clear()
    this.#inputViews = undefined
  }

  clearBindingOutputs(): void {
    this.#binding.clearOutputs()
    this.#outputs.clear()
    this.#outputViews = undefined
  }

  /** The outputs of the last run, in the order they were bound. */
  getOutputs(): OrtValue[] {
    return this.#outputs.all()
  }

  /**
   * Copies of the last run's outputs, in the order they were bound: Tensors, and OrtValues for what onnxruntime-common
   * has no Tensor for.
   */
  copyOutputsToCpu(): (Tensor | OrtValue)[] {
    return this.#outputs.copies()
  }

  /**
   * Runs the model and returns when the outputs are written: on the calling thread, or, on a session with a device and
   * while other runs of the session are in flight, on the session's own. Allocates nothing on the JavaScript heap.
   *
   * @throws OrtError `ERR_BUSY`, `ERR_DISPOSED`, `ERR_DETACHED`, `ERR_OUTPUT_SHAPE`, `ERR_ORT_*`, `ERR_CUDA_*`
   */
  runSync(options?: IoBindingRunSyncOptions): void {
    // Without options nothing is looked at: this is the call that has to be short.
    const upload = options === undefined ? undefined : this.#resolve(options, SYNC_OPTIONS).upload
    this.#outputs.begin()
    try {
      this.#binding.runSync(upload)
    } catch (error) {
      throw this.#explain(error)
    }
    this.#outputs.end()
  }

  /**
   * Runs the model on the session's own thread; a run that is expected to be short (see `inlineRunBelowUs`) is done
   * before `run` returns. Rejects as {@link IoBinding.runSync} throws, and with the signal's reason.
   */
  run(options?: IoBindingRunOptions): Promise<void> {
    try {
      const { signal, upload } = this.#resolve(options, ASYNC_OPTIONS)
      this.#outputs.begin()
      const pending = this.#binding.run(upload)
      if (pending === undefined) {
        this.#outputs.end()
        return DONE
      }
      return this.#finish(
        signal === undefined ? pending : abortable(pending, signal, () => this.#binding.cancel()),
      )
    } catch (error) {
      return Promise.reject(this.#explain(error))
    }
  }

  async #finish(pending: Promise<void>): Promise<void> {
    this.#running = true
    try {
      await pending
      this.#outputs.end()
    } catch (error) {
      throw this.#explain(error)
    } finally {
      this.#running = false
    }
  }

  #explain(error: unknown): unknown {
    return wrapShapeError(error, this.#host.inputs, (name) => {
      const value = this.#inputValues.get(name)
      return value === undefined || value.disposed ? undefined : value.dims
    })
  }

  readonly #checkIdle = (name: string): void => {
    if (!this.#running) return
    throw new OrtError('ERR_BUSY', `'${name}' is in use by the run in flight`, {
      remedy:
        'Await the run before you read or write what is bound, or use one binding for each run in flight',
    })
  }

  /**
   * Captures what a run does on the device as a graph, which later runs replay in one call. For a session made with
   * `enableGraphCapture`; before that, and on a binding without a capture, runs are plain ones. Every input and output
   * must be bound to memory that stays (none `'dynamic'`), and none may be the CPU's. The model runs several times
   * meanwhile; what it writes on the device is restored, and host memory is not written.
   *
   * From then on binding anything else is refused (`ERR_GRAPH_CAPTURED`): the graph would go on with what was bound.
   *
   * @throws OrtError `ERR_GRAPH_CAPTURE` where a run cannot be captured, `ERR_GRAPH_MISMATCH` where `verify` finds other
   *   results, `ERR_BUSY`, `ERR_DISPOSED`, `ERR_ORT_*`, `ERR_CUDA_*`; the binding then runs without a graph
   */
  async capture(options: CaptureOptions = {}): Promise<void> {
    const verify = resolveCapture(options)
    const pending = this.#binding.capture(verify)
    this.#capturing = true
    try {
      await pending
      this.#captured = !this.#disposed
    } finally {
      this.#capturing = false
    }
  }

  /** Whether runs replay a graph. */
  get captured(): boolean {
    return this.#captured
  }

  /**
   * Lets go of the captured graph: runs are plain ones again, and other values may be bound. Idempotent.
   *
   * @throws OrtError `ERR_BUSY` while a run or a capture is in flight
   */
  releaseCapture(): void {
    if (!this.#captured && !this.#capturing) return
    this.#binding.releaseCapture()
    this.#captured = false
  }

  /**
   * Unbinds everything and lets go of the memory that was allocated for the binding, at once or when the run in flight
   * has ended. Idempotent.
   */
  dispose(): void {
    this.#disposed = true
    this.#captured = false
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
    this.#disown(this.#outputs.values.get(name), value)
    this.#outputs.set(name, value)
    this.#outputViews = undefined
  }

  #resolve(options: IoBindingRunOptions | undefined, known: readonly string[]) {
    return resolveBindingRun(options, known, this.#host.engine, this.#host.inputs)
  }
}
