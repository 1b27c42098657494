// A target's process. Each request and each response is a line of JSON.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** The last line, without what surrounds it. @param {string | undefined} text */
export const lastLine = (text) => text?.trim().split('\n').at(-1)

export class TargetProcess {
  #process
  #lines
  #errors = ''
  /** @type {Promise<string>} how it ended */
  #ended

  constructor([command, ...args]) {
    this.#process = spawn(command, args, { stdio: 'pipe' })
    // A process that has ended is noticed by its missing answer.
    this.#process.stdin.on('error', () => {})
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000)
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message))
      this.#process.on('close', (code, signal) => resolve(`the target ended with ${signal ?? code}`))
    })
  }

  get pid() {
    return this.#process.pid
  }

  /** @throws where the target reports an error, ends, or takes longer than `limitMs` */
  async ask(question, limitMs) {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`)
    let isLate = false
    const expire = () => {
      isLate = true
      this.kill()
    }
    const timer = limitMs && setTimeout(expire, limitMs)
    const { value } = await this.#lines.next()
    clearTimeout(timer)
    if (value !== undefined) {
      const { error, ...answer } = JSON.parse(value)
      if (error === undefined) return answer
      throw new Error(error)
    }
    const how = isLate ? `no answer within ${limitMs / 1000} s` : await this.#ended
    throw new Error(this.#errors ? `${how}: ${lastLine(this.#errors)}` : how)
  }

  /** Microseconds of `calls` calls, after `warmup` calls that are not timed. */
  async measure(warmup, calls, limitMs) {
    const { times } = await this.ask({ op: 'measure', warmup, calls }, limitMs)
    return Float64Array.from(times, (ns) => ns / 1000)
  }

  kill() {
    this.#process.kill('SIGKILL')
  }

  async stop() {
    this.#process.stdin.end()
    const timer = setTimeout(() => this.kill(), 10_000)
    await this.#ended
    clearTimeout(timer)
  }
}
