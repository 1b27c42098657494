// What exists, real and modeled: the model knows what each value holds and what each run in flight uses.
import { setImmediate as turn } from 'node:timers/promises'
import { isOrtError } from 'onnxruntime-iobinding'
import { difference, readContent } from './content.mjs'

/** @typedef {import('./models.mjs').Content} Content */

/** The package did what the model does not allow. */
export class Mismatch extends Error {}

/** What a run aborted by the hammer rejects with. */
export class Aborted extends Error {}

/** The errors that a call must, or may, give. Without any it must succeed. */
export class Conditions {
  /** @type {Set<string>} */
  must = new Set()
  /** Where a race decides. @type {Set<string>} */
  may = new Set()

  /**
   * @param {boolean | 'maybe'} certainty
   * @param {string[]} codes `ERR_ORT_*` is any of ONNX Runtime's
   */
  when(certainty, ...codes) {
    if (certainty === false) return this
    for (const code of codes) (certainty === true ? this.must : this.may).add(code)
    return this
  }

  /** @param {unknown} error */
  check(error, what) {
    const code = errorCode(error)
    const allowed = [...this.must, ...this.may]
    if (!allowed.some((one) => one === code || (one === 'ERR_ORT_*' && code.startsWith('ERR_ORT_')))) {
      throw new Mismatch(`${what} failed with ${code}, ${this.text}: ${error}`, { cause: error })
    }
  }

  get text() {
    if (this.must.size === 0 && this.may.size === 0) return 'and must succeed'
    return this.must.size > 0
      ? `and must fail with ${[...this.must]}`
      : `and may fail with ${[...this.may]} only`
  }
}

/** @param {unknown} error */
export function errorCode(error) {
  if (error instanceof Aborted) return 'aborted'
  return isOrtError(error) ? error.code : `no code (${error})`
}

/** What memory holds from a write, or from the run that writes it, to the next. Unknown after a run that failed. */
export class Version {
  /** @param {Content | undefined} content undefined: unknown, or not yet known */
  constructor(content) {
    this.content = content
  }
}

export class Memory {
  /** @param {Content | undefined} content */
  constructor(content) {
    this.version = new Version(content)
    /** Its disposal detaches the views. @type {Value | undefined} */
    this.owner = undefined
    this.detached = false
  }
}

export class Value {
  disposed = false
  /** Of a sequence that JavaScript made. @type {Value[]} */
  elements = []

  /**
   * @param {any} real the OrtValue
   * @param {Memory} memory
   */
  constructor(real, memory) {
    this.real = real
    this.memory = memory
    this.kind = real.kind
    this.type = real.kind === 'tensor' ? real.type : 'sequence'
    this.dims = [...real.dims]
    this.location = real.location
  }

  get onDevice() {
    return this.location === 'cuda'
  }

  get detached() {
    return (
      (this.memory.detached && this.memory.owner !== this) ||
      this.elements.some((element) => element.detached)
    )
  }

  /** What a run that is submitted now reads, once that is known. @returns {() => Content | undefined} */
  snapshot() {
    if (this.elements.length === 0) {
      const { version } = this.memory
      return () => version.content
    }
    const snapshots = this.elements.map((element) => element.snapshot())
    return () => {
      const elements = snapshots.map((snapshot) => snapshot())
      return elements.includes(undefined)
        ? undefined
        : { type: 'sequence', elements: /** @type {any} */ (elements) }
    }
  }

  /** @param {World} world */
  markDisposed(world) {
    this.disposed = true
    if (this.memory.owner !== this) return
    this.memory.detached = true
    for (const use of world.uses) if (use.memory === this.memory && use.isTarget) use.run.targetDetached()
  }
}

/** @typedef {'read' | 'write' | 'step'} Access step: of a run that reads a state and writes it */
/** @typedef {{ value?: Value, memory: Memory, access: Access, session: object | null, run: import('./run.mjs').Run,
 *   isTarget?: boolean }} Use isTarget: a pre-allocated result, which is written through its view */

