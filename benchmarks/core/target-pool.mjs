// The processes of the targets.
import { TargetProcess } from './target-process.mjs'

/**
 * @typedef {{ id: string, label: string, family: 'limit' | 'ours' | 'theirs' | 'torch' }} Target
 * @typedef {Target & { process?: TargetProcess, notMeasured?: string, excluded?: true, [key: string]: any }} Entry
 *   `notMeasured`: the reason; `excluded`: it was known beforehand, so the target did not fail
 */

export class TargetPool {
  #targetCommand
  #keep
  #parallel
  #limits
  /** @type {Map<string, TargetProcess>} */
  #processes = new Map()
  /** @type {Entry[]} */
  #open = []

  /**
   * @param {(id: string, bench: any) => string[] | string} targetCommand the target's command, or why it cannot be measured
   * @param {{ keep?: boolean, parallel?: number, limits?: { open?: number, answer?: number } }} [options] `keep`: one
   *   process opens case after case, since creating a GPU's context takes seconds; limits are in milliseconds
   */
  constructor(targetCommand, { keep = false, parallel = 1, limits = {} } = {}) {
    this.#targetCommand = targetCommand
    this.#keep = keep
    this.#parallel = parallel
    this.#limits = limits
  }

  /** Opens a case in the process of each entry that can be measured, and closes the case before it. */
  async open(/** @type {Entry[]} */ entries, bench) {
    await this.close()
    const left = entries.filter(({ notMeasured }) => notMeasured === undefined)
    const next = async () => {
      for (let entry = left.shift(); entry !== undefined; entry = left.shift())
        await this.#openEntry(entry, bench)
    }
    await Promise.all(Array.from({ length: this.#parallel }, next))
    this.#open = entries.filter(({ process }) => process !== undefined)
  }

  async #openEntry(entry, bench) {
    const process = this.#process(entry.id, bench)
    if (typeof process === 'string') Object.assign(entry, { notMeasured: process, excluded: true })
    else
      await this.attempt(entry, async () => {
        Object.assign(entry, await this.#ask(process, bench), { process })
      })
  }

  /** Does something with an entry's process. After a failure the other entries continue without it. */
  async attempt(entry, action) {
    if (entry.notMeasured !== undefined) return
    try {
      await action()
    } catch (error) {
      entry.notMeasured = error.message
      this.#drop(entry.id)
    }
  }

  /** Opens a case in the process of one target, for `use` alone. */
  async with(id, bench, use) {
    const process = this.#process(id, bench)
    if (typeof process === 'string') throw new Error(process)
    try {
      if (bench !== undefined) await this.#ask(process, bench)
      const result = await use(process)
      if (bench !== undefined) await process.ask({ op: 'close' }, this.#limits.answer)
      return result
    } catch (error) {
      this.#drop(id)
      throw error
    }
  }

  /** Closes the open case: the processes end, unless they are kept. */
  async close() {
    if (!this.#keep) await this.stop()
    for (const { id, process } of this.#open.splice(0)) {
      if (this.#processes.get(id) !== process) continue
      await process.ask({ op: 'close' }, this.#limits.answer).catch(() => this.#drop(id))
    }
  }

  async stop() {
    await Promise.all([...this.#processes.values()].map((process) => process.stop()))
    this.#processes.clear()
  }

  #ask(process, bench) {
    return process.ask({ op: 'open', case: bench }, this.#limits.open)
  }

  #process(id, bench) {
    const process = this.#processes.get(id)
    if (process !== undefined) return process
    const command = this.#targetCommand(id, bench)
    if (typeof command === 'string') return command
    this.#processes.set(id, new TargetProcess(command))
    return this.#processes.get(id)
  }

  /** A target that has failed is not asked again: its next process is a new one. */
  #drop(id) {
    this.#processes.get(id)?.kill()
    this.#processes.delete(id)
  }
}
