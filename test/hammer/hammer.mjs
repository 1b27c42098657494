// Runs random traces against the model for some seconds, in a process of its own, which a failure may end:
//   node test/hammer/hammer.mjs [--seconds 60] [--seed N]   the seeds from N on; HAMMER_SECONDS is the default
//   node test/hammer/hammer.mjs --trace '[["run",1,2,3,4]]'   one trace, 20 times
// A failure prints its seed and the shortest trace that still fails. Sessions are on the CPU, with TEST_PROVIDERS=cuda,cpu on
// CUDA too; HAMMER_OPERATIONS is the most operations of a trace.
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { fc, traces } from './trace.mjs'

/** Longer than any trace takes under a sanitizer. */
const HANGS_AFTER = 120_000
const SHORTEN_FOR = 180_000
const TIMES = 20

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, seed: { type: 'string' }, trace: { type: 'string' } },
})

/**
 * Runs run-traces.mjs, and kills it where it hangs.
 * @param {object} work
 * @param {'inherit' | 'ignore'} output
 */
async function runChild(work, output) {
  const child = fork(new URL('run-traces.mjs', import.meta.url), [JSON.stringify(work)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', output, output, 'ipc'],
  })
  let seed
  let done
  let failure
  let hangs = setTimeout(kill, HANGS_AFTER)
  function kill() {
    failure = `hangs for ${HANGS_AFTER / 1000} s`
    child.kill('SIGKILL')
  }
  child.on('message', (/** @type {any} */ message) => {
    clearTimeout(hangs)
    hangs = setTimeout(kill, HANGS_AFTER)
    seed = message.seed ?? seed
    done = message.done ?? done
    failure = message.failure ?? failure
  })
  const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)))
  clearTimeout(hangs)
  if (code !== 0) failure ??= `ended with ${signal ?? `exit code ${code}`}`
  return { seed, done, failure }
}

/** The shortest trace that fails, of those that fast-check makes of the seed's. @param {number} seed */
async function shorten(seed) {
  const fails = fc.asyncProperty(traces, async (trace) => {
    const { failure } = await runChild({ trace, times: TIMES }, 'ignore')
    if (failure !== undefined) throw new Error(failure)
  })
  const limits = { interruptAfterTimeLimit: SHORTEN_FOR, markInterruptAsFailure: false }
  const { counterexample, errorInstance: error } = await fc.check(fails, { seed, numRuns: 1, ...limits })
  return { trace: counterexample?.[0], error }
}

if (values.trace !== undefined) {
  const { failure } = await runChild({ trace: JSON.parse(values.trace), times: TIMES }, 'inherit')
  console.log(failure ?? `the trace ran ${TIMES} times`)
  process.exit(failure === undefined ? 0 : 1)
}

const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
const seconds = Number(values.seconds ?? process.env.HAMMER_SECONDS ?? 60)
console.log(`hammer: seeds from ${firstSeed} on, for ${seconds} s`)
const { seed, done, failure } = await runChild({ firstSeed, seconds }, 'inherit')
if (failure === undefined) {
  const { traces, operations, checks } = done
  console.log(`hammer: ${traces} traces, ${operations} operations, ${checks} values compared, no failure`)
} else {
  console.error(`hammer: FAILED at seed ${seed}: ${failure}\nShortening the trace...`)
  const { trace, error } = await shorten(seed)
  if (trace === undefined) console.error(`The trace alone does not fail again: --seed ${firstSeed}`)
  else console.error(`hammer: ${error}\nThe shortest trace that fails:\n  --trace '${JSON.stringify(trace)}'`)
  process.exitCode = 1
}
