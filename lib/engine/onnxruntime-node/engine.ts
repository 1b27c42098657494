import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import {
  type DeviceName,
  type Engine,
  type EngineBinding,
  type EngineSession,
  type EngineValue,
  type Feeds,
  type Fetches,
  type ModelMetadata,
  type RawValueInfo,
  type Results,
  type RunSettings,
  type SessionSettings,
  ValueKind,
} from '../engine'
import { type EngineOptions, LOG_LEVELS, logSeverity } from '../select'
import { explain, notSupported, toInfo, toOptions } from './convert'
import { HeapValue, resultOf, toOrtTensor } from './value'

/**
 * The fallback engine: the same classes over onnxruntime-node. Its `run` holds the event loop for as long as the model
 * takes, it cannot run synchronously or cancel, and it knows the types that onnxruntime-common names only: what it cannot
 * do is refused with `ERR_NOT_SUPPORTED`.
 */
export function openOnnxruntimeNode(options: EngineOptions): Engine {
  if (options.libraryPath !== undefined) throw notSupported("'libraryPath'", 'Its library comes with it')
  if (options.onLog !== undefined) throw notSupported("'onLog'", 'Its log goes to stderr')
  const require = requireOnnxruntimeNode()
  const ort = require('onnxruntime-node') as typeof Ort
  ort.env.logLevel = LOG_LEVELS[logSeverity(options)]!
  return {
    name: 'onnxruntime-node',
    library: {
      version: (require('onnxruntime-node/package.json') as { version: string }).version,
      path: require.resolve('onnxruntime-node'),
    },
    // Its memory is V8's own.
    supports: { runSync: false, cancel: false, devices: false, externalBuffers: true },
    Session: class extends NodeSession {
      constructor() {
        super(ort)
      }
    },
    Binding: NodeBinding as unknown as Engine['Binding'],
    Value: HeapValue as unknown as Engine['Value'],
    availableProviders: () => ['CPUExecutionProvider'],
    deviceMemory: () => {
      throw notSupported('devices', 'Install the native addon')
    },
  }
}

