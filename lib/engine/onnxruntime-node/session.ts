import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import { elementTypeName, type TypedArray } from '../../model/element-types'
import { readDefaults } from '../../model/initializers'
import {
  type Engine,
  type EngineSession,
  type Feeds,
  type Fetch,
  type Fetches,
  type ModelMetadata,
  type RawValueInfo,
  type Results,
  type RunSettings,
  type SessionSettings,
  ValueKind,
} from '../engine'
import { explain, INSTALL_ADDON, notSupported, OMIT, toInfo, toOptions } from './convert'
import { checkFree, hold, type MemoryUse } from './in-flight'
import { toRunOptions } from './run-options'
import { HeapValue, toOrtTensor, toResult } from './value'

/** A session of onnxruntime-node. */
export class NodeSession implements EngineSession {
  #session: Ort.InferenceSession | undefined
  #inputs: RawValueInfo[] = []
  #outputs: RawValueInfo[] = []
  /** Settles when all runs so far have ended. */
  #idle: Promise<unknown> = Promise.resolve()
  /** ONNX Runtime may read the model's bytes in each run: `session.use_ort_model_bytes_for_initializers`. */
  model: string | Uint8Array | undefined
  closed = false

  constructor(
    readonly ort: typeof Ort,
    readonly log: Engine['log'],
  ) {}

  async load(model: string | Uint8Array, settings: SessionSettings): Promise<void> {
    const options = toOptions(settings)
    if (settings.config?.['session.use_ort_model_bytes_for_initializers'] === '1') this.model = model
    try {
      this.#session = await this.ort.InferenceSession.create(model as string, options)
    } catch (error) {
      throw explain(error)
    }
    try {
      this.#inputs = [...this.#session.inputMetadata.map(toInfo), ...defaults(model)]
      this.#outputs = this.#session.outputMetadata.map(toInfo)
    } catch (error) {
      await this.release()
      throw error
    }
  }

  async compile(): Promise<never> {
    throw notSupported('compileModel', INSTALL_ADDON)
  }

  cancelLoad(): void {}

  inputs(): RawValueInfo[] {
    return this.#inputs
  }

  outputs(): RawValueInfo[] {
    return this.#outputs
  }

  device(): { name: 'cpu'; id: number } {
    return { name: 'cpu', id: 0 }
  }

  modelMetadata(): ModelMetadata {
    throw notSupported('modelMetadata', `${INSTALL_ADDON} to read it`)
  }

  graphAssignment(): never {
    throw notSupported('graphAssignment', `${INSTALL_ADDON} to read it`)
  }

  async run(feeds: Feeds, fetches: Fetches, settings?: RunSettings): Promise<Results> {
    const { inputNames, outputNames } = this.#loaded
    const entries = feeds.flatMap((feed, i) => {
      if (feed === undefined) return []
      this.checkGiven(i)
      return [[inputNames[i]!, toOrtTensor(this.ort, feed)] as const]
    })
    const inputs = Object.fromEntries(entries)
    const wanted = fetches ?? outputNames.map((_, index): Fetch => [index])
    const outputs = new Map(wanted.map(([index]) => [outputNames[index]!, null]))
    const release = hold(this.#uses(feeds, wanted))
    try {
      const results = await this.runNamed(inputs, outputs, settings && toRunOptions(settings))
      return wanted.map((fetch) => toResult(results[outputNames[fetch[0]]!]!, fetch))
    } finally {
      release()
    }
  }

  /** @throws OrtError `ERR_NOT_SUPPORTED` for an input with a default, whose value onnxruntime-node would ignore */
  checkGiven(input: number): void {
    const { name, overridable } = this.#inputs[input]!
    if (overridable) throw notSupported(`values of initializers (input '${name}')`, OMIT)
  }

  /** The memory that a run uses, besides copies. @throws OrtError `ERR_BUSY` if a run in flight forbids it */
  #uses(feeds: Feeds, fetches: readonly Fetch[]): MemoryUse[] {
    const uses: MemoryUse[] = []
    for (const feed of feeds) {
      if (!(feed instanceof HeapValue)) continue
      uses.push(feed.use('read', this))
      checkFree(uses.at(-1)!, "an OrtValue of 'feeds'")
    }
    for (const [index, target] of fetches) {
      if (!ArrayBuffer.isView(target)) continue
      uses.push({ data: target as TypedArray, access: 'write' })
      checkFree(uses.at(-1)!, `the pre-allocated result '${this.#outputs[index]!.name}'`)
    }
    return uses
  }

  /** One run. `outputs`: the names to fetch, each with a tensor to write into, or null. */
  async runNamed(
    inputs: Record<string, Ort.Tensor>,
    outputs: ReadonlyMap<string, Ort.Tensor | null>,
    options: Ort.InferenceSession.RunOptions = {},
  ): Promise<Record<string, Ort.Tensor>> {
    for (const { name, type } of this.#outputs) if (outputs.has(name)) checkResultType(name, type)
    const run = this.#loaded.run(inputs, Object.fromEntries(outputs), options)
    // Without their results, which the next promise would keep.
    this.#idle = Promise.allSettled([this.#idle, run]).then(() => undefined)
    try {
      return (await run) as Record<string, Ort.Tensor>
    } catch (error) {
      throw explain(error)
    }
  }

  cancel(): void {}

  endProfiling(): string {
    this.#loaded.endProfiling()
    return ''
  }

  profilingStartTime(): never {
    throw notSupported('profilingStartTime', INSTALL_ADDON)
  }

  async release(): Promise<void> {
    this.closed = true
    await this.#idle
    await this.#session?.release()
    this.#session = undefined
    this.model = undefined
  }

  get #loaded(): Ort.InferenceSession {
    if (this.#session === undefined) throw new OrtError('ERR_DISPOSED', 'the session was released')
    return this.#session
  }
}

/** The inputs that an initializer is the default of, which onnxruntime-node does not report. */
function defaults(model: string | Uint8Array): RawValueInfo[] {
  return Array.from(readDefaults(model), ([name, { type }]) => ({
    name,
    kind: ValueKind.tensor,
    type,
    form: `tensor(${type})`,
    overridable: true,
  }))
}

/** Of a result of these types onnxruntime-node ends the process. */
function checkResultType(name: string, code: number): void {
  const type = elementTypeName(code)
  if (type === 'int4' || type === 'uint4')
    throw notSupported(`results of ${type} (output '${name}')`, `${INSTALL_ADDON}, or fetch other outputs`)
}
