// What was measured so far: lines of JSON, appended as they come, so that a run that was cut is gone on with.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parseLines } from '../gpu/results.mjs'

export class Journal {
  #file
  /** @type {any[]} all but the first line */
  entries = []

  /**
   * Goes on with a file, or starts one.
   * @param {string} file
   * @param {object} setup what must be the same for all that the file holds: its first line
   * @param {{ fresh?: boolean }} [options]
   */
  constructor(file, setup, { fresh = false } = {}) {
    this.#file = file
    mkdirSync(dirname(file), { recursive: true })
    if (fresh) rmSync(file, { force: true })
    if (!existsSync(file)) {
      this.#append(setup)
      return
    }
    const text = readFileSync(file, 'utf8')
    // A run that was killed may have left half a line.
    if (!text.endsWith('\n')) appendFileSync(file, '\n')
    const [first, ...rest] = parseLines(text)
    const differs = Object.keys(setup).filter((key) => !isDeepStrictEqual(first?.[key], plain(setup[key])))
    if (differs.length > 0) {
      const what = differs.map(
        (key) => `${key}: ${JSON.stringify(first?.[key])} there, ${JSON.stringify(setup[key])} now`,
      )
      throw new Error(
        `${file} is of another setup (${what.join('; ')}): name another by --out, or start with --fresh`,
      )
    }
    this.entries = rest
  }

  record(entry) {
    this.entries.push(entry)
    this.#append(entry)
  }

  #append(entry) {
    const rounded = (_key, value) =>
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
    appendFileSync(this.#file, `${JSON.stringify(entry, rounded)}\n`)
  }
}

const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
