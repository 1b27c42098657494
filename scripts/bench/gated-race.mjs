// The rounds of one shape: every contender does a sample in turn (A B C A B C), each through the quiet-machine gate, for as
// long as there is time.
import { ContenderProcess } from './contender-process.mjs'
import { agrees } from './race.mjs'
import { percentiles } from './statistics.mjs'

/** Rounds of one process: after them each contender starts another, since a process keeps its luck with its memory. */
const ROUNDS_OF_A_PROCESS = 14

/**
 * @typedef {{ p50: number, p99: number, calls: number, rejected: number, quiet?: boolean, others?: number }} Sample
 *   percentiles in microseconds; the rest is the gate's
 * @typedef {Record<string, Sample>} Round by contender
 * @typedef {{ id: string, command: string[], process?: ContenderProcess, calls?: number, notMeasured?: string }} Racer
 */

/**
 * @param {{ id: string }[]} contenders
 * @param {(id: string) => string[] | string} commandOf a contender's command, or why there is none
 * @param {object} options
 * @param {import('./quiet.mjs').QuietGate} options.gate
 * @param {number} options.sampleMs what a sample takes at least
 * @param {Record<string, number>} options.calls of a sample, of the contenders of which they are known
 * @param {number} options.done rounds that were done before
 * @param {number} options.least rounds, even if there is no time
 * @param {number} options.most
 * @param {number} options.until when no further round is begun, by performance.now()
 * @param {(round: Round) => void} options.onRound
 * @returns {Promise<Record<string, string>>} why those that could not be measured could not
 */
export async function gatedRace(
  contenders,
  commandOf,
  { gate, sampleMs, calls, done, least, most, until, onRound },
) {
  const racers = contenders.map(({ id }) => {
    const command = commandOf(id)
    return typeof command === 'string' ? { id, notMeasured: command } : { id, command, calls: calls[id] }
  })
  try {
    for (let round = done; round < most && (round < least || performance.now() < until); round++) {
      if ((round - done) % ROUNDS_OF_A_PROCESS === 0) await restart(racers)
      const samples = {}
      for (const racer of racers) {
        await unlessItFails(racer, async () => {
          racer.calls ??= await callsOf(racer.process, sampleMs)
          samples[racer.id] = await sample(racer, gate)
        })
      }
      onRound(samples)
    }
  } finally {
    await stop(racers)
  }
  return Object.fromEntries(
    racers.filter(({ notMeasured }) => notMeasured).map(({ id, notMeasured }) => [id, notMeasured]),
  )
}

/** The others go on without one that fails. @param {Racer} racer */
async function unlessItFails(racer, action) {
  if (racer.notMeasured !== undefined) return
  try {
    await action()
  } catch (error) {
    racer.notMeasured = error.message
  }
}

/** One after another: each has the machine's cores while it loads, compiles and warms up. @param {Racer[]} racers */
async function restart(racers) {
  await stop(racers)
  let first
  for (const racer of racers) {
    await unlessItFails(racer, async () => {
      racer.process = new ContenderProcess(racer.command)
      const { sum } = await racer.process.ready()
      first ??= { id: racer.id, sum }
      if (!agrees(sum, first.sum))
        throw new Error(`it computes ${sum} where ${first.id} computes ${first.sum}`)
    })
  }
}

/** @param {Racer[]} racers */
async function stop(racers) {
  await Promise.all(racers.map(({ process }) => process?.stop()))
  for (const racer of racers) racer.process = undefined
}

/** How many calls take so long: found by as many as take a tenth of it. */
async function callsOf(process, sampleMs) {
  for (let calls = 1; ; calls *= 4) {
    const begin = performance.now()
    await process.round(0, calls)
    const ms = performance.now() - begin
    if (ms >= sampleMs / 10) return Math.ceil((calls * sampleMs) / ms)
  }
}

/** @param {Racer} racer @returns {Promise<Sample>} */
async function sample({ process, calls }, gate) {
  // The caches are the last contender's when a sample begins; a long call warms itself.
  const warmup = calls === 1 ? 0 : Math.ceil(calls / 10)
  const { value, ...verdict } = await gate.sample([process.pid], () => process.round(warmup, calls))
  const { p50, p99 } = percentiles(value)
  return { p50, p99, calls, ...verdict }
}
