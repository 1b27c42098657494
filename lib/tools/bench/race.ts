import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { mainScriptVariable } from '../../engine/library'
import { UsageError } from '../cli/command'
import { compare, TOLERANCE, type Tolerance } from '../tensors/compare'
import { tensorText } from '../tensors/host-tensor'
import { MAX_RUNS } from './measure'
import type { BenchPlan, Form, Limit } from './plan'
import { quantile, type Spread, spread } from './statistics'
import type { About } from './target'
import type { Answer, Ready, Request, TargetSpec } from './target-process'

const ROUNDS = 10
/** Another target filled the caches before a round. */
export const ROUND_WARMUP: Limit = { runs: 5 }

/** onnxruntime-node's time divided by a binding's, by rounds that ran moments apart. */
export interface Ratios {
  readonly rounds: number
  readonly p50: Spread
  /** Absent where a round has no run beyond the percentile. */
  readonly p99?: Spread
}

export interface Raced {
  readonly about: About
  /** Of all rounds, sorted. */
  readonly times: Float64Array
  /** Absent for onnxruntime-node itself. */
  readonly ratios?: Ratios
}

/**
 * A binding, by each form, and onnxruntime-node: a process each, which measure in turn, round by round.
 *
 * @throws UsageError where one of them fails, or their results differ
 */
export async function race(
  plan: BenchPlan,
  forms: readonly Form[],
  onRound: (round: number, rounds: number) => void,
): Promise<Raced[]> {
  const targets: TargetProcess[] = []
  try {
    for (const form of forms) targets.push(await startTarget(plan, { form }))
    const { inputs } = targets[0]!.about
    targets.push(await startTarget(plan, { form: 'run', inputs }))
    for (const other of targets.slice(1)) checkAgreement(targets[0]!, other)
    for (const { ask } of targets) await ask({ warmup: plan.warmup, limit: { runs: 0 } })
    const rounds = 'runs' in plan.limit ? Math.min(ROUNDS, plan.limit.runs) : ROUNDS
    for (let round = 0; round < rounds; ++round) {
      onRound(round, rounds)
      const limit = roundLimit(plan.limit, round, rounds)
      for (const { ask, rounds } of targets) {
        const answer = await ask({ warmup: ROUND_WARMUP, limit })
        if ('times' in answer) rounds.push(answer.times.sort())
      }
    }
  } finally {
    for (const { child } of targets) if (child.connected) child.disconnect()
  }
  const baseline = targets.at(-1)!
  return targets.map(({ about, rounds }) => ({
    about,
    times: pool(rounds),
    ...(rounds !== baseline.rounds && { ratios: toRatios(rounds, baseline.rounds) }),
  }))
}

/** A target in a process of its own. */
export interface TargetProcess extends Ready {
  readonly name: string
  readonly child: ChildProcess
  /** The times of each round, sorted. */
  readonly rounds: Float64Array[]
  ask(request: Request): Promise<Exclude<Answer, { error: string }>>
}

export async function startTarget(plan: BenchPlan, spec: TargetSpec): Promise<TargetProcess> {
  const name = spec.inputs === undefined ? `binding.${spec.form}()` : 'onnxruntime-node'
  const child = fork(join(__dirname, 'target-process.js'), {
    env: { ...process.env, ...mainScriptVariable() },
    serialization: 'advanced', // typed arrays and Maps
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code, signal]): Answer => {
    return { error: `its process exited with ${signal ?? code}`, isUsage: true }
  })
  const ask: TargetProcess['ask'] = async (request) => {
    const answered = once(child, 'message').then(([message]) => message as Answer)
    child.send(request)
    const answer = await Promise.race([answered, ended])
    if (!('error' in answer)) return answer
    throw new (answer.isUsage ? UsageError : Error)(`${name}: ${answer.error}`)
  }
  try {
    const ready = (await ask({ plan, spec })) as Ready
    return { ...ready, name, child, rounds: [], ask }
  } catch (error) {
    if (child.connected) child.disconnect()
    throw error
  }
}

/** Times of different results cannot be compared. */
function checkAgreement(one: TargetProcess, other: TargetProcess): void {
  const difference = resultDifference(one, other, TOLERANCE)
  if (difference !== undefined)
    throw new UsageError(`the results differ, so there is nothing to compare: ${difference}`)
}

/** How the results of two targets differ by more than the tolerance. */
export function resultDifference(
  one: TargetProcess,
  other: TargetProcess,
  tolerance: Tolerance,
): string | undefined {
  for (const [output, expected] of one.outputs) {
    const actual = other.outputs.get(output)
    const [given, wanted] = [actual ? tensorText(actual) : 'no tensor', tensorText(expected)]
    const first = given === wanted ? compare(actual!, expected, tolerance).first : undefined
    if (given === wanted && first === undefined) continue
    const difference = first
      ? `${first.actual} (${other.name}) and ${first.expected} (${one.name}) at element ${first.index}`
      : `${given} (${other.name}) and ${wanted} (${one.name})`
    return `output '${output}' is ${difference}`
  }
  return undefined
}

function roundLimit(limit: Limit, round: number, rounds: number): Limit {
  if ('seconds' in limit) return { seconds: limit.seconds / rounds }
  const until = (end: number) => Math.floor((end * Math.min(limit.runs, MAX_RUNS)) / rounds)
  return { runs: until(round + 1) - until(round) }
}

function toRatios(rounds: readonly Float64Array[], baseline: readonly Float64Array[]): Ratios {
  const ratio = (q: number) =>
    spread(rounds.map((times, i) => quantile(baseline[i]!, q) / quantile(times, q)))
  const enough = [...rounds, ...baseline].every(({ length }) => length >= 100)
  return { rounds: rounds.length, p50: ratio(0.5), ...(enough && { p99: ratio(0.99) }) }
}

function pool(rounds: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(rounds.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const times of rounds) {
    all.set(times, at)
    at += times.length
  }
  return all.sort()
}
