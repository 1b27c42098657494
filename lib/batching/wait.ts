import { type Check, checkOptions, INT_MAX } from '../check'
import { abortSignal, onAbort } from '../engine/abort'
import { argumentTypeError, describe, OrtError, OrtRangeError } from '../errors'
import type { Queued } from './queue'

/** Options of a call that waits in a queue. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Ends the wait after as many milliseconds: the promise rejects with `ERR_TIMEOUT`. */
  readonly timeoutMs?: number
}

export const milliseconds: Check<number> = (value, name) => {
  if (typeof value !== 'number') throw argumentTypeError(name, 'a number', value)
  if (value >= 0 && value <= INT_MAX) return value
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is out of range`, {
    expected: `milliseconds from 0 to ${INT_MAX}`,
    given: describe(value),
  })
}

export const WAIT_OPTIONS = { signal: abortSignal, timeoutMs: milliseconds }

/** How a promise ended that its caller no longer waited for. */
export type EarlyEnd = 'aborted' | 'timedOut'

/** A promise that its caller's signal or deadline can end before there is a result. Only the first end counts. */
export class Wait<T> implements Queued {
  place = -1
  readonly promise: Promise<T>
  readonly since = performance.now()
  settled = false
  #resolve!: (value: T) => void
  #reject!: (error: unknown) => void
  #forget: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #timeoutMs: number | undefined

  constructor(timeoutMs?: number) {
    this.#timeoutMs = timeoutMs
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** @param onEarlyEnd is called after the signal or the deadline has ended the wait */
  watch(signal: AbortSignal | undefined, onEarlyEnd: (end: EarlyEnd) => void): void {
    const end = (how: EarlyEnd, error: () => unknown) => {
      if (this.settled) return
      this.reject(error())
      onEarlyEnd(how)
    }
    if (signal !== undefined) this.#forget = onAbort(signal, () => end('aborted', () => signal.reason))
    if (this.#timeoutMs !== undefined)
      this.#timer = setTimeout(() => end('timedOut', () => this.timeoutError()), this.#timeoutMs)
  }

  /** Whether the deadline has passed, also where a busy event loop delays the timer. */
  get isLate(): boolean {
    return this.#timeoutMs !== undefined && performance.now() - this.since >= this.#timeoutMs
  }

  timeoutError(): OrtError {
    return new OrtError(
      'ERR_TIMEOUT',
      `the deadline of ${this.#timeoutMs} ms passed before there was a result`,
      {
        remedy: 'Offer less load, or give a longer timeoutMs',
      },
    )
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value)
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.#forget?.()
    clearTimeout(this.#timer)
    return true
  }
}

/** @throws the reason of an aborted signal; OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError */
export function resolveWait(options: WaitOptions | undefined, what: string): WaitOptions {
  if (options === undefined) return {}
  const checked = checkOptions(options, WAIT_OPTIONS, what)
  checked.signal?.throwIfAborted()
  return checked
}

/** @throws OrtError `ERR_QUEUE_FULL` if as many wait as may */
export function checkQueue(waiting: number, most: number): void {
  if (waiting < most) return
  throw new OrtError('ERR_QUEUE_FULL', `${waiting} calls are waiting, the most that may (maxQueueSize)`, {
    remedy: 'Refuse the request (HTTP 503), and let its caller try later',
  })
}
