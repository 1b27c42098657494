import type { Limit } from '../bench/plan'
import { ROUND_WARMUP, type TargetProcess } from '../bench/race'
import { type Spread, spread } from '../bench/statistics'
import type { Cost } from './objective'

const PRUNE_AFTER = 3
/** A target that takes this much longer is given up. */
const HOPELESS = 1.1

/** How the rounds of a tuning are measured. */
export interface Rounds {
  readonly limit: Limit
  readonly count: number
  readonly callers: number
  readonly cost: Cost
}

/** The costs of each target, round by round: all targets in turn, so that what else the machine does affects all. */
export async function measureRounds(
  targets: readonly TargetProcess[],
  { limit, count, callers, cost }: Rounds,
  isHopeless: (costs: readonly number[][]) => boolean = () => false,
): Promise<number[][]> {
  const costs: number[][] = targets.map(() => [])
  for (let round = 0; round < count && !isHopeless(costs); ++round) {
    for (const [i, { ask }] of targets.entries()) {
      const answer = await ask({ warmup: ROUND_WARMUP, limit })
      if ('times' in answer) costs[i]!.push(cost(answer.times.sort(), callers))
    }
  }
  return costs
}

/** The time of the second target divided by the first one's, round by round. */
export function ratio([one, other]: readonly number[][]): Spread {
  return spread(other!.map((cost, round) => cost / one![round]!))
}

/** Whether the second target is slower beyond doubt. */
export function isHopeless(costs: readonly number[][]): boolean {
  return costs[1]!.length === PRUNE_AFTER && ratio(costs).median > HOPELESS
}
