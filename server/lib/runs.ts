import { type InferenceSession, OrtValue, type RunValue, Tensor } from 'onnxruntime-iobinding'
import { type DataType, type Elements, findDataType } from './datatypes.js'
import { withDeadline } from './deadline.js'
import type { Signal } from './leaving.js'
import type { RunTimes } from './run-times.js'
import { Durations, type ExecutionStats } from './statistics.js'
import { endOfTurn } from './turns.js'

/** A tensor of a request, or of its response. */
export interface NamedTensor {
  readonly name: string
  readonly type: DataType
  readonly shape: readonly number[]
  readonly data: Elements
}

export interface InferOptions {
  readonly timeoutMs?: number | undefined
  /** Ends the run: its client has left. */
  readonly signal?: Signal | undefined
  /** Triton's: 1 is the highest. */
  readonly priority?: number | undefined
}

/** How the requests of a model are run. */
export interface Runs {
  /** @param outputs names; undefined: all */
  run(
    inputs: readonly NamedTensor[],
    outputs: readonly string[] | undefined,
    options: InferOptions,
  ): Promise<NamedTensor[]>
  readonly stats: ExecutionStats
  /** Requests, or their rows, that wait for a run. */
  readonly waiting: number
  close(): Promise<void>
}

/**
 * Each request is a run of its own. A run that a signal can end is handed to another thread; where runs are short, none has a
 * signal, and the library may run them on this one.
 */
export class DirectRuns implements Runs {
  readonly #session: InferenceSession
  readonly #concurrent: number
  readonly #times: RunTimes | undefined
  readonly #countRows: (inputs: readonly NamedTensor[]) => number
  readonly #durations = new Durations()
  #inFlight = 0

  /**
   * @param concurrent how many run at a time
   * @param times undefined: a run may take any time, whatever those before it took
   */
  constructor(
    session: InferenceSession,
    concurrent: number,
    times: RunTimes | undefined,
    countRows: (inputs: readonly NamedTensor[]) => number,
  ) {
    this.#session = session
    this.#concurrent = concurrent
    this.#times = times
    this.#countRows = countRows
  }

  async run(
    inputs: readonly NamedTensor[],
    outputs: readonly string[] | undefined,
    options: InferOptions,
  ): Promise<NamedTensor[]> {
    const begin = performance.now()
    ++this.#inFlight
    try {
      const feeds = Object.fromEntries(inputs.map((input) => [input.name, toValue(input)]))
      const prepared = performance.now()
      // The first of a turn's runs wakes the run thread, and the others find it awake.
      await endOfTurn()
      const begun = performance.now()
      const fetches = outputs === undefined ? this.#session.outputNames : [...new Set(outputs)]
      const infer = (signal: Signal | undefined) =>
        withDeadline(options.timeoutMs, signal, (either) =>
          this.#session.run<RunValue>(
            feeds,
            fetches,
            either === undefined ? {} : { signal: either as AbortSignal },
          ),
        )
      const { signal } = options
      signal?.throwIfAborted()
      const results = await (this.#times?.measure(inputs, this.#inFlight, (short) =>
        infer(short ? undefined : signal),
      ) ?? infer(signal))
      signal?.throwIfAborted()
      const ran = performance.now()
      const response = Object.entries(results).map(([name, value]) => toTensor(name, value))
      this.#durations.add(this.#countRows(inputs), {
        queue: begun - prepared,
        input: prepared - begin,
        infer: ran - begun,
        output: performance.now() - ran,
      })
      return response
    } finally {
      --this.#inFlight
    }
  }

  get stats(): ExecutionStats {
    return this.#durations.snapshot()
  }

  get waiting(): number {
    return Math.max(0, this.#inFlight - this.#concurrent)
  }

  async close(): Promise<void> {}
}

/** A Tensor where there is one for the type: session.run copies it straight into memory that is bound already. */
function toValue({ type, data, shape }: NamedTensor): RunValue {
  if (type.type === 'bfloat16') return OrtValue.wrap(type.type, data as never, shape)
  return new Tensor(type.type as 'string', data as string[], shape)
}

function toTensor(name: string, value: RunValue): NamedTensor {
  const type = findDataType(value.type)!
  const data = value instanceof OrtValue ? value.read() : value.data
  return { name, type, shape: value.dims, data: data as Elements }
}
