import {
  InferenceSession,
  OrtValue,
  type RunValue,
  type SessionOptions,
  Tensor,
  type TypedArray,
} from 'onnxruntime-iobinding'
import { type DeclaredTensor, defaultConfig, type ModelConfig, parseConfig } from './config.js'
import { type DataType, dataTypeOf } from './datatypes.js'
import { invalid, RequestError, toRequestError } from './errors.js'
import { Statistics } from './statistics.js'

/** A tensor of a request, or of its response. */
export interface NamedTensor {
  readonly name: string
  readonly type: DataType
  readonly shape: readonly number[]
  readonly data: TypedArray | readonly string[]
}

export interface InferOptions {
  readonly timeoutMs?: number | undefined
  /** Ends the run: its client has left. */
  readonly signal?: AbortSignal | undefined
}

/** A version of a model, loaded. */
export class Model {
  readonly statistics = new Statistics()
  #inFlight = 0

  private constructor(
    readonly name: string,
    readonly version: string,
    readonly config: ModelConfig,
    readonly inputs: readonly DeclaredTensor[],
    readonly outputs: readonly DeclaredTensor[],
    private readonly session: InferenceSession,
    private readonly maxQueueSize: number,
  ) {}

  /** @param config text of config.pbtxt */
  static async load(
    name: string,
    version: string,
    path: string,
    config: string | undefined,
    options: { readonly session: SessionOptions; readonly maxQueueSize: number },
  ): Promise<Model> {
    const session = await InferenceSession.create(path, { logSeverityLevel: 4, ...options.session })
    try {
      const [inputs, outputs] = [session.inputMetadata, session.outputMetadata].map((all) =>
        all.map((one): DeclaredTensor => {
          if (!one.isTensor || dataTypeOf(one.type) === undefined)
            throw new Error(`'${one.name}' has a type that the protocol does not have`)
          return one
        }),
      ) as [DeclaredTensor[], DeclaredTensor[]]
      const resolved =
        config === undefined
          ? defaultConfig(name, inputs, outputs)
          : parseConfig(config, name, inputs, outputs)
      return new Model(name, version, resolved, inputs, outputs, session, options.maxQueueSize)
    } catch (error) {
      await session.release()
      throw error
    }
  }

  /**
   * Runs the model once.
   * @param outputs names; undefined: all
   * @throws RequestError
   */
  async infer(
    inputs: readonly NamedTensor[],
    outputs: readonly string[] | undefined,
    options: InferOptions,
  ): Promise<NamedTensor[]> {
    for (const name of outputs ?? [])
      if (!this.outputs.some((output) => output.name === name))
        throw invalid(`unexpected output '${name}' for model '${this.name}'`)
    if (this.#inFlight >= this.maxQueueSize)
      throw new RequestError(
        503,
        `${this.#inFlight} requests of model '${this.name}' are waiting, the most that may`,
      )
    const begin = performance.now()
    ++this.#inFlight
    try {
      const feeds = this.#feeds(inputs)
      const signal = toSignal(options)
      const prepared = performance.now()
      const results = await this.session.run<RunValue>(
        feeds,
        outputs === undefined ? this.session.outputNames : [...new Set(outputs)],
        signal === undefined ? {} : { signal },
      )
      const ran = performance.now()
      const response = Object.entries(results).map(([name, value]) => toTensor(name, value))
      this.statistics.succeed({ begin, prepared, ran, end: performance.now() }, this.#rows(inputs))
      return response
    } catch (error) {
      this.statistics.fail(performance.now() - begin)
      throw toRequestError(error)
    } finally {
      --this.#inFlight
    }
  }

  #rows(inputs: readonly NamedTensor[]): number {
    return this.config.max_batch_size > 0 ? inputs[0]!.shape[0]! : 1
  }

  #feeds(inputs: readonly NamedTensor[]): Record<string, RunValue> {
    const feeds = new Map<string, RunValue>()
    for (const input of inputs) {
      const declared = this.inputs.find(({ name }) => name === input.name)
      if (declared === undefined) throw invalid(`unexpected input '${input.name}' for model '${this.name}'`)
      if (feeds.has(input.name)) throw invalid(`input '${input.name}' is given twice`)
      const expected = dataTypeOf(declared.type)!.name
      if (input.type.name !== expected)
        throw invalid(
          `input '${input.name}' is ${input.type.name}, expected ${expected} for model '${this.name}'`,
        )
      this.#checkBatch(input)
      feeds.set(input.name, toValue(input))
    }
    for (const { name } of this.inputs)
      if (!feeds.has(name)) throw invalid(`input '${name}' is missing for model '${this.name}'`)
    return Object.fromEntries(feeds)
  }

  #checkBatch({ name, shape }: NamedTensor): void {
    const most = this.config.max_batch_size
    if (most > 0 && (shape[0] === undefined || shape[0] < 1 || shape[0] > most))
      throw invalid(
        `input '${name}' has a batch of ${shape[0]}, expected 1 to ${most} for model '${this.name}'`,
      )
  }

  /** Triton's statistics. */
  get stats(): object {
    return this.statistics.snapshot(this.name, this.version)
  }

  release(): Promise<void> {
    return this.session.release()
  }
}

function toSignal({ timeoutMs, signal }: InferOptions): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal
  const deadline = AbortSignal.timeout(Math.ceil(timeoutMs))
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline])
}

function toValue({ type, data, shape }: NamedTensor): RunValue {
  if (Array.isArray(data)) return new Tensor('string', data as string[], shape)
  return OrtValue.wrap(type.type, data as never, shape)
}

function toTensor(name: string, value: RunValue): NamedTensor {
  const type = dataTypeOf(value.type)!
  const data = value instanceof OrtValue ? value.read() : value.data
  return { name, type, shape: value.dims, data: data as NamedTensor['data'] }
}
