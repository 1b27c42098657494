// Shared by the tests and the benchmark on a GPU: options, the machine, the file of results, worker processes.
import { spawn, spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { Journal, parseLines } from '../../benchmarks/core/journal.mjs'
import { positive, readOptions } from '../../benchmarks/core/options.mjs'
import { root } from '../../scripts/run.mjs'

const WORKER = join(import.meta.dirname, 'worker.mjs')

export const COMMON_HELP = `
  --out FILE      JSON lines, appended one by one; what the file has already is not done again
  --budget S      seconds after which nothing new is started
  --fresh         overwrites the file
  --only A,B      those whose ids start so; A$ is one id
  --list          lists the ids in their order
  --rehearse      with the addon that is built for the fake CUDA driver; no figure is a GPU's`

/** The options of the command line. `file`: the default file of results and budget. */
export function readSuiteOptions(help, defaults, file) {
  const options = readOptions(help, defaults)
  const { rehearse, only } = options
  const name = `${rehearse ? 'rehearsal-' : ''}${file.name}.jsonl`
  // For worker processes, and for session.mjs, which is imported later.
  if (rehearse) process.env.GPU_SUITE_REHEARSAL = '1'
  else delete process.env.GPU_SUITE_REHEARSAL
  return {
    ...options,
    budget: positive('budget', options.budget ?? file.budget),
    out: resolve(options.out ?? join(root, 'gpu-results', name)),
    only: only?.split(','),
  }
}

/** Whether `--only` includes an id, by its start or, with a `$`, as a whole, or one of its tags. */
export const isChosen = (only, { id, tags = [] }) =>
  only === undefined || only.some((start) => `${id}$`.startsWith(start) || tags.includes(start))

/** What must be the same for all results of a file. */
const identity = ({ rehearsal, simulation, gpus, onnxruntime, node, addon }) => ({
  rehearsal,
  simulation,
  gpus: gpus?.map(({ name, driver }) => ({ name, driver })),
  onnxruntime,
  node,
  addon: addon?.sha256,
})

/** A file of results that begins with the machine's line. */
export const machineJournal = (file, machine, { fresh = false } = {}) =>
  new Journal(file, machine, { fresh, identity })

/** The file of results, after a process of its own has described the machine. Undefined, with a message, without a GPU. */
export function openJournal(suite, { out, fresh }) {
  const probe = spawnSync(process.execPath, [WORKER, 'machine', suite], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    encoding: 'utf8',
    timeout: 120_000,
  })
  const [found] = parseLines(probe.output[3] ?? '')
  if (found?.type === 'machine') {
    const name = found.gpus?.map((gpu) => gpu.name).join(', ') ?? 'a GPU that nvidia-smi does not name'
    console.log(`${name}; ONNX Runtime ${found.onnxruntime}; Node ${found.node}; results: ${out}`)
    return machineJournal(out, found, { fresh })
  }
  const how = `the first session on CUDA ended with ${probe.signal ?? probe.status}`
  const { code, message } = found ?? { message: how }
  console.error(`No GPU to run on: ${code ? `${code}: ` : ''}${message}`)
  return undefined
}

/**
 * Runs a worker, which writes JSON lines to its file descriptor 3, and kills it when it is silent for too long.
 * @param {string[]} args
 * @param {(entry: any) => number} onEntry returns how many milliseconds the next entry may take
 * @returns {Promise<string | undefined>} why it ended, unless it succeeded
 */
export function runWorker(args, onEntry, patienceMs) {
  return new Promise((resolve) => {
    const node = ['--test-reporter=spec', WORKER, 'tests', ...args]
    const child = spawn(process.execPath, node, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
    let rest = ''
    let isSilent = false
    const wait = (ms) =>
      setTimeout(() => {
        isSilent = true
        child.kill('SIGKILL')
      }, ms)
    let timer = wait(patienceMs)
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
      const how = isSilent ? 'was silent for too long and was killed' : `ended with ${signal ?? code}`
      resolve(code === 0 ? undefined : `the process ${how}`)
    })
  })
}
