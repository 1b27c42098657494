import { type EngineBinding, type EngineValue, ValueKind } from '../engine/engine'
import { isOrtError, OrtError, type OrtErrorDetails } from '../errors'
import { resolveShape, shapeText, symbolSizes } from '../model/shape'
import type { OrtValue } from '../value/value'
import type { BindingHost } from './host'
import type { BoundOutputs } from './outputs'
import type { BoundValues } from './values'

interface HowBound {
  readonly mapped: boolean
  readonly alias: boolean
}

/**
 * The outputs whose shape the user did not give. Their memory has the shape that the model declares, which may not be the one
 * that a run gives. A run that fails for that is repeated while ONNX Runtime allocates them; then those of the declared shape
 * get their memory back, and ONNX Runtime allocates the others from then on.
 */
export class OutputGuesses {
  readonly #host: BindingHost
  readonly #binding: EngineBinding
  readonly #inputs: BoundValues
  readonly #outputs: BoundOutputs
  readonly #names = new Set<string>()
  /** Weak: a value that is no longer bound is freed. */
  readonly #values = new WeakMap<OrtValue, HowBound>()
  /** ONNX Runtime allocates them in the next run. */
  #open = false

  constructor(host: BindingHost, binding: EngineBinding, inputs: BoundValues, outputs: BoundOutputs) {
    this.#host = host
    this.#binding = binding
    this.#inputs = inputs
    this.#outputs = outputs
  }

  /** The value that is bound to the output has a shape that the user did not give. */
  add(name: string, mapped: boolean, alias: boolean): void {
    this.#names.add(name)
    this.#values.set(this.#outputs.bound(name)!, { mapped, alias })
  }

