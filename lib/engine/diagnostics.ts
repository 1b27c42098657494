import { type Channel, channel } from 'node:diagnostics_channel'

/**
 * What the channels `onnxruntime-iobinding:load:start`, `:end` and `:error` of `node:diagnostics_channel` publish. The three
 * messages of a load are the same object.
 */
export interface LoadMessage {
  /** Path of the model; undefined for bytes. */
  readonly model: string | undefined
  /** From the call to the end, in milliseconds. */
  durationMs?: number
  engine?: string
  executionProviders?: readonly string[]
  error?: unknown
}

/**
 * What the channels `onnxruntime-iobinding:run:start`, `:end` and `:error` of `node:diagnostics_channel` publish. The three
 * messages of a run are the same object.
 */
export interface RunMessage {
  /** The method, of a session or of a binding. */
  readonly call: 'session.run' | 'io.run' | 'io.runSync'
  /** Path of the session's model; undefined for bytes. */
  readonly model: string | undefined
  readonly engine: string
  /** What the session computes on. */
  readonly device: string
  /** From the call to the end, in milliseconds. */
  durationMs?: number
  /** Whether the run was done before the call returned, on its thread. */
  inline?: boolean
  /** What the run waited for its thread, in milliseconds: 0 for an inline one. Undefined on onnxruntime-node. */
  queueMs?: number
  /** What the run took then. Undefined on onnxruntime-node. */
  runMs?: number
  error?: unknown
}

/** The three channels of an operation. */
class Operation<M extends { durationMs?: number; error?: unknown }> {
  readonly #start: Channel
  readonly #end: Channel
  readonly #error: Channel

  constructor(name: string) {
    this.#start = channel(`onnxruntime-iobinding:${name}:start`)
    this.#end = channel(`onnxruntime-iobinding:${name}:end`)
    this.#error = channel(`onnxruntime-iobinding:${name}:error`)
  }

  get observed(): boolean {
    return this.#end.hasSubscribers || this.#start.hasSubscribers || this.#error.hasSubscribers
  }

  /** @param known what is known at the end */
  async observe<T>(
    message: M,
    work: () => Promise<T>,
    known: (durationMs: number, result: T) => Partial<M>,
  ): Promise<T> {
    const began = this.#begin(message)
    let result: T
    try {
      result = await work()
    } catch (error) {
      this.#fail(message, began, error)
      throw error
    }
    const durationMs = performance.now() - began
    this.#end.publish(Object.assign(message, { durationMs }, known(durationMs, result)))
    return result
  }

  observeSync(message: M, work: () => void, known: (durationMs: number) => Partial<M>): void {
    const began = this.#begin(message)
    try {
      work()
    } catch (error) {
      this.#fail(message, began, error)
      throw error
    }
    const durationMs = performance.now() - began
    this.#end.publish(Object.assign(message, { durationMs }, known(durationMs)))
  }

  #begin(message: M): number {
    this.#start.publish(message)
    return performance.now()
  }

  #fail(message: M, began: number, error: unknown): void {
    this.#error.publish(Object.assign(message, { durationMs: performance.now() - began, error }))
  }
}

export const LOADS = new Operation<LoadMessage>('load')
const RUNS = new Operation<RunMessage>('run')

/** Where the engine writes the milliseconds that a run waited and took, unless it was inline. */
export type RunTimes = Float64Array

/** What a run is started on. */
interface Host {
  readonly engine: { readonly name: string; readonly supports: { readonly runSync: boolean } }
  readonly device: { readonly name: string }
  readonly model: string | undefined
}

/** Whether anybody subscribes to runs; then {@link observeRun} does them. */
export const runsAreObserved = (): boolean => RUNS.observed

export function observeRun<T>(
  call: RunMessage['call'],
  host: Host,
  run: (times: RunTimes) => Promise<T>,
): Promise<T> {
  const times = noTimes()
  return RUNS.observe(
    message(call, host),
    () => run(times),
    (durationMs) => measuredTimes(host, times, durationMs),
  )
}

export function observeRunSync(host: Host, run: (times: RunTimes) => void): void {
  const times = noTimes()
  RUNS.observeSync(
    message('io.runSync', host),
    () => run(times),
    (durationMs) => measuredTimes(host, times, durationMs),
  )
}

const noTimes = (): RunTimes => Float64Array.of(Number.NaN, Number.NaN)

const message = (call: RunMessage['call'], { engine, device, model }: Host): RunMessage => ({
  call,
  model,
  engine: engine.name,
  device: device.name,
})

/** The engine without runSync has no times, and no inline runs. */
function measuredTimes(
  { engine }: Host,
  [queueMs, runMs]: RunTimes,
  durationMs: number,
): Partial<RunMessage> {
  if (!engine.supports.runSync) return { inline: false }
  if (Number.isNaN(queueMs)) return { inline: true, queueMs: 0, runMs: durationMs }
  return { inline: false, queueMs: queueMs!, runMs: runMs! }
}
