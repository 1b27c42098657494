// npm run soak -- --help
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { root } from '../run.mjs'
import { plot } from './plot.mjs'
import { MOST_GROWTH, MOST_HEAP_GROWTH, verdict } from './verdict.mjs'

const HELP = `npm run soak -- [--minutes N] [--period SECONDS] [--seed N]

Works in one process for 60 minutes: sessions, bindings, runs, values, aborts, errors and workers come and go. Prints its
memory, handles, threads and file descriptors as a line of JSON each minute (--period 60), and writes these lines and a
plot to build/soak. Fails if after the warm-up the resident memory grows by ${MOST_GROWTH} MiB a minute or more, or the JavaScript
heap by ${MOST_HEAP_GROWTH}, or if handles, threads or file descriptors remain. TEST_PROVIDERS=cuda,cpu works on a GPU; a fake one is
in ONNXRUNTIME_IOBINDING_BUILD=build/fake-cuda.`

/** glibc returns freed memory to the system: otherwise its arenas grow by fragments for an hour, and hide a small leak. */
const MALLOC = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16384',
  MALLOC_TRIM_THRESHOLD_: '65536',
}

/**
 * V8's space of young objects has its full size from the start. By default V8 enlarges it when many objects survive: resident
 * memory grows by 25 MiB at random moments, by 0.7 MiB a minute over ten, while neither the heap's objects nor malloc's blocks
 * become more. A leak stays visible: each sample follows full collections, which leave no object there.
 */
const V8 = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16']

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    period: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(HELP)
else process.exitCode = await soak(values)

/** @returns the exit code */
async function soak({ minutes, period, seed }) {
  const folder = join(root, 'build', 'soak')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  console.log(`soak of ${minutes} minutes, seed ${seed}`)
  const script = join(import.meta.dirname, 'workload.mjs')
  const child = spawn(process.execPath, [...V8, script, seed, minutes, period], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...MALLOC },
  })
  const samples = []
  createInterface(child.stdout).on('line', (line) => {
    console.log(line)
    appendFileSync(join(folder, 'soak.jsonl'), `${line}\n`)
    samples.push(JSON.parse(line))
  })
  const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)))
  if (code !== 0) {
    console.log(`FAILED: the process ends by ${signal ?? `exit code ${code}`}`)
    return 1
  }
  const { ok, lines } = verdict(samples)
  writeFileSync(join(folder, 'soak.svg'), await plot(samples, lines))
  const { tasks = 0, minute = 0 } = samples.at(-1) ?? {}
  console.log(`RESULT: soak, ${tasks} tasks in ${minute} minutes: ${lines.join('; ')}`)
  return ok ? 0 : 1
}
