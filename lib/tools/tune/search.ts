import type { SessionOptions } from '../../index'
import type { BenchPlan } from '../bench/plan'
import { resultDifference, startTarget, type TargetProcess } from '../bench/race'
import { type Spread, spread } from '../bench/statistics'
import { UsageError } from '../cli/command'
import { TOLERANCE } from '../tensors/compare'
import { isHopeless, measureRounds, type Rounds, ratio } from './rounds'
import type { Setting } from './settings'

/** What became of a setting. */
export interface Tried extends Setting {
  /** Its time divided by that of the best options before it; absent if it was not measured. */
  readonly ratio?: Spread
  /** Whether the best options have it. */
  readonly used: boolean
  /** Whether its results have the same bits as the default's, or are within the tolerance. */
  readonly results?: 'identical' | 'within tolerance'
  /** Why it does not count: it is refused, or its results differ. */
  readonly reason?: string
}

/** Milliseconds of each target in the last rounds, which measured all of them in turn. */
export interface Compared {
  readonly name: string
  readonly milliseconds: Spread
  /** onnxruntime-node's time divided by this one's. */
  readonly speedup: Spread
}

export interface Found {
  readonly options: SessionOptions
  readonly tried: readonly Tried[]
  /** Settings for which the budget did not suffice. */
  readonly untried: readonly Setting[]
  readonly compared: readonly Compared[]
}

const EXACT = { rtol: 0, atol: 0 }
/** A setting counts if three of four rounds gain more than this. */
const GAIN = 0.98

/** Tries each setting on top of the best ones before it. @param progress receives a line for each */
export async function search(
  plan: BenchPlan,
  settings: readonly Setting[],
  rounds: Rounds,
  deadline: number,
  progress: (text: string) => void,
): Promise<Found> {
  const open = new Set<TargetProcess>()
  const start = async (options: SessionOptions, inputs?: TargetProcess['about']['inputs']) => {
    const target = await startTarget({ ...plan, options }, { form: 'run', ...(inputs && { inputs }) })
    open.add(target)
    return target
  }
  const end = (target: TargetProcess) => {
    open.delete(target)
    if (target.child.connected) target.child.disconnect()
  }
  try {
    const standard = await start({})
    let best = standard
    let options: SessionOptions = {}
    const tried: Tried[] = []
    for (const [i, setting] of settings.entries()) {
      if (performance.now() > deadline) break
      const { option, value } = setting
      progress(`${i + 1} of ${settings.length}: ${option}: ${JSON.stringify(value)}`)
      const extended = { ...options, [option]: value }
      let candidate: TargetProcess
      try {
        candidate = await start(extended)
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        tried.push({ ...setting, used: false, reason: error.message })
        continue
      }
      const difference = resultDifference(standard, candidate, TOLERANCE)
      if (difference !== undefined) {
        end(candidate)
        tried.push({ ...setting, used: false, reason: difference })
        continue
      }
      const gained = ratio(await measureRounds([best, candidate], rounds, isHopeless))
      const used = gained.q3 < GAIN
      const isExact = resultDifference(standard, candidate, EXACT) === undefined
      tried.push({ ...setting, used, ratio: gained, results: isExact ? 'identical' : 'within tolerance' })
      if (used && best !== standard) end(best)
      if (used) [best, options] = [candidate, extended]
      else end(candidate)
    }
    progress('the default, the best options and onnxruntime-node in turn')
    const other = await start({}, standard.about.inputs)
    const difference = resultDifference(standard, other, TOLERANCE)
    if (difference !== undefined)
      throw new UsageError(`the results differ from onnxruntime-node's: ${difference}`)
    const targets = {
      default: standard,
      ...(best !== standard && { tuned: best }),
      'onnxruntime-node': other,
    }
    const costs = await measureRounds(Object.values(targets), rounds)
    const compared = Object.keys(targets).map((name, i) => ({
      name,
      milliseconds: spread(costs[i]!),
      speedup: ratio([costs[i]!, costs.at(-1)!]),
    }))
    return { options, tried, untried: settings.slice(tried.length), compared }
  } finally {
    for (const target of open) end(target)
  }
}
