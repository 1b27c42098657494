// The parent's side of a contender: a process of its own, kept alive, which is asked for one round after another.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export class ContenderProcess {
  #process
  #lines
  #ended

  constructor([command, ...args]) {
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#ended = once(this.#process, 'exit')
  }

  /** Waits until the model is loaded. Gives what reading the clock costs, and the sum of the first output. */
  async ready() {
    const [word, clock, sum] = (await this.#line()).split(' ')
    if (word !== 'ready') throw new Error(`the contender said '${word}' instead of 'ready'`)
    return { clockNs: Number(clock), sum: Number(sum) }
  }

  /** Times of as many calls in nanoseconds, after others that are not timed: the caches are the last contender's. */
  async round(warmup, calls) {
    this.#process.stdin.write(`${warmup} ${calls}\n`)
    return Float64Array.from((await this.#line()).split(' '), Number)
  }

  async stop() {
    this.#process.stdin.end()
    await this.#ended
  }

  async #line() {
    const { value, done } = await this.#lines.next()
    if (!done) return value
    const [code, signal] = await this.#ended
    throw new Error(`the contender ended with ${signal ?? code}`)
  }
}
