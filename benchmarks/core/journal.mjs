// Measurements as JSON lines, appended one by one: the same command continues an interrupted run.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

export class Journal {
  #file
  /** @type {any} */
  header
  /** @type {any[]} all entries after the header */
  entries = []

  /**
   * Continues a file, or starts one with the header.
   * @param {string} file
   * @param {object} header the first line
   * @param {{ fresh?: boolean, identity?: (header: any) => object }} [options] `identity`: the part of the header that
   *   must be the same for all entries of a file
   */
  constructor(file, header, { fresh = false, identity = (whole) => whole } = {}) {
    this.#file = file
    this.header = header
    mkdirSync(dirname(file), { recursive: true })
    if (fresh) rmSync(file, { force: true })
    if (existsSync(file)) this.#resume(identity, header)
    else this.#append(header)
  }

  get file() {
    return this.#file
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

  #resume(identity, header) {
    const text = readFileSync(this.#file, 'utf8')
    // A killed run may have left half a line.
    if (text.length > 0 && !text.endsWith('\n')) appendFileSync(this.#file, '\n')
    const [first = {}, ...rest] = parseLines(text)
    const [there, now] = [first, header].map((one) => JSON.parse(JSON.stringify(identity(one))))
    const differences = Object.keys(now)
      .filter((key) => !isDeepStrictEqual(there[key], now[key]))
      .map((key) => `${key}: ${JSON.stringify(there[key])} there, ${JSON.stringify(now[key])} now`)
    if (differences.length > 0) {
      throw new Error(
        `${this.#file} is of another machine or build (${differences.join('; ')}): name another file by --out, or overwrite it with --fresh`,
      )
    }
    this.entries = rest
  }
}

/** The entries of a file's text. Lines that are not JSON (cut short) are skipped. @param {string} text */
export function parseLines(text) {
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line)] : []
    } catch {
      return []
    }
  })
}
