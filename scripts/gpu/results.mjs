// The file of results: a line of JSON each, appended as they come, so that a run cut short still counts.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** What must be the same for the results of two runs to be in one file. */
const identity = ({ rehearsal, gpus, onnxruntime, node, addon }) => ({
  rehearsal,
  gpus: gpus?.map(({ name, driver }) => ({ name, driver })),
  onnxruntime,
  node,
  addon: addon?.sha256,
})

export class Results {
  #file
  /** @type {any[]} what the file has but for the machine's line */
  entries = []

  /**
   * Goes on with a file, or starts one with the machine's line.
   * @param {string} file
   * @param {object} machine
   * @param {{ fresh?: boolean }} [options]
   */
  constructor(file, machine, { fresh = false } = {}) {
    this.#file = file
    mkdirSync(dirname(file), { recursive: true })
    if (fresh) rmSync(file, { force: true })
    if (existsSync(file)) this.#resume(machine)
    else this.#append(machine)
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

  #resume(machine) {
    const text = readFileSync(this.#file, 'utf8')
    // A run that was killed may have left half a line.
    if (text.length > 0 && !text.endsWith('\n')) appendFileSync(this.#file, '\n')
    const [first, ...rest] = parseLines(text)
    if (!isDeepStrictEqual(plain(identity(first ?? {})), plain(identity(machine)))) {
      throw new Error(
        `${this.#file} is of another machine or build: name another by --out, or start with --fresh`,
      )
    }
    this.entries = rest
  }
}

const plain = (value) => JSON.parse(JSON.stringify(value))

/** The entries of a file's text; lines that are no JSON (cut short) are left out. */
export function parseLines(text) {
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line)] : []
    } catch {
      return []
    }
  })
}
