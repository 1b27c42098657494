// The rounds of one model: every contender does one, in turn, again and again (A B C A B C).
import { ContenderProcess } from './contender-process.mjs'
import { BASELINE, LIMIT } from './contenders.mjs'
import { compare, percentiles, pooled } from './statistics.mjs'

/** Processes that each contender has one after another: a process keeps its luck with the places of its memory. */
const TRIALS = 3

/**
 * @typedef {{ contender: import('./contenders.mjs').Contender, command: string[], rounds: Float64Array[], clockNs?: number }} Racer
 */

/**
 * @param {import('./contenders.mjs').Contender[]} contenders
 * @param {(id: string) => string[] | string} commandOf a contender's command, or why there is none
 * @param {{ rounds: number, calls: number, onRound: (round: number) => void }} options
 */
export async function race(contenders, commandOf, { rounds, calls, onRound }) {
  // The caches are the last contender's when a round begins.
  const warmup = Math.max(5, Math.ceil(calls / 20))
  const entries = contenders.map((contender) => ({ contender, command: commandOf(contender.id), rounds: [] }))
  const racers = entries.filter(({ command }) => typeof command !== 'string')
  let processes = []
  for (let round = 0; round < rounds; round++) {
    if (round % Math.ceil(rounds / TRIALS) === 0) {
      await stop(processes)
      processes = await start(racers)
    }
    onRound(round)
    for (const [i, racer] of racers.entries()) racer.rounds.push(await processes[i].round(warmup, calls))
  }
  await stop(processes)
  return { rounds, calls, warmup, contenders: evaluate(entries) }
}

/** Whether sums of outputs are of the same output. Written so that what is not a number is not. */
export function agrees(sum, expected) {
  return Math.abs(sum - expected) <= 1e-3 + 1e-3 * Math.abs(expected)
}

/** @param {Racer[]} racers */
async function start(racers) {
  const processes = []
  const sums = []
  for (const racer of racers) {
    const process = new ContenderProcess(racer.command)
    const { clockNs, sum } = await process.ready()
    racer.clockNs = clockNs
    processes.push(process)
    sums.push(sum)
  }
  const odd = sums.findIndex((sum) => !agrees(sum, sums[0]))
  if (odd < 0) return processes
  const [{ contender: first }, { contender: other }] = [racers[0], racers[odd]]
  throw new Error(`${other.id} computes ${sums[odd]} where ${first.id} computes ${sums[0]}`)
}

/** @param {ContenderProcess[]} processes */
function stop(processes) {
  return Promise.all(processes.map((process) => process.stop()))
}

function evaluate(entries) {
  const against = (rounds, wanted) => {
    const others = entries.find(({ contender }) => contender.id === wanted)?.rounds
    return others?.length ? compare(rounds, others) : undefined
  }
  return entries.map(({ contender, command, clockNs, rounds }) => {
    if (typeof command === 'string') return { ...contender, notMeasured: command }
    const times = percentiles(pooled(rounds))
    const [againstLimit, againstBaseline] = [against(rounds, LIMIT), against(rounds, BASELINE)]
    return { ...contender, clockNs, ...times, againstLimit, againstBaseline }
  })
}
