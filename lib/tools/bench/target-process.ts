/**
 * The process of a target of `bench --compare`. Its parent sends which target it is, then how long to measure, again and
 * again; it ends when the parent disconnects.
 */
import { isOrtError } from '../../index'
import { UsageError } from '../cli/command'
import type { HostTensor } from '../tensors/host-tensor'
import type { BenchInput } from './inputs'
import { measure } from './measure'
import type { BenchPlan, Form, Limit } from './plan'
import { type About, type Call, openBinding, openOnnxruntimeNode, targetCalls } from './target'

/** With `inputs` onnxruntime-node, else a binding. */
export interface TargetSpec {
  readonly form: Form
  readonly inputs?: readonly BenchInput[]
}

export type Request =
  | { readonly plan: BenchPlan; readonly spec: TargetSpec }
  | { readonly warmup: Limit; readonly limit: Limit }

export interface Ready {
  readonly about: About
  readonly outputs: ReadonlyMap<string, HostTensor>
}

export type Answer =
  | Ready
  | { readonly times: Float64Array }
  /** `isUsage`: the message is all that a user needs; else it is a defect, with its stack. */
  | { readonly error: string; readonly isUsage: boolean }

let calls: readonly Call[] = []

async function answer(request: Request): Promise<Answer> {
  if ('warmup' in request) {
    await measure(calls, request.warmup)
    return { times: await measure(calls, request.limit) }
  }
  const { plan, spec } = request
  const target = spec.inputs ? await openOnnxruntimeNode(plan, spec.inputs) : await openBinding(plan)
  calls = targetCalls(target, spec.form)
  await calls[0]!()
  return { about: target.about, outputs: target.outputs() }
}

process.on('message', (request: Request) => {
  answer(request).then(
    (message) => process.send!(message),
    (error: Error) => {
      const isUsage = error instanceof UsageError || isOrtError(error)
      process.send!({ error: isUsage ? error.message : String(error.stack), isUsage } satisfies Answer)
    },
  )
})
process.on('disconnect', () => process.exit())
