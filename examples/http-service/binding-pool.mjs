/** Thrown where as many requests wait as may: a further one is refused at once, and not made to wait. */
export class QueueFullError extends Error {}

/** Bindings that are lent to one request at a time. Requests beyond them wait, in order, in a queue that has an end. */
export class BindingPool {
  #idle
  #waiting = []
  #mostWaiting

  constructor(bindings, mostWaiting) {
    this.#idle = [...bindings]
    this.#mostWaiting = mostWaiting
  }

  // [use]
  /** What `work` makes of a binding. The signal ends the wait for one; `work` gives it to the run. */
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
    if (this.#waiting.length >= this.#mostWaiting) throw new QueueFullError('too many requests are waiting')
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1)
        reject(signal.reason)
      }
      const entry = {
        resolve: (io) => {
          signal.removeEventListener('abort', leave)
          resolve(io)
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(entry)
    })
  }
}
