import { type Answer, ask, type Outcome, type ProbeName } from './probe-process'
import type { Check, CheckName, Problem, ProblemCode, Requirement } from './report'

/** What the checks share: what was asked for, and how they probe. */
export interface Context {
  readonly asked: ReadonlySet<Requirement>
  /** Milliseconds that a probe may take. */
  readonly timeout: number
  /** A Python environment with NVIDIA's libraries, as `preload` takes it. */
  readonly python?: string
}

/** ONNX Runtime's library, which the addon has opened. */
export type Opened = Answer<'onnxruntime'>

type Engine = 'native' | 'onnxruntime-node'

/** A probe; without `engine` on the one that the user's environment chooses. */
export function probe<N extends ProbeName>(
  { timeout }: Context,
  name: N,
  args: readonly string[] = [],
  engine?: Engine,
): Promise<Outcome<Answer<N>>> {
  const env = engine === undefined ? {} : { ONNXRUNTIME_IOBINDING_ENGINE: engine }
  return ask(name, args, { timeout, env })
}

export function ok(name: CheckName, summary: string, facts: Check['facts'] = {}): Check {
  return { name, status: 'ok', summary, facts }
}

export function skipped(name: CheckName, why: string, facts: Check['facts'] = {}): Check {
  return { name, status: 'skipped', summary: why, facts }
}

export const NOT_OPEN = 'ONNX Runtime is not open'

/** Codes of what is not there, which is no problem where it was not asked for. */
const NOT_THERE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'ERR_CUDA_DRIVER_NOT_FOUND',
  'ERR_CUDA_LIBRARY_NOT_FOUND',
  'ERR_CUDA_NO_DEVICE',
  'ERR_CUDA_PROVIDER_NOT_FOUND',
  'ERR_PROVIDER_UNAVAILABLE',
  'ERR_WEBGPU_NO_ADAPTER',
])

/** A problem; where it is that something is not there, and that was not asked for, only its absence. */
export function failed(name: CheckName, asked: boolean, problem: Problem, facts: Check['facts'] = {}): Check {
  const status = asked || !NOT_THERE.has(problem.code) ? 'problem' : 'absent'
  return { name, status, summary: problem.message.split('\n', 1)[0]!, facts, problem }
}
