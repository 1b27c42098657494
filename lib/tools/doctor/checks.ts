import type { EngineName } from '../../index'
import { type Answer, ask, type Outcome, type ProbeName } from './probe-process'
import { type Failed, type Situation, toProblem } from './remedies'
import {
  CHECKS,
  type Check,
  type CheckName,
  type CheckRow,
  type ProblemCode,
  type Requirement,
} from './report'

/** What the checks share. */
export interface Context {
  readonly required: ReadonlySet<Requirement>
  /** Milliseconds that a probe may take. */
  readonly timeout: number
  /** A Python environment with NVIDIA's libraries, as `preload` takes it. */
  readonly python?: string | undefined
}

/** ONNX Runtime's library, which the addon has opened. */
export type Opened = Answer<'onnxruntime'>

/** Runs a probe, by default with the engine that the user's environment selects. */
export function probe<N extends ProbeName>(
  { timeout }: Context,
  name: N,
  args: readonly string[] = [],
  engine?: EngineName,
): Promise<Outcome<Answer<N>>> {
  return ask(name, args, { timeout, env: engine && { ONNXRUNTIME_IOBINDING_ENGINE: engine } })
}

export function ok(name: CheckName, summary: string, facts: Check['facts'] = {}): Check {
  return { name, status: 'ok', summary, facts }
}

export function skipped(name: CheckName, why: string, facts: Check['facts'] = {}): Check {
  return { name, status: 'skipped', summary: why, facts }
}

export const NOT_OPEN = 'ONNX Runtime is not open'

/** The failure of ONNX Runtime's library that was built without a provider. */
export function builtWithout(name: string, expected: string, opened: Opened): Failed | undefined {
  const { availableProviders, libraryPath } = opened
  if (availableProviders.includes(expected)) return undefined
  return {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    message: `ONNX Runtime's library ${libraryPath} was built without ${name}`,
    expected,
    given: availableProviders.join(', '),
  }
}

/** Codes of what is missing, which is a problem only where it was required. */
const MISSING: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'ERR_CUDA_DRIVER_NOT_FOUND',
  'ERR_CUDA_LIBRARY_NOT_FOUND',
  'ERR_CUDA_NO_DEVICE',
  'ERR_CUDA_PROVIDER_NOT_FOUND',
  'ERR_PROVIDER_UNAVAILABLE',
  'ERR_WEBGPU_NO_ADAPTER',
])

/** A check that failed, as a problem with its remedy. */
export function failed(
  context: Context,
  name: CheckName,
  failure: Failed,
  situation: Situation = {},
  facts: Check['facts'] = {},
): Check {
  const problem = toProblem(failure, { python: context.python, ...situation })
  const { requirement }: CheckRow = CHECKS[name]
  const isRequired = requirement !== undefined && context.required.has(requirement)
  const status = isRequired || !MISSING.has(problem.code) ? 'problem' : 'absent'
  return { name, status, summary: problem.message.split('\n', 1)[0]!, facts, problem }
}