  /**
   * Before each run. A run that fails may have written a state in place that is an alias, and cannot be repeated: the first run
   * on inputs of these shapes then has the outputs allocated.
   */
  beginRun(): void {
    if (!this.#inputs.shapesChanged) return
    if (this.#names.size > 0 && this.#writesInputs()) this.#allocate()
    this.#inputs.shapesChanged = false
  }

  /**
   * Whether a run that failed with this error is to be repeated. @throws the error, if that would write a state twice, or mix up
   * the order of runs
   */
  repeats(error: unknown): boolean {
    if (this.#open || !isOrtError(error) || !concernsOutput(error)) return false
    if (this.#binding.captured()) return false
    const overtaken = this.#binding.overtaken()
    if (!this.#allocate()) return false
    if (this.#writesInputs())
      throw notRepeated(
        error,
        'the run may have written a state in place',
        'Write the state again and repeat',
      )
    if (overtaken) throw notRepeated(error, 'a later run uses the same memory', 'Repeat')
    return true
  }

  /**
   * After each run that succeeded.
   * @throws OrtError where an output cannot have its memory back, such as `ERR_BUSY`: another run in flight uses it
   */
  endRun(): void {
    if (!this.#open) return
    const results = this.#binding.outputs()
    this.#open = false
    const errors: unknown[] = []
    for (const [i, name] of this.#outputs.names.entries()) {
      const result = results[i]
      const value = this.#guessed(name)
      if (value === undefined || !result) continue
      const given =
        result.kind() === ValueKind.tensor ? shapeText(result.dims()) : 'a value that is not a tensor'
      if (given !== shapeText(value.dims)) this.#refute(name, value, given)
      else if (value.disposed) this.#leave(name)
      else this.#giveBack(name, value, result, errors)
    }
    if (errors.length === 0) return
    this.#outputs.drop()
    throw errors[0]
  }

  #giveBack(name: string, value: OrtValue, result: EngineValue, errors: unknown[]): void {
    try {
      this.#bind(name, value)
      result.copyTo(value.engineValue)
    } catch (error) {
      errors.push(error)
    }
    result.dispose()
  }

  /** A capture, which needs outputs with memory of their own. */
  async capture(call: () => Promise<void>): Promise<void> {
    for (const name of this.#open ? this.#names : []) {
      const value = this.#guessed(name)
      if (value !== undefined) this.#bind(name, value)
    }
    this.#open = false
    try {
      await call()
      this.#inputs.shapesChanged = false
    } catch (error) {
      const names = [...this.#names].filter((name) => this.#guessed(name) !== undefined)
      if (names.length === 0 || !isOrtError(error) || error.code !== 'ERR_OUTPUT_SHAPE') throw error
      throw new OrtError('ERR_GRAPH_CAPTURE', `cannot capture: ${what(error)}`, {
        ...details(error),
        remedy: `Give the shape of ${names.map((name) => `'${name}'`).join(', ')}: createIoBinding(inputs, { outputs: { NAME: [...] } })`,
      })
    }
  }

  /** Its value; undefined where the user has bound something else. */
  #guessed(name: string): OrtValue | undefined {
    const bound = this.#names.has(name) ? this.#outputs.bound(name) : undefined
    return bound !== undefined && this.#values.has(bound) ? bound : undefined
  }

  #bind(name: string, value: OrtValue): void {
    const { mapped, alias } = this.#values.get(value)!
    try {
      this.#binding.bindOutput(this.#host.outputs.indexOf(name, 'name'), value.engineValue, mapped, alias)
    } catch (error) {
      this.#leave(name)
      throw error
    }
  }

  /** Has ONNX Runtime allocate them. Returns whether there are any. */
  #allocate(): boolean {
    for (const name of this.#names) {
      if (this.#guessed(name) === undefined) this.#names.delete(name)
      else this.#binding.bindOutput(this.#host.outputs.indexOf(name, 'name'), undefined, 'cpu', 0)
    }
    this.#open = this.#names.size > 0
    return this.#open
  }

  /** ONNX Runtime allocates the output from now on. */
  #leave(name: string): void {
    this.#names.delete(name)
    this.#outputs.set(name, undefined)
  }

  #refute(name: string, value: OrtValue, given: string): void {
    const { outputs, engine, wrongShapes } = this.#host
    const index = outputs.indexOf(name, 'name')
    const declared = shapeText(outputs.info(index).shape ?? [])
    const taken = shapeText(value.dims)
    const here = taken === declared ? '' : `, here ${taken}`
    const what = `output '${name}' declares the shape ${declared}${here}, and a run gave ${given}`
    this.#leave(name)
    if (this.#isDeclared(index, value.dims)) wrongShapes.add(name)
    value.dispose()
    value.retired = `: ${what}. Read the output after each run`
    engine.log('warning', `${what}: ONNX Runtime allocates it in each run from now on`)
  }

  /** Whether the model declares these dims for inputs of the shapes that are bound. */
  #isDeclared(index: number, dims: readonly number[]): boolean {
    const { inputs, outputs } = this.#host
    const symbols = symbolSizes(inputs.givenShapes((name) => this.#inputs.bound(name)?.dims))
    return String(resolveShape(outputs.info(index).shape, symbols)) === String(dims)
  }

  /** Whether a run that fails may have written memory that it reads. */
  #writesInputs(): boolean {
    const inputs = this.#inputs.boundValues
    // Nobody knows it of a value that was disposed of meanwhile.
    const shares = (one: OrtValue, other: OrtValue) =>
      one.disposed || other.disposed || one.engineValue.sharesMemory(other.engineValue)
    return this.#outputs.aliases.some((output) => inputs.some((input) => shares(output, input)))
  }
}

/** Whether a run failed because an output is not the tensor that it declares. */
function concernsOutput({ code, message }: OrtError): boolean {
  // A sparse initializer that is an output, which ONNX Runtime reports as a tensor.
  const isSparse = code === 'ERR_ORT_FAIL' && message.includes('Unsupported type proto value case')
  return code === 'ERR_OUTPUT_SHAPE' || isSparse
}

/** @param again what the remedy begins with */
function notRepeated(error: OrtError, why: string, again: string): OrtError {
  return new OrtError('ERR_OUTPUT_SHAPE', `${what(error)}, and ${why}`, {
    ...details(error),
    remedy: `${again} the run: ONNX Runtime allocates the output from now on`,
  })
}

/** The message without its details, which name other remedies. */
function what({ message }: OrtError): string {
  return message.split(': expected ')[0]!
}

function details(error: OrtError): OrtErrorDetails {
  const { expected, given } = error
  return { ...(expected && { expected }), ...(given && { given }), cause: error }
}
