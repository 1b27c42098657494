import type { ServerResponse } from 'node:http'
import { cancelled } from './errors.js'

/** What the library asks of an AbortSignal. */
export type Signal = Pick<
  AbortSignal,
  'aborted' | 'reason' | 'throwIfAborted' | 'addEventListener' | 'removeEventListener'
>

/**
 * A signal that aborts when the client of a response leaves. It is none of an AbortController, which takes as long as a short run:
 * the library listens only where a run does not end at once, and only then does this look at the connection.
 */
export class Leaving implements Signal {
  readonly #response: ServerResponse
  readonly #listeners = new Map<unknown, () => void>()

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get aborted(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished
  }

  get reason(): unknown {
    return this.aborted ? cancelled() : undefined
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  /** @param listener takes no event */
  addEventListener(_type: string, listener: unknown): void {
    const onClose = () => {
      if (this.aborted) (listener as () => void)()
    }
    this.#listeners.set(listener, onClose)
    this.#response.once('close', onClose)
  }

  removeEventListener(_type: string, listener: unknown): void {
    const onClose = this.#listeners.get(listener)
    if (onClose !== undefined) this.#response.off('close', onClose)
    this.#listeners.delete(listener)
  }
}
