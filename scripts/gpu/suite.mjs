// The common part of both commands: options, the machine, the file of results.
import { spawn, spawnSync } from 'node:child_process'
import { isAbsolute, join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../run.mjs'
import { parseLines, Results } from './results.mjs'

const COMMON = {
  out: { type: 'string' },
  budget: { type: 'string' },
  fresh: { type: 'boolean', default: false },
  rehearse: { type: 'boolean', default: false },
  only: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

export const COMMON_HELP = `
  --out FILE      JSON lines, appended as they come; what the file has already is not done again
  --budget S      seconds after which nothing new is started
  --fresh         start the file anew
  --only A,B      those whose ids start so
  --list          what there is, and in which order
  --rehearse      on the addon that is built for the fake CUDA driver; its figures are none of a GPU`

/** @returns the options of the command line, or undefined where the help was asked for */
export function readOptions(more, help, defaults) {
  const { values } = parseArgs({ options: { ...COMMON, ...more } })
  if (values.help) {
    console.log(help)
    return undefined
  }
  const budget = Number(values.budget ?? defaults.budget)
  if (!(budget > 0)) throw new Error('--budget must be a number of seconds')
  const name = `${values.rehearse ? 'rehearsal-' : ''}${defaults.name}.jsonl`
  const out = values.out ?? join(root, 'gpu-results', name)
  // For the processes that are started, and for gpu.mjs, which is imported after this.
  if (values.rehearse) process.env.GPU_SUITE_REHEARSAL = '1'
  else delete process.env.GPU_SUITE_REHEARSAL
  return {
    ...values,
    budget,
    out: isAbsolute(out) ? out : join(process.cwd(), out),
    only: values.only?.split(','),
  }
}

/** Whether an id is among those that --only names. */
export const chosen = (only, { id, tags = [] }) =>
  only === undefined || only.some((start) => id.startsWith(start) || tags.includes(start))

/**
 * The machine's line, found out by a process of its own, and the file of results; undefined where there is no GPU to
 * run on, which is said.
 */
export function openResults(suite, { out, fresh }) {
  const probe = spawnSync(process.execPath, [join(import.meta.dirname, 'worker.mjs'), 'machine', suite], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    encoding: 'utf8',
    timeout: 120_000,
  })
  const [found] = parseLines(probe.output[3] ?? '')
  if (found?.type === 'machine') {
    const name = found.gpus?.map(({ name }) => name).join(', ') ?? 'a GPU that nvidia-smi does not name'
    console.log(`${name}; ONNX Runtime ${found.onnxruntime}; Node ${found.node}; results: ${out}`)
    return new Results(out, found, { fresh })
  }
  const { code, message } = found ?? {
    message: `the first session on CUDA ended with ${probe.signal ?? probe.status}`,
  }
  console.error(`No GPU to run on: ${code ? `${code}: ` : ''}${message}`)
  return undefined
}

/**
 * A process that writes lines of JSON to its fourth stream, which nothing else writes to, and that is ended where it is
 * silent for too long.
 *
 * @param {string[]} args of Node
 * @param {(entry: any) => number} onEntry gives how many milliseconds the next may take
 * @returns {Promise<string | undefined>} why it ended, unless it ended well
 */
export function follow(args, onEntry, patience) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
    let rest = ''
    let silent = false
    const wait = (ms) =>
      setTimeout(() => {
        silent = true
        child.kill('SIGKILL')
      }, ms)
    let timer = wait(patience)
    child.stdio[3].setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const entry of parseLines(lines.join('\n'))) {
        clearTimeout(timer)
        timer = wait(onEntry(entry))
      }
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const how = silent ? 'said nothing for too long, and was ended' : `ended with ${signal ?? code}`
      resolve(code === 0 ? undefined : `the process ${how}`)
    })
  })
}
