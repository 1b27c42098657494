import { abortable } from '../engine/abort'
import { observeRun, observeRunSync, type RunTimes, runsAreObserved } from '../engine/diagnostics'
import type { EngineBinding, EngineRunOptions } from '../engine/engine'
import { OrtError } from '../errors'
import { wrapShapeError } from '../model/shape'
import { OutputGuesses } from './guesses'
import type { BindingHost } from './host'
import type { BoundOutputs } from './outputs'
import { PreparedRunOptions } from './prepared-options'
import {
  type CaptureOptions,
  engineRunOptions,
  type IoBindingRunCall,
  type IoBindingRunOptions,
  type IoBindingRunSyncCall,
  type IoBindingRunSyncOptions,
  type ResolvedRunOptions,
  resolveBindingRun,
  resolveCapture,
} from './run-options'
import type { BoundValues } from './values'

const DONE = Promise.resolve()

/** The runs of a binding, one at a time. */
export class BindingRuns {
  readonly #host: BindingHost
  readonly #binding: EngineBinding
  readonly #inputs: BoundValues
  readonly #outputs: BoundOutputs
  readonly guesses: OutputGuesses
  /** Of the run or capture in flight, and of queued runs that were aborted, or refused, in this turn. */
  readonly #unsettled = new Set<Promise<void>>()
  /** The engine's options by the prepared ones that this binding has run with. */
  readonly #runOptions = new WeakMap<PreparedRunOptions, EngineRunOptions>()
  /** What the engine's binding uses. */
  #prepared: PreparedRunOptions | undefined

  constructor(host: BindingHost, binding: EngineBinding, inputs: BoundValues, outputs: BoundOutputs) {
    this.#host = host
    this.#binding = binding
    this.#inputs = inputs
    this.#outputs = outputs
    this.guesses = new OutputGuesses(host, binding, inputs, outputs)
  }

  get inFlight(): boolean {
    return this.#unsettled.size > 0
  }

  /** @throws OrtError `ERR_BUSY` while a run is in flight */
  readonly checkIdle = (name: string): void => {
    if (!this.inFlight) return
    throw new OrtError('ERR_BUSY', `'${name}' is in use by the run in flight`, {
      remedy:
        'Await the run before you read or write bound memory, or use one binding for each run in flight',
    })
  }

  runSync(
    options: IoBindingRunSyncOptions | PreparedRunOptions | undefined,
    call: IoBindingRunSyncCall | undefined,
  ): void {
    if (runsAreObserved()) observeRunSync(this.#host, (times) => this.#runSync(options, call, times))
    else this.#runSync(options, call)
  }

  #runSync(
    options: IoBindingRunSyncOptions | PreparedRunOptions | undefined,
    call: IoBindingRunSyncCall | undefined,
    times?: RunTimes,
  ): void {
    let upload: readonly number[] | undefined
    let prepared: PreparedRunOptions | undefined
    // The shortest paths, without options and with prepared ones alone, allocate nothing.
    if (call === undefined && options instanceof PreparedRunOptions) prepared = options
    else if (options !== undefined)
      ({ upload, prepared } = resolveBindingRun(this.#host, options, call, true))
    try {
      if (prepared !== this.#prepared) this.#use(prepared)
      this.guesses.beginRun()
      try {
        this.#binding.runSync(upload, times)
      } catch (error) {
        if (!this.guesses.repeats(error)) throw error
        this.#binding.runSync(upload, times)
      }
      this.#endSync()
    } catch (error) {
      this.#fail()
      throw this.#explain(error)
    }
  }

  run(
    options: IoBindingRunOptions | PreparedRunOptions | undefined,
    call: IoBindingRunCall | undefined,
  ): Promise<void> {
    return runsAreObserved()
      ? observeRun('io.run', this.#host, (times) => this.#run(options, call, times))
      : this.#run(options, call)
  }

  #run(
    options: IoBindingRunOptions | PreparedRunOptions | undefined,
    call: IoBindingRunCall | undefined,
    times?: RunTimes,
  ): Promise<void> {
    try {
      const resolved = resolveBindingRun(this.#host, options, call, false)
      if (resolved.prepared !== this.#prepared) this.#use(resolved.prepared)
      this.guesses.beginRun()
      const pending = this.#start(resolved, times)
      if (pending !== undefined) return this.#finish(pending, resolved, times)
      this.#endSync()
      return DONE
    } catch (error) {
      this.#fail()
      return Promise.reject(this.#explain(error))
    }
  }

  async capture(options: CaptureOptions): Promise<void> {
    await this.guesses.capture(async () => {
      if (this.#prepared !== undefined) this.#use(undefined)
      const pending = this.#binding.capture(...resolveCapture(options))
      this.#unsettled.add(pending)
      try {
        await pending
      } finally {
        this.#unsettled.delete(pending)
      }
    })
  }

  /** @throws OrtError `ERR_BUSY`, `ERR_GRAPH_CAPTURED`, `ERR_NOT_SUPPORTED` */
  #use(prepared: PreparedRunOptions | undefined): void {
    let options = prepared && this.#runOptions.get(prepared)
    if (prepared !== undefined && options === undefined) {
      options = engineRunOptions(this.#host, prepared)
      this.#runOptions.set(prepared, options)
    }
    this.#binding.useRunOptions(options)
    this.#prepared = prepared
  }

  /** Undefined where the run has ended. */
  #start(options: ResolvedRunOptions, times: RunTimes | undefined): undefined | Promise<void> {
    try {
      return this.#attempt(options, times)
    } catch (error) {
      if (!this.guesses.repeats(error)) throw error
      return this.#attempt(options, times)
    }
  }

  #attempt({ signal, upload }: ResolvedRunOptions, times: RunTimes | undefined): undefined | Promise<void> {
    const pending = this.#binding.run(upload, signal !== undefined, times)
    return pending === undefined || signal === undefined
      ? pending
      : abortable(pending, signal, () => this.#binding.cancel())
  }

  async #finish(
    pending: Promise<void>,
    options: ResolvedRunOptions,
    times: RunTimes | undefined,
  ): Promise<void> {
    this.#unsettled.add(pending)
    try {
      try {
        await pending
      } catch (error) {
        if (!this.guesses.repeats(error)) throw error
        await this.#attempt(options, times)
      }
      this.#endRun()
    } catch (error) {
      this.#outputs.failRun()
      throw this.#explain(error)
    } finally {
      this.#unsettled.delete(pending)
    }
  }

  #endRun(): void {
    this.guesses.endRun()
    this.#outputs.endRun()
  }

  /** The end of a run on this thread, which proves that none is in flight. */
  #endSync(): void {
    if (this.inFlight) this.#unsettled.clear()
    this.#endRun()
  }

  /** A call that is refused for a run in flight leaves the results to that run. */
  #fail(): void {
    if (!this.inFlight) this.#outputs.failRun()
  }

  #explain(error: unknown): unknown {
    return wrapShapeError(
      error,
      this.#host.inputs.givenShapes((name) => {
        const value = this.#inputs.get(name)
        return value?.disposed ? undefined : value?.dims
      }),
    )
  }
}