/** From this package, else from the working directory, as the native engine looks for the library. */
export function requireOnnxruntimeNode(): NodeJS.Require {
  const from = [__filename, join(process.cwd(), 'package.json')]
  const causes: string[] = []
  for (const file of from) {
    const require = createRequire(file)
    try {
      require('onnxruntime-node')
      return require
    } catch (error) {
      causes.push(`as required from ${file}: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  throw new OrtError(
    'ERR_LIBRARY_NOT_FOUND',
    `onnxruntime-node could not be loaded:\n  ${causes.join('\n  ')}`,
    {
      remedy: 'Install onnxruntime-node',
    },
  )
}

class NodeSession implements EngineSession {
  #session: Ort.InferenceSession | undefined
  #inputs: RawValueInfo[] = []
  #outputs: RawValueInfo[] = []
  /** Settles when the runs so far have ended. */
  #idle: Promise<unknown> = Promise.resolve()
  closed = false

  constructor(readonly ort: typeof Ort) {}

  async load(model: string | Uint8Array, settings: SessionSettings): Promise<void> {
    const options = toOptions(settings)
    try {
      this.#session = await this.ort.InferenceSession.create(model as string, options)
      this.#inputs = this.#session.inputMetadata.map(toInfo)
      this.#outputs = this.#session.outputMetadata.map(toInfo)
    } catch (error) {
      throw explain(error)
    }
  }

  inputs(): RawValueInfo[] {
    return this.#inputs
  }

  outputs(): RawValueInfo[] {
    return this.#outputs
  }

  modelMetadata(): ModelMetadata {
    throw notSupported('modelMetadata', 'Install the native addon to read it')
  }

  graphAssignment(): never {
    throw notSupported('graphAssignment', 'Install the native addon to read it')
  }

  async run(feeds: Feeds, fetches: Fetches, settings?: RunSettings): Promise<Results> {
    const { inputNames, outputNames } = this.#loaded
    const inputs: Record<string, Ort.Tensor> = {}
    for (let at = 0; at < feeds.length; at += 4) {
      inputs[inputNames[feeds[at] as number]!] = toOrtTensor(this.ort, feeds, at + 1)
    }
    const all = outputNames.flatMap((_, index) => [index, undefined, undefined])
    const wanted = fetches ?? all
    const names: string[] = []
    for (let at = 0; at < wanted.length; at += 3) names.push(outputNames[wanted[at] as number]!)
    const outputs = new Map(names.map((name) => [name, null]))
    const results = await this.runNamed(inputs, outputs, settings)
    return names.flatMap((name, i) => resultOf(results[name]!, wanted[i * 3 + 1], wanted[i * 3 + 2]))
  }

  /** One run; `outputs` are the wanted names, with the tensors to write into. */
  async runNamed(
    inputs: Record<string, Ort.Tensor>,
    outputs: ReadonlyMap<string, Ort.Tensor | null>,
    settings?: RunSettings,
  ): Promise<Record<string, Ort.Tensor>> {
    const { config, ...rest } = settings ?? {}
    if (rest.terminate) throw notSupported("the run option 'terminate'", 'Leave it out')
    const options = (
      config === undefined ? rest : { ...rest, extra: config }
    ) as Ort.InferenceSession.RunOptions
    const run = this.#loaded.run(inputs, Object.fromEntries(outputs), options)
    this.#idle = Promise.allSettled([this.#idle, run])
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

  async release(): Promise<void> {
    this.closed = true
    await this.#idle
    await this.#session?.release()
    this.#session = undefined
  }

  get #loaded(): Ort.InferenceSession {
    if (this.#session === undefined) throw new OrtError('ERR_DISPOSED', 'the session was released')
    return this.#session
  }
}

const INSTALL_ADDON = 'Install the native addon'

class NodeBinding implements EngineBinding {
  readonly #session: NodeSession
  readonly #inputs = new Map<number, HeapValue>()
  readonly #outputs = new Map<number, HeapValue | undefined>()
  #results: (HeapValue | null)[] = []
  #running = false
  #disposed = false

  constructor(session: NodeSession) {
    this.#session = session
  }

  bindInput(index: number, value: EngineValue, mapped?: boolean): void {
    this.#checkIdle()
    if (mapped) throw notSupported('mapped memory', INSTALL_ADDON)
    this.#inputs.set(index, value as HeapValue)
  }

  bindOutput(index: number, value: EngineValue | undefined, where?: boolean | DeviceName): void {
    this.#checkIdle()
    if (where === true) throw notSupported('mapped memory', INSTALL_ADDON)
    if (typeof where === 'string' && where !== 'cpu')
      throw notSupported(`the device '${where}'`, INSTALL_ADDON)
    this.#outputs.set(index, value as HeapValue | undefined)
  }

  clearInputs(): void {
    this.#checkIdle()
    this.#inputs.clear()
  }

  clearOutputs(): void {
    this.#checkIdle()
    this.#outputs.clear()
  }

  outputs(): (HeapValue | null)[] {
    return this.#results
  }

  runSync(): never {
    throw notSupported('runSync', 'Use run(), or install the native addon')
  }

  capture(): never {
    throw notSupported('graph capture', INSTALL_ADDON)
  }

  captured(): boolean {
    return false
  }

  releaseCapture(): void {}

  async run(): Promise<void> {
    this.#checkIdle()
    this.#checkBound()
    const { ort } = this.#session
    const inputNames = this.#session.inputs()
    const outputNames = this.#session.outputs()
    const inputs: Record<string, Ort.Tensor> = {}
    for (const [index, value] of this.#inputs) inputs[inputNames[index]!.name] = value.toTensor(ort)
    const outputs = new Map<string, Ort.Tensor | null>()
    for (const [index, value] of this.#outputs) {
      const target = value === undefined || value.isString ? null : value.toTensor(ort)
      outputs.set(outputNames[index]!.name, target)
    }
    this.#running = true
    try {
      const results = await this.#session.runNamed(inputs, outputs)
      this.#results = [...this.#outputs].map(([index, value]) => {
        const result = results[outputNames[index]!.name]!
        if (value === undefined) return HeapValue.fromTensor(result)
        value.receive(result)
        return null
      })
    } finally {
      this.#running = false
    }
  }

  cancel(): void {}

  dispose(): void {
    this.#disposed = true
  }

  #checkBound(): void {
    this.#session.inputs().forEach(({ name, kind }, index) => {
      if (this.#inputs.has(index) || kind !== ValueKind.tensor) return
      throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is not bound`)
    })
    if (this.#outputs.size === 0) throw new OrtError('ERR_MISSING_OUTPUT', 'no output is bound')
  }

  #checkIdle(): void {
    if (this.#disposed) throw new OrtError('ERR_DISPOSED', 'the IoBinding was disposed')
    if (this.#session.closed) throw new OrtError('ERR_DISPOSED', 'the session was released')
    if (!this.#running) return
    throw new OrtError(
      'ERR_BUSY',
      'the binding is running: one run at a time, await it before the next call',
      {
        remedy: 'Await the run, or use one binding for each run in flight',
      },
    )
  }
}