export class World {
  sessions = []
  bindings = []
  /** @type {Value[]} */
  values = []
  /** @type {{ controller: AbortController, reason: Aborted }[]} */
  controllers = []
  workers = []
  /** Unsettled. @type {Set<import('./run.mjs').Run>} */
  runs = new Set()
  /** Promises of no run, that must end before the world does. @type {Set<Promise<void>>} */
  pending = new Set()
  /** @type {Use[]} */
  uses = []
  /** @type {unknown} */
  failure = undefined
  operations = 0
  checks = 0

  /** @param {boolean} hasDevice @param {Record<string, import('./models.mjs').Model>} models */
  constructor(hasDevice, models) {
    this.hasDevice = hasDevice
    this.models = models
  }

  /** @param {unknown} error */
  fail(error) {
    this.failure ??= error
  }

  /** Until the event loop has turned: every promise that has settled was seen. */
  turn() {
    return turn()
  }

  /** @param {Promise<void>} promise */
  track(promise) {
    const tracked = promise.catch((error) => this.fail(error)).finally(() => this.pending.delete(tracked))
    this.pending.add(tracked)
    return tracked
  }

  /**
   * Whether runs in flight forbid an access, by docs/concurrency.md.
   * @param {Value} value
   * @param {Access} access
   * @param {object | null} session whose run it is
   * @returns {boolean | 'maybe'}
   */
  busy(value, access, session = null) {
    const all = [...value.elements.map((element) => this.busy(element, access, session))]
    for (const use of this.uses) {
      if (use.memory !== value.memory) continue
      const writes = access !== 'read'
      const others = use.access !== 'read'
      const ordered = session !== null && use.session === session
      const steps = access === 'step' && use.access === 'step'
      if (ordered ? writes && others && !steps : writes || others)
        all.push(use.run.mayHaveEnded ? 'maybe' : true)
      // What is written through another OrtValue may be written after its stand-in was filled.
      else if (ordered && others && use.value !== value) all.push('maybe')
    }
    return all.includes(true) || (all.includes('maybe') && 'maybe')
  }

  /** Whether no run uses the memory, for sure. @param {Value} value */
  free(value) {
    return this.busy(value, 'write') === false
  }

  /**
   * A call that is done when it returns.
   * @template T
   * @param {string} what
   * @param {Conditions} conditions
   * @param {() => T} call
   * @returns {{ result: T } | undefined} undefined where it failed as it may
   */
  attempt(what, conditions, call) {
    let result
    try {
      result = call()
    } catch (error) {
      conditions.check(error, what)
      return undefined
    }
    if (conditions.must.size > 0) throw new Mismatch(`${what} succeeded, ${conditions.text}`)
    return { result }
  }

  /**
   * @param {string} what
   * @param {Content} given
   * @param {Content | undefined} expected
   */
  compare(what, given, expected) {
    if (expected === undefined) return
    this.checks++
    const found = difference(given, expected)
    if (found !== undefined) throw new Mismatch(`${what}: ${found}`)
  }

  /** A value that nobody uses holds what the model expects. @param {Value} value */
  checkValue(what, value) {
    if (value.disposed || value.detached || this.busy(value, 'read') !== false) return
    this.compare(what, readContent(value.real), value.snapshot()())
  }

  /** @param {any} real @param {Memory} memory */
  addValue(real, memory) {
    const value = new Value(real, memory)
    this.values.push(value)
    return value
  }

  /** Whether a wait for the session's runs may never end. @param {object} session */
  blocked(session) {
    return [...this.runs].some((run) => run.session === session && run.endless && !run.aborted)
  }

  /** None, a new one, or one that may be aborted already. @param {number} n @returns {AbortSignal | undefined} */
  signal(n) {
    if (n % 4 < 2) return undefined
    if (n % 4 === 2 || this.controllers.length === 0) {
      this.controllers.push({ controller: new AbortController(), reason: new Aborted('by the hammer') })
      return this.controllers.at(-1)?.controller.signal
    }
    return this.controllers[(n >> 2) % this.controllers.length].controller.signal
  }

  /** @param {{ controller: AbortController, reason: Aborted }} one */
  abort({ controller, reason }) {
    if (controller.signal.aborted) return
    for (const run of this.runs) if (run.signal === controller.signal) run.markAborted()
    controller.abort(reason)
  }
}
