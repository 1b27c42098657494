import { OrtError } from '../errors'
import type { LoadedSession } from './create'

/** A loaded session until it is released. */
export class SessionHandle {
  #released: Promise<void> | undefined

  constructor(readonly loaded: LoadedSession) {}

  /** @throws OrtError `ERR_DISPOSED` */
  get open(): LoadedSession {
    if (this.#released !== undefined) throw new OrtError('ERR_DISPOSED', 'the session was released')
    return this.loaded
  }

  get released(): boolean {
    return this.#released !== undefined
  }

  release(): Promise<void> {
    try {
      this.#released ??= this.loaded.session.release()
    } catch (error) {
      return Promise.reject(error) // nothing was queued: the next call tries again
    }
    return this.#released
  }
}
