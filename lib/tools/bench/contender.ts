/**
 * A contender of `bench --compare`: a child process that is told by messages which one it is, and then, again and again, how
 * long to measure. It ends when its parent lets go of it.
 */
import { isOrtError } from '../../errors'
import { UsageError } from '../cli/command'
import type { HostTensor } from '../export-check/elements'
import type { BenchInput } from './inputs'
import { measure } from './measure'
import type { BenchPlan, Form, Limit } from './plan'
import { type About, bind, callOf, openOnnxruntimeNode, type Subject } from './subject'

export type Contender =
  | { readonly is: 'binding'; readonly form: Form }
  | { readonly is: 'onnxruntime-node'; readonly inputs: readonly BenchInput[] }

export type Request =
  | { readonly ask: 'start'; readonly plan: BenchPlan; readonly contender: Contender }
  | { readonly ask: 'measure'; readonly warmup: Limit; readonly limit: Limit }

export type Answer =
  | { readonly is: 'ready'; readonly about: About; readonly outputs: ReadonlyMap<string, HostTensor> }
  | { readonly is: 'times'; readonly times: Float64Array }
  /** `said` is all that a user needs; else it is a defect, with its stack. */
  | { readonly is: 'failed'; readonly message: string; readonly said: boolean }

let call: (() => void | Promise<void>) | undefined

async function answer(request: Request): Promise<Answer> {
  if (request.ask === 'start') {
    const { plan, contender } = request
    const form = contender.is === 'binding' ? contender.form : 'run'
    const subject: Subject =
      contender.is === 'binding' ? await bind(plan) : await openOnnxruntimeNode(plan, contender.inputs)
    call = callOf(subject, form)
    await call()
    return { is: 'ready', about: subject.about, outputs: subject.outputs() }
  }
  if (!('runs' in request.warmup && request.warmup.runs === 0)) await measure(call!, request.warmup)
  return { is: 'times', times: await measure(call!, request.limit) }
}

process.on('message', (request: Request) => {
  answer(request).then(
    (message) => process.send!(message),
    (error: Error) => {
      const said = error instanceof UsageError || isOrtError(error)
      process.send!({
        is: 'failed',
        message: said ? error.message : String(error.stack),
        said,
      } satisfies Answer)
    },
  )
})
process.on('disconnect', () => process.exit())
