// The contenders' processes, which are kept from model to model: a context on a GPU takes seconds to make.
import { cpus } from 'node:os'
import { ContenderProcess, commandOf } from './contenders.mjs'

/** Seconds that loading a model may take: torch.compile compiles. */
const OPEN_LIMIT = 150_000

export class ContenderPool {
  #contenders
  #why
  #python
  /** @type {Map<string, ContenderProcess>} */
  #processes = new Map()
  /** @type {{ id: string, process: ContenderProcess }[]} */
  #open = []

  /**
   * @param {import('./contenders.mjs').Contender[]} contenders
   * @param {(id: string) => string | undefined} why one cannot be measured here
   */
  constructor(contenders, why, python) {
    this.#contenders = contenders
    this.#why = why
    this.#python = python
  }

  get(id) {
    if (!this.#processes.has(id)) this.#processes.set(id, new ContenderProcess(commandOf(id, this.#python)))
    return this.#processes.get(id)
  }

  /** One that has failed is not asked again: the next that is wanted is another process. */
  drop(id) {
    this.#processes.get(id)?.kill()
    this.#processes.delete(id)
  }

  /** Has each load a model, some at a time. */
  async openAll(bench, except = () => undefined) {
    const entries = this.#contenders.map(({ id, label, family }) => ({ id, label, family, times: [] }))
    const left = [...entries]
    const next = async () => {
      for (let entry = left.shift(); entry !== undefined; entry = left.shift()) {
        const why = this.#why(entry.id) ?? except(entry)
        // Known before it was tried: no failure of the one that is left out.
        Object.assign(
          entry,
          why ? { notMeasured: why, excepted: true } : await this.#openOne(entry.id, bench),
        )
      }
    }
    await Promise.all(Array.from({ length: Math.max(1, Math.floor(cpus().length / 4)) }, next))
    this.#open = entries.filter(({ process }) => process !== undefined)
    return entries
  }

  async #openOne(id, bench) {
    const process = this.get(id)
    try {
      return { process, ...(await process.ask({ op: 'open', case: bench }, OPEN_LIMIT)) }
    } catch (error) {
      this.drop(id)
      return { notMeasured: error.message }
    }
  }

  async closeAll() {
    for (const { id, process } of this.#open) await process.ask({ op: 'close' }).catch(() => this.drop(id))
    this.#open = []
  }

  /** One question for a contender that has a model open for it alone. */
  async with(id, bench, use) {
    const process = this.get(id)
    try {
      if (bench !== undefined) await process.ask({ op: 'open', case: bench }, OPEN_LIMIT)
      const result = await use((question, limit) => process.ask(question, limit))
      if (bench !== undefined) await process.ask({ op: 'close' })
      return result
    } catch (error) {
      this.drop(id)
      throw error
    }
  }

  async stop() {
    await Promise.all([...this.#processes.values()].map((process) => process.stop()))
  }
}
