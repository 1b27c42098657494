import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { BatchedRuns } from './batched-runs.js'
import {
  completeConfig,
  type DeclaredTensor,
  defaultConfig,
  type ModelConfig,
  parseConfig,
} from './config.js'
import { timeDependsOnData } from './data-dependent.js'
import { findDataType } from './datatypes.js'
import { invalid, RequestError, toRequestError } from './errors.js'
import { RunTimes } from './run-times.js'
import { DirectRuns, type InferOptions, type NamedTensor, type Runs } from './runs.js'
import { RequestStats } from './statistics.js'
import { turnFor } from './turns.js'
import { type ReadSample, readWarmup, warmupRequest } from './warmup.js'

export type { NamedTensor } from './runs.js'

/** A version of a model, loaded. */
export class Model {
  readonly requests = new RequestStats()
  #inFlight = 0

  private constructor(
    readonly name: string,
    readonly version: string,
    readonly config: ModelConfig,
    readonly inputs: readonly DeclaredTensor[],
    readonly outputs: readonly DeclaredTensor[],
    private readonly session: InferenceSession,
    readonly runs: Runs,
    private readonly maxQueueSize: number,
  ) {}

  /** @param text of config.pbtxt */
  static async load(
    name: string,
    version: string,
    path: string,
    text: string | undefined,
    options: {
      readonly session: SessionOptions
      readonly maxQueueSize: number
      readonly readSample: ReadSample
    },
  ): Promise<Model> {
    const parsed = text === undefined ? defaultConfig(name) : parseConfig(text, name)
    const session = await InferenceSession.create(path, {
      logSeverityLevel: 4,
      ...options.session,
      ...sessionOptions(parsed),
    })
    try {
      const [inputs, outputs] = [session.inputMetadata, session.outputMetadata].map((all) =>
        all.map((one): DeclaredTensor => {
          if (!one.isTensor || findDataType(one.type) === undefined)
            throw new Error(`'${one.name}' has a type that the protocol does not have`)
          return one
        }),
      ) as [DeclaredTensor[], DeclaredTensor[]]
      const config = completeConfig(parsed, inputs, outputs)
      const warmup = await readWarmup(config, inputs, options.readSample)
      const { max_batch_size: most, dynamic_batching: batching } = config
      const runs =
        batching === undefined
          ? new DirectRuns(session, instances(config), await timesOf(path, inputs), (all) =>
              most > 0 ? all[0]!.shape[0]! : 1,
            )
          : await BatchedRuns.create(session, config, outputs, warmup)
      // Not by `runs`, whose statistics are those of requests.
      const warm = new DirectRuns(session, 1, undefined, () => 1)
      for (const sample of warmup)
        for (let i = 0; i < sample.count; ++i) await warm.run(warmupRequest(sample, most > 0), undefined, {})
      const bound = batching?.default_queue_policy?.max_queue_size || Infinity
      const maxQueueSize = Math.min(options.maxQueueSize, bound)
      return new Model(name, version, config, inputs, outputs, session, runs, maxQueueSize)
    } catch (error) {
      await session.release()
      throw error
    }
  }

  /**
   * Runs a request.
   * @param outputs names; undefined: all
   * @throws RequestError
   */
  async infer(
    inputs: readonly NamedTensor[],
    outputs: readonly string[] | undefined,
    options: InferOptions,
  ): Promise<NamedTensor[]> {
    const begin = performance.now()
    ++this.#inFlight
    try {
      options.signal?.throwIfAborted()
      if (this.#inFlight > this.maxQueueSize)
        throw new RequestError(
          503,
          `${this.maxQueueSize} requests of model '${this.name}' are waiting, the most that may`,
        )
      this.#check(inputs, outputs)
      const results = await this.runs.run(inputs, outputs, {
        ...options,
        timeoutMs: this.#timeout(options.timeoutMs),
        priority: this.#priority(options.priority),
      })
      await turnFor(byteLength(results))
      this.requests.succeed(performance.now() - begin)
      return results
    } catch (error) {
      const failure = toRequestError(error)
      this.requests.fail(performance.now() - begin, failure.status)
      throw failure
    } finally {
      --this.#inFlight
    }
  }

  /** A request's deadline, or that of the queue policy, by Triton's rules. */
  #timeout(given: number | undefined): number | undefined {
    const policy = this.config.dynamic_batching?.default_queue_policy
    if (policy == null) return given
    const most = policy.default_timeout_microseconds / 1000 || Infinity
    const timeoutMs = policy.allow_timeout_override ? Math.min(given ?? Infinity, most) : most
    return timeoutMs === Infinity ? undefined : timeoutMs
  }

