import { bare } from '../check'
import { isHost } from '../device/device'
import { OrtTypeError } from '../errors'
import type { TypedArray } from '../model/element-types'
import type { SessionIO } from '../model/io'
import { checkOrtValue, type OrtValue } from '../value/value'
import type { Views } from './views'

/** The values bound to a session's inputs, or to its outputs. */
export class BoundValues {
  /** In the order in which they were bound; undefined for an output that ONNX Runtime allocates. */
  protected readonly values = new Map<string, OrtValue | undefined>()
  /** Whether a value of another shape was bound since the last run. */
  shapesChanged = false
  readonly #io: SessionIO
  /** The values that were allocated for the binding. */
  readonly #owned: Set<OrtValue>
  #views: Views | undefined

  constructor(io: SessionIO, owned: Set<OrtValue>) {
    this.#io = io
    this.#owned = owned
  }

  /** Index of the input or output. @throws OrtTypeError, OrtRangeError if the value cannot be bound to it */
  check(name: string, value: unknown): number {
    const index = this.#io.indexOf(name, 'name')
    this.#io.checkValue(index, checkOrtValue(value, 'value'))
    return index
  }

  get(name: string): OrtValue | undefined {
    return this.bound(name)
  }

  /** A replaced value is no longer the binding's to dispose of: the user may hold it. */
  set(name: string, value: OrtValue | undefined): void {
    const replaced = this.values.get(name)
    if (replaced !== undefined && replaced !== value) this.#owned.delete(replaced)
    this.values.set(name, value)
    this.shapesChanged ||= String(value?.dims) !== String(replaced?.dims)
    this.#views = undefined
  }

  remove(name: string): void {
    this.values.delete(name)
    this.shapesChanged = true
    this.#views = undefined
  }

  clear(): void {
    this.values.clear()
    this.#views = undefined
  }

  /** In the order in which they were bound. */
  get names(): readonly string[] {
    return [...this.values.keys()]
  }

  /** The values bound, without the outputs that ONNX Runtime allocates. */
  get boundValues(): readonly OrtValue[] {
    return [...this.values.values()].filter((value) => value !== undefined)
  }

  /** The value bound; undefined for an output that ONNX Runtime allocates. */
  bound(name: string): OrtValue | undefined {
    return this.values.get(name)
  }

  /**
   * An object of typed arrays by name. The array of a bound tensor is looked up once; that of an output that ONNX Runtime
   * allocates, at each access.
   *
   * @param checkIdle throws while a run is in flight. A caller whose own run will be refused must not overwrite the inputs of
   *   that run, nor take its outputs
   */
  views(checkIdle: (name: string) => void): Views {
    if (this.#views !== undefined) return this.#views
    const views = {}
    for (const [name, value] of this.values)
      Object.defineProperty(views, name, this.#property(name, value, checkIdle))
    this.#views = Object.freeze(views)
    return this.#views
  }

  #property(
    name: string,
    value: OrtValue | undefined,
    checkIdle: (name: string) => void,
  ): PropertyDescriptor {
    const data = value?.hostVisible ? value.data : undefined
    return bare({
      enumerable: true,
      get: () => {
        checkIdle(name)
        // A run may have shown that an output does not have the shape of its value.
        if (value === undefined || value.retired !== '') return copiedData(this.get(name))
        return data ?? value.data
      },
      // Without a setter, code in sloppy mode would silently ignore the assignment.
      set: () => {
        const message = `'${name}' is bound memory, which cannot be assigned`
        const remedy = 'Write into it (.set(), .fill(), [i]), or bind another OrtValue'
        throw new OrtTypeError('ERR_INVALID_ARG_VALUE', message, { remedy })
      },
    })
  }

  /** Bound values, by name. */
  summary(): Record<string, OrtValue | 'dynamic'> {
    return Object.fromEntries([...this.values].map(([name, value]) => [name, value ?? 'dynamic']))
  }
}

/** The data of an output that ONNX Runtime allocated; a copy where V8 refuses external ArrayBuffers. */
function copiedData(value: OrtValue | undefined): TypedArray | undefined {
  const refused =
    value?.kind === 'tensor' && isHost(value.location) && value.type !== 'string' && !value.hostVisible
  return refused ? (value.read() as TypedArray) : value?.data
}
