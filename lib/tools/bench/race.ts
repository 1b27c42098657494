import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { UsageError } from '../cli/command'
import { compare, type HostTensor } from '../export-check/elements'
import type { Answer, Contender, Request } from './contender'
import { MOST_RUNS } from './measure'
import type { BenchPlan, Form, Limit } from './plan'
import { quantile, type Spread, spreadOf } from './statistics'
import type { About } from './subject'

const ROUNDS = 10
/** The caches are another's when a round begins. */
const ROUND_WARMUP: Limit = { runs: 5 }
/** What the export check allows too: one library may have other kernels than the other. */
const TOLERANCE = { rtol: 1e-3, atol: 1e-4 }

/** How many times as long onnxruntime-node took, by rounds that ran moments apart. */
export interface Ratios {
  readonly rounds: number
  readonly p50: Spread
  /** Absent where a round has not as many runs as have one beyond the percentile. */
  readonly p99?: Spread
}

export interface Raced {
  readonly about: About
  /** Of all rounds. */
  readonly times: Float64Array
  /** Absent for onnxruntime-node itself. */
  readonly ratios?: Ratios
}

/**
 * A binding, by each form, and onnxruntime-node: a process each, which measure in turn, round by round.
 *
 * @throws UsageError where one of them fails, or they do not agree
 */
export async function race(
  plan: BenchPlan,
  forms: readonly Form[],
  onRound: (round: number, rounds: number) => void,
): Promise<Raced[]> {
  const racers: Racer[] = []
  try {
    for (const form of forms) racers.push(await start(plan, { is: 'binding', form }))
    const { inputs } = racers[0]!.about
    racers.push(await start(plan, { is: 'onnxruntime-node', inputs }))
    for (const other of racers.slice(1)) checkAgreement(racers[0]!, other)
    for (const { ask } of racers) await ask({ ask: 'measure', warmup: { runs: 0 }, limit: warmupOf(plan) })
    const rounds = 'runs' in plan.limit ? Math.min(ROUNDS, plan.limit.runs) : ROUNDS
    for (let round = 0; round < rounds; ++round) {
      onRound(round, rounds)
      for (const { ask, times } of racers) {
        const answer = await ask({
          ask: 'measure',
          warmup: ROUND_WARMUP,
          limit: partOf(plan.limit, round, rounds),
        })
        if (answer.is === 'times') times.push(answer.times.sort())
      }
    }
  } finally {
    for (const { child } of racers) if (child.connected) child.disconnect()
  }
  const baseline = racers.at(-1)!
  return racers.map(({ about, times }) => ({
    about,
    times: pooled(times),
    ...(times !== baseline.times && { ratios: ratiosOf(times, baseline.times) }),
  }))
}

interface Racer {
  readonly name: string
  readonly child: ChildProcess
  readonly about: About
  readonly outputs: ReadonlyMap<string, HostTensor>
  /** By round, sorted. */
  readonly times: Float64Array[]
  ask(request: Request): Promise<Answer>
}

async function start(plan: BenchPlan, contender: Contender): Promise<Racer> {
  const name = contender.is === 'binding' ? `binding.${contender.form}()` : 'onnxruntime-node'
  const child = fork(join(__dirname, 'contender.js'), {
    serialization: 'advanced', // typed arrays, and Maps
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code, signal]): Answer => {
    return { is: 'failed', message: `its process ended with ${signal ?? code}`, said: true }
  })
  const ask = async (request: Request): Promise<Answer> => {
    const answered = once(child, 'message').then(([message]) => message as Answer)
    child.send(request)
    const answer = await Promise.race([answered, ended])
    if (answer.is !== 'failed') return answer
    throw answer.said ? new UsageError(`${name}: ${answer.message}`) : new Error(`${name}: ${answer.message}`)
  }
  try {
    const answer = await ask({ ask: 'start', plan, contender })
    if (answer.is !== 'ready') throw new Error(`${name} answered '${answer.is}'`)
    return { name, child, about: answer.about, outputs: answer.outputs, times: [], ask }
  } catch (error) {
    if (child.connected) child.disconnect()
    throw error
  }
}

/** Figures of results that differ would say nothing. */
function checkAgreement(one: Racer, other: Racer): void {
  for (const [output, expected] of one.outputs) {
    const actual = other.outputs.get(output)
    const text = (tensor: HostTensor | undefined) =>
      tensor === undefined ? 'no tensor' : `${tensor.type} [${tensor.dims.join(', ')}]`
    const off =
      text(actual) !== text(expected)
        ? `${text(actual)}, and ${text(expected)}`
        : offBy(compare(actual!, expected, TOLERANCE).first)
    if (off === undefined) continue
    throw new UsageError(
      `the results differ, so there is nothing to compare: output '${output}' of ${other.name} and of ${one.name} is ${off}`,
    )
  }
}

function offBy(first: { index: number; actual: string; expected: string } | undefined): string | undefined {
  return first && `${first.actual}, and ${first.expected}, at element ${first.index}`
}

function warmupOf({ warmup }: BenchPlan): Limit {
  return 'runs' in warmup ? { runs: Math.max(1, warmup.runs) } : warmup
}

function partOf(limit: Limit, round: number, rounds: number): Limit {
  if ('seconds' in limit) return { seconds: limit.seconds / rounds }
  const most = Math.min(limit.runs, MOST_RUNS)
  return { runs: Math.floor(((round + 1) * most) / rounds) - Math.floor((round * most) / rounds) }
}

function ratiosOf(rounds: readonly Float64Array[], baseline: readonly Float64Array[]): Ratios {
  const ratio = (q: number) =>
    spreadOf(rounds.map((times, i) => quantile(baseline[i]!, q) / quantile(times, q)))
  const enough = [...rounds, ...baseline].every(({ length }) => length >= 100)
  return { rounds: rounds.length, p50: ratio(0.5), ...(enough && { p99: ratio(0.99) }) }
}

/** All rounds' times together, sorted. */
function pooled(rounds: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(rounds.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const times of rounds) {
    all.set(times, at)
    at += times.length
  }
  return all.sort()
}
