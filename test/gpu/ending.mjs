// Ends a process in some way with a run on the GPU in flight: `node ending.mjs WAY`.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { small } from './expected-models.mjs'
import { open } from './session.mjs'

const TRIPS = 100_000n

async function start(trips = TRIPS) {
  const session = await open(small('slow-loop'))
  const binding = session.createIoBinding({ trips: [], x: [96, 96] })
  binding.inputs.trips[0] = trips
  binding.inputs.x.fill(0.5)
  const run = binding.run()
  run.catch(() => {})
  return { session, run }
}

if (!isMainThread) {
  await start()
  parentPort.postMessage('running')
  await sleep(60_000)
}

const ways = {
  async idle() {
    const { session, run } = await start(3n)
    await run
    await session.release()
  },
  async exit() {
    await start()
    await sleep(50)
    process.exit(0)
  },
  async throw() {
    await start()
    await sleep(50)
    throw new Error('thrown with a run in flight')
  },
  async worker() {
    const worker = new Worker(new URL(import.meta.url))
    await once(worker, 'message')
    await worker.terminate()
    await ways.idle()
  },
}
await ways[process.argv[2]]()
