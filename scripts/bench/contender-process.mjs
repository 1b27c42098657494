// The parent's side of a contender: a process of its own, kept alive, which is asked for one round after another.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export class ContenderProcess {
  #process
  #lines
  #errors = ''
  /** @type {Promise<string>} how */
  #ended

  constructor([command, ...args]) {
    this.#process = spawn(command, args, { stdio: 'pipe' })
    // One that has ended is told by the next line, which does not come.
    this.#process.stdin.on('error', () => {})
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      process.stderr.write(text)
      this.#errors = (this.#errors + text).slice(-4000)
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message))
      this.#process.on('close', (code, signal) => resolve(`the contender ended with ${signal ?? code}`))
    })
  }

  get pid() {
    return this.#process.pid
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
    const how = await this.#ended
    const reason = this.#errors.trim().split('\n').at(-1)
    throw new Error(reason ? `${how}: ${reason}` : how)
  }
}