  /** A request's priority, or the default for one that is not a level of the model, by Triton's rules. */
  #priority(given = 0): number | undefined {
    const { priority_levels: levels, default_priority_level } = this.config.dynamic_batching ?? {}
    return given === 0 || given > (levels ?? 0) ? default_priority_level : given
  }

  #check(inputs: readonly NamedTensor[], outputs: readonly string[] | undefined): void {
    for (const name of outputs ?? [])
      if (!this.outputs.some((output) => output.name === name))
        throw invalid(`unexpected output '${name}' for model '${this.name}'`)
    const given = new Set<string>()
    for (const input of inputs) {
      const declared = this.config.input.find(({ name }) => name === input.name)
      if (declared === undefined) throw invalid(`unexpected input '${input.name}' for model '${this.name}'`)
      if (given.has(input.name)) throw invalid(`input '${input.name}' is given twice`)
      given.add(input.name)
      this.#checkInput(input, declared.dims)
    }
    for (const { name } of this.inputs)
      if (!given.has(name)) throw invalid(`input '${name}' is missing for model '${this.name}'`)
    if (this.config.max_batch_size > 0 && inputs.some(({ shape }) => shape[0] !== inputs[0]!.shape[0]))
      throw invalid(`the inputs have batches of different sizes for model '${this.name}'`)
  }

  #checkInput({ name, type, shape }: NamedTensor, dims: readonly number[]): void {
    const model = `for model '${this.name}'`
    const expected = findDataType(this.inputs.find((input) => input.name === name)!.type)!.name
    if (type.name !== expected)
      throw invalid(`input '${name}' is ${type.name}, expected ${expected} ${model}`)
    const most = this.config.max_batch_size
    if (most > 0 && (shape[0] === undefined || shape[0] < 1 || shape[0] > most))
      throw invalid(`input '${name}' has a batch of ${shape[0]}, expected 1 to ${most} ${model}`)
    const its = most > 0 ? shape.slice(1) : shape
    const isScalar = dims.length === 0 && most === 0
    if (!isScalar && (its.length !== dims.length || its.some((dim, i) => dims[i] !== -1 && dims[i] !== dim)))
      throw invalid(
        `input '${name}' has the shape [${shape}], expected [${most > 0 ? [-1, ...dims] : dims}] ${model}`,
      )
  }

  /** Triton's statistics. */
  get stats(): object {
    return this.requests.snapshot(this.name, this.version, this.runs.stats)
  }

  async release(): Promise<void> {
    await this.runs.close()
    await this.session.release()
  }
}

const byteLength = (tensors: readonly NamedTensor[]) =>
  tensors.reduce((sum, { data }) => sum + (ArrayBuffer.isView(data) ? data.byteLength : 0), 0)

const instances = (config: ModelConfig) => Math.max(1, config.instance_group[0]?.count ?? 1)

/** Runs whose time their inputs' shapes decide can be told from others'. */
async function timesOf(path: string, inputs: readonly DeclaredTensor[]): Promise<RunTimes | undefined> {
  const types = inputs.map(({ type }) => type)
  return (await timeDependsOnData(path, types)) ? undefined : new RunTimes()
}

function sessionOptions(config: ModelConfig): SessionOptions {
  const threads = (key: string) => config.parameters[key] && Number(config.parameters[key].string_value)
  const [intra, inter] = ['intra_op_thread_count', 'inter_op_thread_count'].map(threads)
  return {
    ...(intra !== undefined && { intraOpNumThreads: intra }),
    ...(inter !== undefined && { interOpNumThreads: inter }),
    ...(instances(config) > 1 && { concurrentRuns: instances(config) }),
  }
}
