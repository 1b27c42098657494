import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import { type DeviceName, type EngineBinding, type EngineValue, ValueKind } from '../engine'
import { INSTALL_ADDON, notSupported } from './convert'
import { checkFree, hold, type MemoryUse } from './in-flight'
import { type BoundOutput, checkOutput, checkPart, Placement } from './overlap'
import type { NodeRunOptions } from './run-options'
import type { NodeSession } from './session'
import { HeapValue } from './value'

/** A binding over onnxruntime-node, which has none: each run passes the bound tensors. */
export class NodeBinding implements EngineBinding {
  readonly #session: NodeSession
  readonly #inputs = new Map<number, HeapValue>()
  readonly #outputs = new Map<number, BoundOutput | undefined>()
  #placement: Placement | undefined
  #options: NodeRunOptions | undefined
  #copiesLogged = false
  #results: (HeapValue | null)[] = []
  #resultsRun = 0
  #runs = 0
  #running = false
  #disposed = false

  constructor(session: NodeSession) {
    this.#session = session
  }

  bindInput(index: number, value: EngineValue | undefined, mapped?: boolean): void {
    this.#checkIdle()
    if (mapped) throw notSupported('mapped memory', INSTALL_ADDON)
    if (value === undefined) {
      this.#placement = undefined
      this.#inputs.delete(index)
      return
    }
    this.#session.checkGiven(index)
    for (const output of this.#outputs.values())
      if (output !== undefined) checkPart(value as HeapValue, output.value)
    this.#placement = undefined
    this.#inputs.set(index, value as HeapValue)
  }

  bindOutput(
    index: number,
    value: EngineValue | undefined,
    where?: boolean | DeviceName,
    alias?: boolean | number,
  ): void {
    this.#checkIdle()
    if (where === true) throw notSupported('mapped memory', INSTALL_ADDON)
    if (typeof where === 'string' && where !== 'cpu')
      throw notSupported(`the device '${where}'`, INSTALL_ADDON)
    this.#placement = undefined
    if (value === undefined) {
      this.#outputs.set(index, undefined)
      return
    }
    checkOutput(index, value as HeapValue, this.#inputs, this.#outputs)
    this.#outputs.set(index, { value: value as HeapValue, alias: alias === true })
  }

  clearInputs(): void {
    this.#checkIdle()
    this.#placement = undefined
    this.#inputs.clear()
  }

  clearOutputs(): void {
    this.#checkIdle()
    this.#placement = undefined
    this.#outputs.clear()
  }

  useRunOptions(options: NodeRunOptions | undefined): void {
    this.#checkIdle()
    this.#options = options
  }

  outputs(): (HeapValue | null)[] {
    return this.#results
  }

  resultsRun(): number {
    return this.#running ? 0 : this.#resultsRun
  }

  overtaken(): boolean {
    return false
  }

  runSync(): never {
    throw notSupported('runSync', 'Use run(), or install the native addon')
  }

  capture(): never {
    throw notSupported('graph capture', INSTALL_ADDON)
  }

  recaptures(): number {
    return 0
  }

  captured(): boolean {
    return false
  }

  releaseCapture(): void {}

  run(): Promise<void> {
    this.#checkIdle()
    this.#checkBound()
    return this.#run(this.#uses())
  }

  /** The memory that a run uses. @throws OrtError `ERR_BUSY` if a run in flight forbids it */
  #uses(): MemoryUse[] {
    const inputs = [...this.#inputs.values()]
    const uses: MemoryUse[] = []
    const add = (use: MemoryUse, what: string) => {
      checkFree(use, what)
      uses.push(use)
    }
    for (const [index, value] of this.#inputs)
      add(value.use('read', this.#session), `input '${this.#session.inputs()[index]!.name}'`)
    for (const [index, bound] of this.#outputs) {
      if (bound === undefined) continue
      const access = inputs.includes(bound.value) ? 'step' : 'write'
      add(bound.value.use(access, this.#session), `output '${this.#session.outputs()[index]!.name}'`)
    }
    return uses
  }

  async #run(uses: readonly MemoryUse[]): Promise<void> {
    const { ort } = this.#session
    const inputNames = this.#session.inputs()
    const outputNames = this.#session.outputs()
    const inputs: Record<string, Ort.Tensor> = {}
    for (const [index, value] of this.#inputs) inputs[inputNames[index]!.name] = value.toTensor(ort)
    const outputs = new Map<string, Ort.Tensor | null>()
    const placement = this.#place()
    for (const [index, bound] of this.#outputs) {
      // Throws where the value was disposed or detached.
      bound?.value.toTensor(ort)
      const target =
        bound === undefined || bound.value.isString
          ? null
          : placement.target(index, bound.value).toTensor(ort)
      outputs.set(outputNames[index]!.name, target)
    }
    this.#running = true
    this.#resultsRun = 0
    const release = hold(uses)
    try {
      const results = await this.#session.runNamed(inputs, outputs, this.#options?.options)
      this.#results = [...this.#outputs].map(([index, bound]) => {
        const result = results[outputNames[index]!.name]!
        if (bound === undefined) return HeapValue.fromTensor(result)
        placement.target(index, bound.value).receive(result)
        return null
      })
      for (const [from, to] of placement.copies) from.copyInto(to)
      this.#resultsRun = ++this.#runs
    } finally {
      this.#running = false
      release()
    }
  }

  #place(): Placement {
    if (this.#placement !== undefined) return this.#placement
    const placement = new Placement(
      this.#inputs,
      this.#outputs,
      this.#session.inputs(),
      this.#session.outputs(),
    )
    this.#placement = placement
    if (placement.copies.length > 0 && !this.#copiesLogged) {
      this.#copiesLogged = true
      this.#session.log(
        'info',
        `a binding copies ${placement.bytes} bytes after each run: the model returns an input, or an input and an output have the same memory (let two values take turns, or bind with inPlace: 'alias' if the model allows it)`,
      )
    }
    return placement
  }

  cancel(): void {}

  dispose(): void {
    this.#disposed = true
  }

  #checkBound(): void {
    this.#session.inputs().forEach(({ name, kind, overridable }, index) => {
      if (this.#inputs.has(index) || kind !== ValueKind.tensor || overridable) return
      throw new OrtError('ERR_MISSING_INPUT', `input '${name}' is not bound`)
    })
    if (this.#outputs.size === 0) throw new OrtError('ERR_MISSING_OUTPUT', 'no output is bound')
  }

  #checkIdle(): void {
    if (this.#disposed) throw new OrtError('ERR_DISPOSED', 'the IoBinding was disposed')
    if (this.#session.closed) throw new OrtError('ERR_DISPOSED', 'the session was released')
    if (!this.#running) return
    throw new OrtError('ERR_BUSY', 'a run of the binding is in flight: one run at a time', {
      remedy: 'Await the run, or use one binding for each run in flight',
    })
  }
}
