// Who is measured on a GPU, and the process that runs each.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * @typedef {{ id: string, label: string, family: 'limit' | 'ours' | 'theirs' }} Contender
 *   A limit leaves out what the others must do. All others take their inputs from host memory and bring their outputs
 *   there, but for what is on the device
 */

/** @type {Contender[]} in the order of a round */
export const contenders = [
  { id: 'sync-spin', label: 'binding.runSync(), spin', family: 'ours' },
  { id: 'sync-block', label: 'binding.runSync(), block', family: 'ours' },
  { id: 'async', label: 'await binding.run()', family: 'ours' },
  { id: 'session-run', label: 'await session.run()', family: 'ours' },
  { id: 'mapped', label: 'runSync, mapped', family: 'ours' },
  { id: 'device', label: 'runSync, all on the device', family: 'ours' },
  { id: 'graph', label: 'runSync, graph', family: 'ours' },
  { id: 'graph-async', label: 'await run, graph', family: 'ours' },
  { id: 'graph-mapped', label: 'runSync, graph, mapped', family: 'ours' },
  { id: 'graph-device', label: 'runSync, graph, all on the device', family: 'ours' },
  { id: 'ort-node', label: 'onnxruntime-node run', family: 'theirs' },
  { id: 'python-run', label: 'Python run', family: 'theirs' },
  { id: 'python-binding', label: 'Python IOBinding', family: 'theirs' },
  { id: 'python-graph', label: 'Python IOBinding, graph', family: 'theirs' },
  { id: 'torch-eager', label: 'torch eager', family: 'theirs' },
  { id: 'torch-compile', label: 'torch.compile, reduce-overhead', family: 'theirs' },
  { id: 'torch-graph', label: 'torch CUDA graph, with copies', family: 'theirs' },
  { id: 'torch-replay', label: 'torch CUDA graph, replay alone', family: 'limit' },
]

export const labelOf = (wanted) => contenders.find(({ id }) => id === wanted)?.label ?? wanted

/** The first of these that was measured is what others are held against. */
export const BASELINES = ['python-binding', 'sync-spin']
export const LIMITS = ['torch-replay']

/**
 * What this machine's Python can be measured with.
 * @returns {{ versions: Record<string, string>, why: (id: string) => string | undefined }}
 */
export function findPython(python, rehearse) {
  const { status, stdout, stderr, error } = spawnSync(
    python,
    [join(import.meta.dirname, 'contender.py'), 'probe'],
    {
      encoding: 'utf8',
      timeout: 120_000,
    },
  )
  const found = status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : {}
  const missing = status === 0 ? undefined : `${python}: ${error?.message ?? lastLine(stderr)}`
  const why = (id) => {
    const module = { torch: 'torch', python: 'onnxruntime' }[id.split('-')[0]]
    if (module === undefined) return undefined
    if (missing !== undefined) return missing
    if (found[module] === undefined) return `${python} has no ${module}`
    if (!rehearse && !found[`${module}-cuda`]) return `the ${module} of ${python} has no CUDA`
    return undefined
  }
  const versions = Object.entries(found).filter(([name]) => !name.endsWith('-cuda'))
  return { versions: Object.fromEntries(versions), why }
}

const lastLine = (text) => text?.trim().split('\n').at(-1)

/** The command of a contender. */
export function commandOf(id, python) {
  if (/^(python|torch)/.test(id)) return [python, join(import.meta.dirname, 'contender.py'), id]
  return [process.execPath, join(import.meta.dirname, 'contender.mjs'), id]
}

/** A contender's process: a line of JSON asks, a line answers. Kept for all that it is asked, or until it fails. */
export class ContenderProcess {
  #process
  #lines
  #errors = ''
  #ended

  constructor([command, ...args]) {
    this.#process = spawn(command, args, { stdio: 'pipe' })
    this.#process.stdin.on('error', () => {})
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000)
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message))
      this.#process.on('close', (code, signal) => resolve(`it ended with ${signal ?? code}`))
    })
  }

  /** @throws where it says that it cannot, ends, or takes longer than `limitMs` */
  async ask(question, limitMs = 60_000) {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`)
    let timer
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, limitMs, { value: undefined, late: true })
    })
    const { value, late: tooLate } = await Promise.race([this.#lines.next(), late])
    clearTimeout(timer)
    if (value !== undefined) {
      const answer = JSON.parse(value)
      if (answer.error === undefined) return answer
      throw new Error(answer.error)
    }
    if (tooLate) this.kill()
    const how = tooLate ? `no answer within ${limitMs / 1000} s` : await this.#ended
    throw new Error(`${how}${this.#errors ? `: ${lastLine(this.#errors)}` : ''}`)
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
