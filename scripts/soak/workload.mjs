// The process of a soak: node --expose-gc workload.mjs SEED MINUTES PERIOD [ADDON]. Works in four loops at once; after each period
// these pause, so that two samples differ by what stays, and a line of JSON shows it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setImmediate as turn } from 'node:timers/promises'
import { initialize } from 'onnxruntime-iobinding'
import { Random } from '../../test/helpers/random.mjs'
import { randomTask } from './tasks.mjs'

const LOOPS = 4
const [seed, minutes, period] = process.argv.slice(2, 5).map(Number)
const addon = process.argv[5] && createRequire(import.meta.url)(process.argv[5])

initialize({ logLevel: 'error' })
let tasks = 0

/** Works in all loops for some seconds. */
async function work(randoms, seconds) {
  const end = performance.now() + 1000 * seconds
  const loop = async (random) => {
    while (performance.now() < end) {
      await randomTask(random)
      await turn()
      tasks++
    }
  }
  await Promise.all(randoms.map(loop))
}

/** Finalizers run in later turns, and may drop what others then free. */
async function collect() {
  for (let i = 0; i < 10; i++) {
    globalThis.gc()
    await turn()
  }
}

/** Threads and file descriptors are counted on Linux only. */
function sample(minute) {
  const malloc = addon?.sample()
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const linux = existsSync('/proc/self/status') && {
    threads: Number(/^Threads:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]),
    descriptors: readdirSync('/proc/self/fd').length,
  }
  const handles = process.getActiveResourcesInfo().length
  return { minute, rss, heapTotal, heapUsed, external, arrayBuffers, malloc, handles, ...linux, tasks }
}

const randoms = Array.from({ length: LOOPS }, (_, i) => new Random(seed + i))
const began = performance.now()
const elapsed = () => (performance.now() - began) / 60_000
while (elapsed() < minutes) {
  await work(randoms, period)
  await collect()
  console.log(JSON.stringify(sample(Math.round(elapsed() * 100) / 100)))
}
