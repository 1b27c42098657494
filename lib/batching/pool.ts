import type { IoBinding } from '../binding/binding'
import type { IoBindingOptions } from '../binding/create'
import type { AnyViews, Views } from '../binding/views'
import { bare, INT_MAX, integer, isRecord } from '../check'
import { checkConstruction, refuseProxies } from '../classes'
import { argumentTypeError, describe, isOrtError, OrtError, OrtTypeError } from '../errors'
import { OrtValue } from '../value/value'
import { PriorityQueue } from './queue'
import { checkQueue, resolveWait, Wait, type WaitOptions } from './wait'

/** Options of `session.createBindingPool`: those of `session.createIoBinding` too. */
export interface BindingPoolOptions extends IoBindingOptions {
  /** How many bindings there are. Default 4. */
  readonly size?: number
  /** How many calls may wait for a binding; a further one is refused (`ERR_QUEUE_FULL`). Default 128. */
  readonly maxQueueSize?: number
}

type Create<B> = (options: IoBindingOptions) => B

/**
 * A few bindings of the same shapes, each lent to one caller at a time. The other callers wait, in order, in a bounded queue.
 *
 * @example
 * await using pool = session.createBindingPool({ x: [1, 4] }, { size: 2 })
 * const y = await pool.use(async (io) => {
 *   io.inputs.x.fill(1)
 *   await io.run()
 *   return io.outputs.y.slice() // a copy: the next caller's run writes the same memory
 * })
 */
export class BindingPool<I extends Views = AnyViews, O extends Views = AnyViews> implements AsyncDisposable {
  readonly #create: () => IoBinding<I, O>
  readonly #bindings = new Set<IoBinding<I, O>>()
  readonly #idle: IoBinding<I, O>[]
  readonly #waiting = new PriorityQueue<Wait<IoBinding<I, O>>>()
  readonly #maxQueueSize: number
  #closed = false
  #onIdle: (() => void) | undefined
  #closing: Promise<void> | undefined

  static {
    refuseProxies(BindingPool, 'a BindingPool', (value) => #bindings in value)
  }

  /** @internal use `session.createBindingPool()` */
  constructor(create: Create<IoBinding<I, O>>, shapes: unknown, options: BindingPoolOptions) {
    checkConstruction(create, 'BindingPool', 'session.createBindingPool()')
    if (!isRecord(options)) throw argumentTypeError('options', 'an object', options)
    const { size = 4, maxQueueSize = 128, ...rest }: BindingPoolOptions = bare(options)
    const bindingOptions: IoBindingOptions = bare(rest)
    this.#maxQueueSize = integer(0, INT_MAX)(maxQueueSize, 'maxQueueSize')
    const count = integer(1, MOST_BINDINGS)(size, 'size')
    checkOwnMemory(shapes, 'shapes', 'a shape')
    checkOwnMemory(bindingOptions.outputs, 'outputs', "a shape or 'dynamic'")
    this.#create = () => create(bindingOptions)
    try {
      while (this.#bindings.size < count) this.#bindings.add(this.#create())
    } catch (error) {
      this.#dispose()
      throw error
    }
    this.#idle = [...this.#bindings]
  }

  /** How many bindings there are. */
  get size(): number {
    return this.#bindings.size
  }

  /** How many calls wait for a binding. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Calls `work` with a binding that nobody else has until its promise settles, and returns its result. The signal and the
   * deadline end the wait for a binding; give the signal to `io.run` as well if it shall end the run.
   *
   * @throws OrtError `ERR_QUEUE_FULL`, `ERR_TIMEOUT`, `ERR_DISPOSED`; the signal's reason; what `work` throws
   * @example
   * const pool = session.createBindingPool({ x: [1, 4] })
   * await pool.use((io) => io.run(), { timeoutMs: 1000 })
   */
  async use<T>(work: (io: IoBinding<I, O>) => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    if (typeof work !== 'function') throw argumentTypeError('work', 'a function', work)
    const io = await this.#next(resolveWait(options, 'option of use'))
    try {
      return await work(io)
    } finally {
      this.#giveBack(io)
    }
  }

  #next({ signal, timeoutMs }: WaitOptions): IoBinding<I, O> | Promise<IoBinding<I, O>> {
    if (this.#closed) throw disposed()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    checkQueue(this.#waiting.size, this.#maxQueueSize)
    const wait = new Wait<IoBinding<I, O>>(timeoutMs)
    wait.watch(signal, () => this.#waiting.delete(wait))
    this.#waiting.add(wait, 'normal')
    return wait.promise
  }

  #giveBack(given: IoBinding<I, O>): void {
    const io = isFree(given as IoBinding) ? given : this.#replace(given)
    let [next] = this.#waiting.take(1)
    while (next?.isLate) {
      next.reject(next.timeoutError())
      ;[next] = this.#waiting.take(1)
    }
    if (next !== undefined) next.resolve(io)
    else this.#idle.push(io)
    this.#onIdle?.()
  }

  /** A binding whose run the caller did not await would refuse the next caller. Its memory is freed after that run. */
  #replace(io: IoBinding<I, O>): IoBinding<I, O> {
    try {
      const created = this.#create()
      io.dispose()
      this.#bindings.delete(io)
      this.#bindings.add(created)
      return created
    } catch {
      return io // the session was released, or the memory is exhausted: the next caller's run reports it
    }
  }

  /**
   * Refuses further calls, and those that wait (`ERR_DISPOSED`); waits for the callers that have a binding, then frees the
   * bindings. Idempotent.
   * @example
   * const pool = session.createBindingPool({ x: [1, 4] })
   * await pool.close()
   */
  async close(): Promise<void> {
    this.#closed = true
    for (const wait of this.#waiting.take(this.#waiting.size)) wait.reject(disposed())
    await this.#allIdle()
    this.#dispose()
  }

  #allIdle(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#onIdle = () => {
        if (this.#idle.length === this.#bindings.size) resolve()
      }
      this.#onIdle()
    })
    return this.#closing
  }

  #dispose(): void {
    for (const binding of this.#bindings) binding.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const MOST_BINDINGS = 1024

/** Whether no run is in flight, and the caller did not dispose of it. */
function isFree(io: IoBinding): boolean {
  try {
    io.getOutputs()
  } catch (error) {
    if (isOrtError(error) && error.code === 'ERR_BUSY') return false
  }
  return !Object.keys(io.inputs).some((name) => io.inputValue(name)?.disposed)
}

/** A value that all bindings would have: one caller would read another's data. */
function checkOwnMemory(specs: unknown, argument: string, expected: string): void {
  if (!isRecord(specs)) return
  for (const [name, spec] of Object.entries(specs)) {
    if (!OrtValue.is(spec)) continue
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${argument}.${name}' would be shared by all bindings`, {
      expected,
      given: describe(spec),
    })
  }
}

function disposed(): OrtError {
  return new OrtError('ERR_DISPOSED', 'the binding pool was closed')
}
