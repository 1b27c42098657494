// What a test is given, and what becomes of it.
import { rehearsal } from './gpu.mjs'

/**
 * @typedef {{ id: string, run: (t: Context) => unknown, tags?: string[], limit?: number }} Test
 *   `limit`: seconds after which it counts as hung
 * @typedef {'pass' | 'fail' | 'skip' | 'absent'} Status
 *   `skip`: what a rehearsal cannot do; `absent`: what the machine has no two of. On a GPU nothing is skipped
 */

/** Seconds after which a test counts as hung. */
export const LIMIT = 60

class NotRun extends Error {
  constructor(status, reason) {
    super(reason)
    this.status = status
  }
}

class Context {
  notes = {}
  parts = {}
  failures = []
  rehearsal = rehearsal

  constructor(short) {
    this.short = short
  }

  /** Something to keep with the result. */
  note(key, value) {
    this.notes[key] = value
  }

  /** How often to do something: less often in a rehearsal, and under a tool that slows everything down. */
  times(count) {
    return this.short ? Math.min(count, 20) : rehearsal ? Math.min(count, Math.ceil(count / 20) + 5) : count
  }

  /** In a rehearsal the test, or the part, ends here. */
  needsGpu(reason) {
    if (rehearsal) throw new NotRun('skip', `a rehearsal: ${reason}`)
  }

  absent(reason) {
    throw new NotRun('absent', reason)
  }

  /** A part that may fail while the others go on; the test then fails. What `run` gives is kept. */
  async part(name, run) {
    try {
      this.parts[name] = (await run()) ?? 'pass'
    } catch (error) {
      if (error instanceof NotRun) this.parts[name] = `${error.status}: ${error.message}`
      else {
        this.parts[name] = describe(error)
        this.failures.push(`${name}: ${describe(error)}`)
      }
    }
  }
}

const describe = (error) => (error?.code ? `${error.code}: ${error.message}` : String(error?.stack ?? error))

/**
 * @param {Test} test
 * @param {{ short?: boolean }} options
 */
export async function runTest({ id, run }, { short = false }) {
  const context = new Context(short)
  const begin = performance.now()
  /** @type {{ status: Status, reason?: string }} */
  let outcome = { status: 'pass' }
  try {
    await run(context)
    if (context.failures.length > 0) outcome = { status: 'fail', reason: context.failures.join('\n') }
  } catch (error) {
    outcome =
      error instanceof NotRun
        ? { status: error.status, reason: error.message }
        : { status: 'fail', reason: [...context.failures, describe(error)].join('\n') }
  }
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
