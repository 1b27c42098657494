/** The queue is full: the request is rejected at once instead of waiting. */
export class QueueFullError extends Error {}

/** Lends each binding to one request at a time. Further requests wait, in order, in a bounded queue. */
export class BindingPool {
  #idle
  #waiting = []
  #maxWaiting

  constructor(bindings, maxWaiting) {
    this.#idle = [...bindings]
    this.#maxWaiting = maxWaiting
  }

  // [use]
  /** Calls `work` with a binding. The signal ends the wait for a binding; `work` passes it to the run. */
  async use(work, signal) {
    const io = this.#idle.pop() ?? (await this.#next(signal))
    try {
      return await work(io)
    } finally {
      const first = this.#waiting.shift()
      if (first === undefined) this.#idle.push(io)
      else first.resolve(io)
    }
  }
  // [end]

  #next(signal) {
    signal.throwIfAborted()
    if (this.#waiting.length >= this.#maxWaiting) throw new QueueFullError('too many requests are waiting')
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1)
        reject(signal.reason)
      }
      const entry = {
        resolve: (io) => {
          signal.removeEventListener('abort', onAbort)
          resolve(io)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(entry)
    })
  }
}
