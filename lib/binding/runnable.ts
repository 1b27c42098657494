import { refuseProxies } from '../classes'
import type { EngineBinding } from '../engine/engine'
import type { PreparedRunOptions } from './prepared-options'
import type {
  CaptureOptions,
  IoBindingRunCall,
  IoBindingRunOptions,
  IoBindingRunSyncCall,
  IoBindingRunSyncOptions,
} from './run-options'
import type { BindingRuns } from './runs'

/** The runs and captures of a binding: the base of `IoBinding`. */
export abstract class RunnableBinding {
  readonly #binding: EngineBinding
  readonly #runs: BindingRuns

  static {
    refuseProxies(RunnableBinding, 'an IoBinding', (value) => #runs in value)
  }

  /** @internal */
  protected constructor(binding: EngineBinding, runs: BindingRuns) {
    this.#binding = binding
    this.#runs = runs
  }

  /**
   * Runs the model, and returns when the outputs are written. Runs on the calling thread; on the session's thread if the session
   * is on a device or has other runs in flight. Allocates nothing on the JavaScript heap.
   * @throws OrtError `ERR_BUSY`, `ERR_DISPOSED`, `ERR_DETACHED`, `ERR_OUTPUT_SHAPE`, `ERR_ORT_*`, `ERR_CUDA_*`
   * @param options for this run, or prepared ones
   * @example
   * io.runSync()
   * const traced = session.prepareRunOptions({ tag: 'traced', logSeverityLevel: 1 })
   * io.runSync(traced)
   */
  runSync(options?: IoBindingRunSyncOptions): void
  /** @param call what belongs to this run alone */
  runSync(options: PreparedRunOptions, call?: IoBindingRunSyncCall): void
  runSync(options?: IoBindingRunSyncOptions | PreparedRunOptions, call?: IoBindingRunSyncCall): void {
    this.#runs.runSync(options, call)
  }

  /**
   * Runs the model on the session's thread; a run that is expected to be short (see `inlineRunBelowUs`) runs before the call
   * returns, or in the event loop's next turn. Rejects with the errors of {@link IoBinding.runSync}, and with the signal's reason.
   * @param options for this run, or prepared ones
   * @example
   * await io.run({ signal: AbortSignal.timeout(1000) })
   * const traced = session.prepareRunOptions({ tag: 'traced' })
   * await io.run(traced, { signal: AbortSignal.timeout(1000) })
   */
  run(options?: IoBindingRunOptions): Promise<void>
  /** @param call what belongs to this run alone */
  run(options: PreparedRunOptions, call?: IoBindingRunCall): Promise<void>
  run(options?: IoBindingRunOptions | PreparedRunOptions, call?: IoBindingRunCall): Promise<void> {
    return this.#runs.run(options, call)
  }

  /**
   * Captures the device's work of a run as a graph, which later runs replay in one call. Needs a session with
   * `enableGraphCapture`, and every input and output bound to memory with a fixed address: none `'dynamic'`, none in CPU memory.
   * The model runs several times meanwhile; device memory that it writes is restored, and host memory is not written. A captured
   * binding refuses to bind other values (`ERR_GRAPH_CAPTURED`): the graph replays the old addresses. `whole` captures the copies
   * of host memory too: a run is one launch.
   * @throws OrtError `ERR_GRAPH_CAPTURE` for a run that cannot be captured, `ERR_GRAPH_MISMATCH` if `verify` finds other
   *   results, `ERR_BUSY`, `ERR_DISPOSED`, `ERR_ORT_*`, `ERR_CUDA_*`. The binding then runs without a graph
   * @example
   * if (session.device.name !== 'cpu') await io.capture({ verify: true })
   * // or, for requests that come one at a time on CUDA: await io.capture({ verify: true, whole: true })
   */
  capture(options: CaptureOptions = {}): Promise<void> {
    return this.#runs.capture(options)
  }

  /** Whether runs replay a graph. */
  get captured(): boolean {
    return this.#binding.captured()
  }

  /** How often a run made the captured graph anew: see `onStale` of {@link CaptureOptions}. */
  get recaptures(): number {
    return this.#binding.recaptures()
  }

  /**
   * Releases the captured graph: later runs execute the model, and other values can be bound. Idempotent.
   * @throws OrtError `ERR_BUSY` while a run is in flight
   * @example
   * io.releaseCapture()
   */
  releaseCapture(): void {
    this.#binding.releaseCapture()
  }
}
