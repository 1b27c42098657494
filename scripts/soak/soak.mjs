// npm run soak -- --help
import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { root } from '../run.mjs'
import { plot } from './plot.mjs'
import { MOST_GROWTH, MOST_HEAP_GROWTH, MOST_MALLOC_GROWTH, verdict } from './verdict.mjs'

const HELP = `npm run soak -- [--minutes N] [--period SECONDS] [--seed N]

Works in one process for 60 minutes: sessions, bindings, runs, values, aborts, errors and workers come and go. Prints its
memory, handles, threads and file descriptors as a line of JSON each minute (--period 60), and writes these lines and a
plot to build/soak. Fails if after the warm-up the resident memory grows by ${MOST_GROWTH} MiB a minute or more, the JavaScript heap
by ${MOST_HEAP_GROWTH}, or malloc's blocks by ${MOST_MALLOC_GROWTH} (on glibc, with a C compiler), or if handles, threads or file descriptors remain.
TEST_PROVIDERS=cuda,cpu works on a GPU; a fake one is in ONNXRUNTIME_IOBINDING_BUILD=build/fake-cuda.`

/** glibc returns freed memory to the system: otherwise its arenas grow by fragments for an hour, and hide a small leak. */
const MALLOC = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '16384',
  MALLOC_TRIM_THRESHOLD_: '65536',
}

/**
 * V8's space of young objects has its full size from the start. By default V8 enlarges it when many objects survive: resident
 * memory grows by 25 MiB in steps at random moments, while neither the heap's objects nor malloc's blocks become more. A leak
 * stays visible: each sample follows full collections, which leave no object there.
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
  const malloc = buildMallocCount(folder)
  const script = join(import.meta.dirname, 'workload.mjs')
  const child = spawn(process.execPath, [...V8, script, seed, minutes, period, ...malloc], {
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

/**
 * Between collections dropped sessions fill malloc's heap with blocks of all sizes. What is freed in its middle stays resident,
 * and a peak that is higher than all before looks like a leak. So each sample returns the freed pages and counts the blocks.
 *
 * @returns the path of the addon that does so, or nothing
 */
function buildMallocCount(folder) {
  const addon = join(folder, 'malloc.node')
  const include = join(root, 'node_modules', 'node-api-headers', 'include')
  const source = join(import.meta.dirname, 'malloc.c')
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-I', include, '-o', addon, source])
  if (status === 0) return [addon]
  console.log('without a count of malloc: it needs glibc 2.33 or newer and the C compiler cc')
  return []
}
