// Runs cases in child processes, and tells a crash of this package from one of ONNX Runtime's own.
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../scripts/run.mjs'

/** How many cases a process checks, and how long it may say nothing. */
const CASES_IN_A_PROCESS = 100
const SILENCE_MS = 90_000
/** Of a process's address space, in KiB: a model can ask for any number of bytes. Windows and macOS have no such limit. */
const MEMORY_KIB = 4 * 2 ** 20
/** onnxruntime-node.mjs's exit code for a model that takes all of it. */
export const OUT_OF_MEMORY = 77
/** Where what failed is kept. */
const FAILED = join(root, 'build', 'fuzz')

/**
 * What a case failed on. `ofOnnxRuntime`: onnxruntime-node ends the same way.
 * @typedef {{ kind: string, seed: number, base: string, path: string, problem: string, ofOnnxRuntime: boolean }} Failure
 * @typedef {{ cases: number, loaded: number, ran: number, failures: Failure[] }} Totals
 */

/**
 * Runs a script of this folder to its end, or kills it when it says nothing for too long.
 * @param {string} script
 * @param {readonly string[]} args
 * @param {(line: any) => void} [onLine] for each JSON line that it writes to file descriptor 3
 * @returns {Promise<{ how: string | undefined, stderr: string }>} how it ended, unless it was by exit code 0
 */
export async function runChild(script, args, onLine = () => {}) {
  const command = [process.execPath, join(import.meta.dirname, script), ...args]
  const limited =
    process.platform === 'linux'
      ? ['sh', '-c', `ulimit -v ${MEMORY_KIB} && exec "$0" "$@"`, ...command]
      : command
  const child = spawn(limited[0], limited.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ORT_DISABLE_TELEMETRY: '1' },
  })
  let silent = false
  const kill = () => {
    silent = true
    child.kill('SIGKILL')
  }
  let timer = setTimeout(kill, SILENCE_MS)
  createInterface(child.stdio[3]).on('line', (line) => {
    clearTimeout(timer)
    timer = setTimeout(kill, SILENCE_MS)
    onLine(JSON.parse(line))
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-4000)
  })
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (...end) => resolve(end))
  })
  clearTimeout(timer)
  if (silent) return { how: `hangs for ${SILENCE_MS / 1000} s`, stderr }
  return { how: signal ?? (code === 0 ? undefined : `exit code ${code}`), stderr }
}

/**
 * Whether the end of a process on a model is ONNX Runtime's own. Where that takes all memory on another thread, V8 ends the
 * process; onnxruntime-node, which loads on the JS thread, gets an error.
 * @param {string} path
 * @param {{ how: string, stderr: string }} end
 */
async function isOfOnnxRuntime(path, { how, stderr }) {
  const { how: theirs } = await runChild('onnxruntime-node.mjs', [path])
  const outOfMemory = /bad_alloc|out of memory/i.test(stderr)
  return theirs === how || (outOfMemory && theirs === `exit code ${OUT_OF_MEMORY}`)
}

/**
 * @param {object} options
 * @param {string} options.kind
 * @param {number} options.seed the first
 * @param {number} options.cases
 * @param {number} [options.jobs] processes at a time
 * @returns {Promise<Totals>}
 */
export async function fuzz({ kind, seed: first, cases, jobs = availableParallelism() }) {
  const totals = { cases: 0, loaded: 0, ran: 0, failures: [] }
  let next = first
  const work = async () => {
    while (next < first + cases) {
      const begin = next
      next = Math.min(begin + CASES_IN_A_PROCESS, first + cases)
      await checkRange(kind, begin, next, totals)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return totals
}

/** Checks cases; a process that ends early is replaced by one that begins behind the case that ended it. */
async function checkRange(kind, begin, end, totals) {
  while (begin < end) {
    const folder = mkdtempSync(join(tmpdir(), 'iobinding-fuzz-'))
    try {
      let current
      const problems = []
      const { how, stderr } = await runChild(
        'child.mjs',
        [kind, String(begin), String(end), folder],
        (line) => {
          if ('path' in line) {
            current = line
            return
          }
          totals.cases++
          if (line.loaded) totals.loaded++
          if (line.ran) totals.ran++
          if (line.problems.length > 0)
            problems.push({ ...current, problem: line.problems.map(problemText).join('\n') })
          begin = line.seed + 1
        },
      )
      for (const failure of problems) totals.failures.push(keep(kind, failure, false))
      if (how === undefined) break
      if (current === undefined || current.seed < begin)
        throw new Error(`the child ends by ${how}, in no case: ${stderr}`)
      totals.cases++
      const ofOnnxRuntime = await isOfOnnxRuntime(current.path, { how, stderr })
      totals.failures.push(keep(kind, { ...current, problem: `${how}\n${stderr}` }, ofOnnxRuntime))
      begin = current.seed + 1
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

const problemText = ({ stage, problem }) => `${stage}: ${problem}`

/** @returns {Failure} */
function keep(kind, { seed, base, path, problem }, ofOnnxRuntime) {
  mkdirSync(FAILED, { recursive: true })
  const kept = join(FAILED, basename(path))
  copyFileSync(path, kept)
  return { kind, seed, base, path: kept, problem, ofOnnxRuntime }
}
