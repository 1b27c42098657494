import type * as Ort from 'onnxruntime-node'
import { OrtError } from '../../errors'
import { type DeviceName, type EngineBinding, type EngineValue, ValueKind } from '../engine'
import { INSTALL_ADDON, notSupported } from './convert'
import type { NodeSession } from './session'
import { HeapValue } from './value'

/** A binding over onnxruntime-node, which has none: each run passes the bound tensors. */
export class NodeBinding implements EngineBinding {
  readonly #session: NodeSession
  readonly #inputs = new Map<number, HeapValue>()
  readonly #outputs = new Map<number, HeapValue | undefined>()
  #results: (HeapValue | null)[] = []
  #resultsOf = 0
  #runs = 0
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

  resultsOf(): number {
    return this.#running ? 0 : this.#resultsOf
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

  run(): Promise<void> {
    this.#checkIdle()
    this.#checkBound()
    return this.#run()
  }

  async #run(): Promise<void> {
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
    this.#resultsOf = 0
    try {
      const results = await this.#session.runNamed(inputs, outputs)
      this.#results = [...this.#outputs].map(([index, value]) => {
        const result = results[outputNames[index]!.name]!
        if (value === undefined) return HeapValue.fromTensor(result)
        value.receive(result)
        return null
      })
      this.#resultsOf = ++this.#runs
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
    throw new OrtError('ERR_BUSY', 'a run of the binding is in flight: one run at a time', {
      remedy: 'Await the run, or use one binding for each run in flight',
    })
  }
}
