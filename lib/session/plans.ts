import { Tensor } from 'onnxruntime-common'
import type { RunTimes } from '../engine/diagnostics'
import { ValueKind } from '../engine/engine'
import { isOrtError } from '../errors'
import type { LoadedSession } from './create'
import { PlanForm, RunPlan } from './plan'
import type { Feeds, RunRequest, RunResult } from './request'
import { runOnce } from './run'

type Fetches = RunRequest['fetches']

/** Above it, a run that reads the feeds in place and hands over its results' memory costs less than copies of them. */
const LARGEST_PLAN = 4 * 2 ** 20
/** Concurrent runs of one form take a plan each. */
const MOST_PLANS = 16
/** Of recent runs without a plan: the second run of a form makes one. */
const MOST_FORMS = 8

/**
 * The plans of a session, the last used first. Only runs of a session on the CPU have plans, whose feeds and results are Tensors
 * of numbers; and none once the shape of a result has turned out to depend on data.
 */
export class RunPlans {
  readonly #loaded: LoadedSession
  readonly #plans: RunPlan[] = []
  readonly #recent: PlanForm[] = []
  #bytes = 0
  #enabled: boolean

  constructor(loaded: LoadedSession) {
    const { engine, device, inputs, outputs, locations, maxRunPlanBytes } = loaded
    const tensors = [inputs, outputs].every(({ infos }) =>
      infos.every(({ kind }) => kind === ValueKind.tensor),
    )
    const onCpu = engine.supports.runSync && device.name === 'cpu' && locations === undefined
    this.#loaded = loaded
    this.#enabled = maxRunPlanBytes > 0 && tensors && onCpu
  }

  /** The feeds in the model's order; undefined where a run of them has no plan. */
  tensors(feeds: Feeds): Tensor[] | undefined {
    if (!this.#enabled) return undefined
    const { names } = this.#loaded.inputs
    const tensors: Tensor[] = []
    for (const name of names) {
      const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined
      if (!(feed instanceof Tensor)) return undefined
      tensors.push(feed)
    }
    return Object.keys(feeds).length === names.length ? tensors : undefined
  }

  /** A plan that has taken the feeds. @throws what a run without a plan throws for their data */
  begin(feeds: readonly Tensor[], fetches: Fetches): RunPlan | undefined {
    const plan = this.#find(feeds, fetches) ?? this.#make(feeds, fetches)
    return plan?.begin(feeds) ? plan : undefined
  }

  /** After a run without a plan. */
  remember(feeds: readonly Tensor[], { fetches }: RunRequest, results: RunResult): void {
    if (!this.#enabled || this.#recent.some((form) => form.fits(feeds, fetches))) return
    const { names } = this.#loaded.inputs
    const form = PlanForm.of(names, feeds, fetches, results)
    if (form === undefined || form.bytes > Math.min(LARGEST_PLAN, this.#loaded.maxRunPlanBytes)) return
    this.#recent.unshift(form)
    this.#recent.length = Math.min(this.#recent.length, MOST_FORMS)
  }

  /** The run that the plan has begun. Results where it ended inline, else a promise. */
  run(
    plan: RunPlan,
    request: RunRequest,
    signal: AbortSignal | undefined,
    times: RunTimes | undefined,
  ): RunResult | Promise<RunResult> {
    let pending: undefined | Promise<void>
    try {
      pending = plan.run(signal, times)
      if (pending === undefined) return plan.results()
    } catch (error) {
      return this.#repeat(plan, request, signal, error)
    } finally {
      if (pending === undefined) plan.end()
    }
    return this.#finish(plan, pending, request, signal)
  }

  async #finish(
    plan: RunPlan,
    pending: Promise<void>,
    request: RunRequest,
    signal: AbortSignal | undefined,
  ): Promise<RunResult> {
    try {
      await pending
      return plan.results()
    } catch (error) {
      return this.#repeat(plan, request, signal, error)
    } finally {
      plan.end()
    }
  }

  /** Without the plan, if a result has another shape than in earlier runs. @throws the error, if it is another one */
  #repeat(
    plan: RunPlan,
    request: RunRequest,
    signal: AbortSignal | undefined,
    error: unknown,
  ): RunResult | Promise<RunResult> {
    if (!isOrtError(error) || error.code !== 'ERR_OUTPUT_SHAPE') throw error
    this.dispose()
    return runOnce(this.#loaded, plan.feeds(), request, undefined, signal)
  }

  /** Runs in flight continue. */
  dispose(): void {
    this.#enabled = false
    for (const plan of this.#plans) plan.dispose()
    this.#plans.length = this.#recent.length = this.#bytes = 0
  }

  #find(feeds: readonly Tensor[], fetches: Fetches): RunPlan | undefined {
    for (let i = 0; i < this.#plans.length; ++i) {
      const plan = this.#plans[i]!
      if (plan.busy || !plan.form.fits(feeds, fetches)) continue
      if (i > 0) this.#plans.unshift(...this.#plans.splice(i, 1))
      return plan
    }
    return undefined
  }

  #make(feeds: readonly Tensor[], fetches: Fetches): RunPlan | undefined {
    const form = this.#recent.find((recent) => recent.fits(feeds, fetches))
    if (form === undefined || !this.#makeRoom(form.bytes)) return undefined
    const plan = new RunPlan(this.#loaded, form)
    this.#plans.unshift(plan)
    this.#bytes += form.bytes
    return plan
  }

  /** Disposes of the plans that were not used for longest. False if those that are left are all in use. */
  #makeRoom(bytes: number): boolean {
    for (let i = this.#plans.length - 1; i >= 0; --i) {
      if (this.#plans.length < MOST_PLANS && this.#bytes + bytes <= this.#loaded.maxRunPlanBytes) return true
      const plan = this.#plans[i]!
      if (plan.busy) continue
      this.#plans.splice(i, 1)
      this.#bytes -= plan.form.bytes
      plan.dispose()
    }
    return this.#plans.length < MOST_PLANS && this.#bytes + bytes <= this.#loaded.maxRunPlanBytes
  }
}
