// A trace: operations with four numbers each, which fast-check makes and shortens; and its run on a world of its own.
// They are data, not fast-check's commands, so that a trace that ends its process can be run and shortened from another one.
import fc from 'fast-check'
import { isFake } from '../helpers/fake-cuda.mjs'
import { MODELS } from './models.mjs'
import { OPERATIONS } from './operations/index.mjs'
import { World } from './world.mjs'

/** @typedef {[name: string, ...numbers: number[]]} Operation */

const OF_A_TRACE = Number(process.env.HAMMER_OPERATIONS ?? 150)
const number = fc.nat({ max: 4095 })

/** @type {import('fast-check').Arbitrary<Operation[]>} */
const traces = fc.array(
  fc.oneof(
    ...Object.entries(OPERATIONS).map(([name, [weight]]) => ({
      weight: weight * 10,
      arbitrary: fc.tuple(fc.constant(name), number, number, number, number),
    })),
  ),
  { minLength: 1, maxLength: OF_A_TRACE, size: 'max' },
)

/** Sessions and values, with which the operations that follow find something to do. @type {Operation[]} */
const BEGIN = [0, 1, 2, 3].flatMap((i) => [
  ['create', i, i, i, i],
  ['allocate', i, i, i, i],
  ['allocate', i + 1, i + 1, i, i],
])

/** @param {number} seed */
export const makeTrace = (seed) => fc.sample(traces, { seed, numRuns: 1 })[0]

/** The device that this process's sessions can be on. */
export const hasDevice = (process.env.TEST_PROVIDERS ?? '').startsWith('cuda')
/** With ONNX Runtime's real CUDA provider, on a GPU or a simulation of it. */
const isReal = hasDevice && !isFake
const models = isReal ? Object.fromEntries(Object.entries(MODELS).filter(([, { onGpu }]) => onGpu)) : MODELS

/**
 * @param {Operation[]} trace
 */
export async function runTrace(trace) {
  const world = new World(hasDevice, models)
  try {
    for (const [name, ...numbers] of [...BEGIN, ...trace]) {
      const result = OPERATIONS[name][1](world, ...numbers)
      if (result === false) continue
      world.operations++
      if (result instanceof Promise) await result
      if (world.failure) break
    }
  } catch (error) {
    world.fail(error)
  }
  await end(world)
  if (world.failure) throw world.failure
  return world
}

/** @param {World} world */
async function end(world) {
  const settled = async () => {
    while (world.pending.size > 0) await Promise.all(world.pending)
    await world.turn()
  }
  for (const one of world.controllers) world.abort(one)
  for (const state of [...world.workers]) {
    state.terminated = true
    await state.worker.terminate()
  }
  await settled()
  if (!world.failure) {
    try {
      for (const value of world.values) world.checkValue('in the end', value)
    } catch (error) {
      world.fail(error)
    }
  }
  for (const session of world.sessions) world.track(session.real.release())
  await settled()
}

export { fc, traces }
