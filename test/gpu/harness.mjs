// Runs a test by node:test, and makes its entry in the file of results.
import { test as nodeTest } from 'node:test'
import { rehearsal } from './session.mjs'

/**
 * @typedef {{ id: string, run: (t: Context) => unknown, tags?: string[], limit?: number, known?: string }} Test
 *   `limit`: seconds without progress after which it counts as hung; `known`: a fault that the package has not mended:
 *   node:test's todo
 * @typedef {'pass' | 'fail' | 'known' | 'skip' | 'absent'} Status
 *   `known`: it failed as a test with a known fault may; `skip`: a rehearsal cannot do it; `absent`: the machine has too few GPUs for it. On a GPU nothing is skipped
 */

/** How a test that failed is recorded. @param {{ known?: string }} test @returns {{ status: Status, known?: string }} */
export const failure = ({ known }) => (known ? { status: 'known', known } : { status: 'fail' })

/** The default limit in seconds. */
export const LIMIT = 60

class NotRun extends Error {
  constructor(status, reason) {
    super(reason)
    this.status = status
  }
}

const describe = (error) => (error?.code ? `${error.code}: ${error.message}` : String(error?.stack ?? error))

export class Context {
  notes = {}
  parts = {}
  failures = []
  rehearsal = rehearsal
  #test
  #short
  #progress
  #reported = performance.now()

  constructor(test, { short, progress }) {
    this.#test = test
    this.#short = short
    this.#progress = progress
  }

  /** Keeps a value with the result. */
  note(key, value) {
    this.notes[key] = value
    this.#test.diagnostic(`${key}: ${JSON.stringify(value)}`)
  }

  /** How often to repeat something: less in a rehearsal, and under a tool that slows everything down. */
  times(count) {
    return this.#short ? Math.min(count, 20) : rehearsal ? Math.min(count, Math.ceil(count / 20) + 5) : count
  }

  /** The numbers of rounds, as many as `times`. A test that is slow on a busy machine is not taken for a hung one. */
  *rounds(count) {
    const rounds = this.times(count)
    for (let i = 0; i < rounds; i++) {
      this.proceed()
      yield i
    }
  }

  /** Reports that the test is not hung, at most once a second. */
  proceed() {
    if (performance.now() - this.#reported < 1000) return
    this.#reported = performance.now()
    this.#progress()
  }

  /** Ends the test or part in a rehearsal. */
  needsGpu(reason) {
    if (rehearsal) throw new NotRun('skip', `a rehearsal: ${reason}`)
  }

  absent(reason) {
    throw new NotRun('absent', reason)
  }

  /** A subtest: the others continue after it fails, and the test fails at its end. What `run` returns is kept. */
  async part(name, run) {
    this.proceed()
    await this.#test.test(name, async (t) => {
      try {
        this.parts[name] = (await run()) ?? 'pass'
      } catch (error) {
        if (error instanceof NotRun) {
          this.parts[name] = `${error.status}: ${error.message}`
          return t.skip(error.message)
        }
        this.parts[name] = describe(error)
        this.failures.push(`${name}: ${describe(error)}`)
        throw error
      }
    })
  }
}

/**
 * @param {Test} test
 * @param {{ short?: boolean, progress?: () => void }} options `progress` is called while the test proceeds
 * @returns {Promise<{ type: 'test', id: string, status: Status, reason?: string, [key: string]: unknown }>}
 */
export async function runTest({ id, run, known }, { short = false, progress = () => {} }) {
  /** @type {{ status: Status, reason?: string, known?: string }} */
  let outcome = { status: 'pass' }
  let context
  const begin = performance.now()
  await nodeTest(id, { todo: known ?? false }, async (t) => {
    context = new Context(t, { short, progress })
    try {
      await run(context)
      if (context.failures.length > 0)
        outcome = { ...failure({ known }), reason: context.failures.join('\n') }
    } catch (error) {
      if (error instanceof NotRun) {
        outcome = { status: error.status, reason: error.message }
        return t.skip(error.message)
      }
      outcome = { ...failure({ known }), reason: [...context.failures, describe(error)].join('\n') }
      throw error
    }
  })
  const { notes, parts } = context
  return {
    type: 'test',
    id,
    ...outcome,
    ms: performance.now() - begin,
    ...(Object.keys(parts).length > 0 && { parts }),
    ...(Object.keys(notes).length > 0 && { notes }),
  }
}
