// What passes time: turns of the event loop, waits, collections, workers that come and go.
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, Worker } from 'node:worker_threads'
import { pick } from '../pick.mjs'
import { Mismatch } from '../world.mjs'

/** @typedef {import('../world.mjs').World} World */

/** @param {World} world */
export const turn = (world) => world.turn()

const endable = (world) => [...world.runs].filter((run) => !run.session || !world.blocked(run.session))

/** @param {World} world */
export function settle(world, a) {
  const run = pick(endable(world), a)
  if (run === undefined) return false
  return run.settled.then(() => world.turn())
}

/** @param {World} world */
export function settleAll(world) {
  return Promise.all(endable(world).map((run) => run.settled)).then(() => world.turn())
}

/** @param {World} world */
export const rest = (world, a) => sleep(a % 4).then(() => world.turn())

export function collect() {
  globalThis.gc?.()
}

/** @param {World} world */
export function startWorker(world, a) {
  if (!isMainThread || world.workers.length > 0) return false
  const worker = new Worker(new URL('../worker.mjs', import.meta.url), { workerData: { seed: a } })
  const state = { worker, terminated: false }
  worker.on('error', (error) => world.fail(error))
  worker.on('message', (failure) => world.fail(new Mismatch(`in a worker: ${failure}`)))
  worker.on('exit', (code) => {
    world.workers = world.workers.filter((one) => one !== state)
    if (!state.terminated && code !== 0) world.fail(new Mismatch(`a worker ended with exit code ${code}`))
  })
  world.workers.push(state)
}

/** @param {World} world */
export function terminateWorker(world, a) {
  const state = world.workers[0]
  if (state === undefined) return false
  state.terminated = true
  return sleep(a % 200)
    .then(() => state.worker.terminate())
    .then(() => world.turn())
}
