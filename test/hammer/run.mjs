// A run, a capture or a copy in flight, or refused: what it uses, and what its promise must give.
import { Conditions, errorCode, Mismatch, Version } from './world.mjs'

/**
 * @typedef {import('./world.mjs').World} World
 * @typedef {import('./world.mjs').Value} Value
 * @typedef {import('./models.mjs').Content} Content
 *
 * @typedef {object} Request
 * @property {string} what
 * @property {Conditions} conditions of its being accepted
 * @property {Conditions} [outcome] of the run that is accepted
 * @property {object | null} session in whose order it is
 * @property {any} [binding] in use until it settles
 * @property {AbortSignal} [signal]
 * @property {boolean} [endless] only an abort ends it
 * @property {boolean} [mayRunInline] it may have ended when the call returns
 * @property {{ memory: import('./world.mjs').Memory, access: import('./world.mjs').Access, session?: null, value?: Value, isTarget?: boolean }[]} uses
 * @property {Map<string, Value>} [writes] by the output's name
 * @property {() => Record<string, Content> | undefined} [compute] the results; undefined where they are unknown
 * @property {(result: any, expected: Record<string, Content> | undefined) => void} [ended] once it has succeeded
 * @property {() => void} [refused] once an undecided one turns out to be refused
 */

export class Run {
  aborted = false
  /** It was aborted in this turn: whether it had begun decides whether it has ended. */
  mayHaveEnded = false
  /** Of the memory that it writes: what it holds then, and held before. */
  #writes = []
  #computed
  /** Of its binding. @type {Run | undefined} */
  #previous

  /** @param {World} world @param {Request} request @param {() => Promise<any>} call */
  constructor(world, request, call) {
    this.world = world
    this.request = request
    const { session, signal, endless = false, conditions, uses, writes = new Map() } = request
    this.session = session
    this.signal = signal
    this.endless = endless
    this.refused = conditions.must.size > 0
    /** What was in flight, to explain why it had to be refused. */
    this.beside = this.refused ? [...world.runs].map((run) => run.state).join(', ') : ''
    /** It can still turn out that it was refused. */
    this.undecided = !this.refused && conditions.may.size > 0
    const promise = call()
    if (!this.refused) {
      world.runs.add(this)
      if (request.binding) {
        this.#previous = request.binding.run
        request.binding.run = this
      }
      for (const use of uses) world.uses.push({ session, ...use, run: this })
      for (const [name, value] of writes) {
        const version = new Version(undefined)
        this.#writes.push({ name, value, version, before: value.memory.version })
        value.memory.version = version
      }
    }
    this.settled = world.track(
      promise.then(
        (result) => this.#succeeded(result),
        (error) => this.#failed(error),
      ),
    )
  }

  /** For messages. */
  get state() {
    const { aborted, mayHaveEnded, undecided } = this
    const flags = Object.entries({ aborted, mayHaveEnded, undecided }).flatMap(([name, is]) =>
      is ? [name] : [],
    )
    return `${this.request.what} (${flags})`
  }

  markAborted() {
    this.aborted = true
    this.mayHaveEnded = true
    setImmediate(() => {
      this.mayHaveEnded = false
    })
  }

  targetDetached() {
    this.#outcome.when(true, 'ERR_DETACHED')
  }

  /** A later run of the session has ended. */
  overtaken() {
    if (!this.aborted && this.#outcome.must.size === 0) this.#compute()
  }

  get #outcome() {
    this.request.outcome ??= new Conditions()
    return this.request.outcome
  }

  /** Frees what it uses. */
  #leave() {
    const { world, request } = this
    world.runs.delete(this)
    world.uses = world.uses.filter((use) => use.run !== this)
    if (request.binding?.run !== this) return
    request.binding.run = this.#previous && world.runs.has(this.#previous) ? this.#previous : undefined
  }

  #compute() {
    this.#computed ??= { contents: this.request.compute?.() }
    const { contents } = this.#computed
    for (const { name, version } of this.#writes) version.content = contents?.[name]
    return contents
  }

  #succeeded(result) {
    const { what, conditions, ended } = this.request
    this.#leave()
    if (this.refused)
      throw new Mismatch(`${what} succeeded, ${conditions.text}; in flight were: ${this.beside}`)
    if (this.aborted) throw new Mismatch(`${what} succeeded, and was aborted before`)
    if (this.#outcome.must.size > 0) throw new Mismatch(`${what} succeeded, ${this.#outcome.text}`)
    const contents = this.#compute()
    ended?.(result, contents)
    for (const { version, value } of this.#writes) {
      if (value.memory.version === version) this.world.checkValue(`${what}, bound`, value)
    }
  }

  #failed(error) {
    const { what, conditions } = this.request
    this.#leave()
    if (this.refused) return conditions.check(error, what)
    if (this.undecided && conditions.may.has(errorCode(error))) {
      for (const { value, version, before } of this.#writes) {
        if (value.memory.version === version) value.memory.version = before
      }
      this.request.refused?.()
      return
    }
    if (this.aborted) {
      if (error !== this.signal?.reason) throw new Mismatch(`${what} was aborted, and failed with ${error}`)
      return
    }
    this.#outcome.check(error, what)
    // An overtaken one may have failed after the run: a target that was detached before the result was copied.
    for (const { version } of this.#writes) version.content = undefined
  }
}

/**
 * Starts it. Returns a promise where the model must wait to know whether it was accepted, or has ended.
 * @param {World} world
 * @param {Request} request
 * @param {() => Promise<any>} call
 * @returns {Promise<void> | undefined}
 */
export function start(world, request, call) {
  const run = new Run(world, request, call)
  return run.undecided || request.mayRunInline ? decided(run) : undefined
}

/** @param {Run} run */
async function decided(run) {
  if (run.undecided) await run.world.turn()
  run.undecided = false
  if (!run.request.mayRunInline) return
  await run.settled
  await run.world.turn()
}
