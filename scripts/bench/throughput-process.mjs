// The parent's side of throughput-contender.mjs: a process that is sent one load after another.
import { fork } from 'node:child_process'
import { join } from 'node:path'

export class ThroughputProcess {
  #id
  #process

  /**
   * @param {string} id of the contender
   * @param {import('./throughput-services.mjs').Case} bench
   */
  constructor(id, bench) {
    this.#id = id
    this.#process = fork(join(import.meta.dirname, 'throughput-contender.mjs'), [id, JSON.stringify(bench)])
  }

  get pid() {
    return this.#process.pid
  }

  /** Waits until the model is loaded; gives the answers to the first requests. @returns {Promise<number[]>} */
  async ready() {
    return (await this.#message()).answers
  }

  /** @param {import('./throughput-contender.mjs').ClosedLoad | import('./throughput-contender.mjs').OpenLoad} load */
  async put(load) {
    const message = this.#message()
    this.#process.send(load)
    const { result, error } = await message
    if (error !== undefined) throw new Error(error)
    return result
  }

  stop() {
    if (this.#process.connected) this.#process.disconnect()
  }

  /** The next message, or an error where the process ends before it has sent one. */
  #message() {
    return new Promise((resolve, reject) => {
      const ended = (code, signal) =>
        reject(new Error(`the contender '${this.#id}' ended with ${signal ?? code}`))
      this.#process.once('exit', ended)
      this.#process.once('message', (message) => {
        this.#process.off('exit', ended)
        resolve(message)
      })
    })
  }
}
