// The quiet-machine gate: how much of the machine other processes used while a sample ran. A disturbed sample is repeated a
// few times; if all are disturbed, the least disturbed is kept and marked.
//
// /proc/stat reports what the whole machine did, including what other guests of the host took (steal); the target's and
// our own time is subtracted. A host that is slow in another way (its clock, its caches) is not noticed.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Both files count in hundredths of a second, whatever the kernel's tick is. */
const TICK = 0.01

/** CPU seconds per second that others may use: 5 % of one core. A median over rounds removes most of their effect. */
export const SHARE = 0.05

/**
 * CPU seconds by which the counters may be wrong: they are truncated to hundredths, and the kernel samples the load at
 * each tick. A sample should therefore take 0.3 s or more.
 */
const SLACK = 2 * TICK

const RETRIES = 3
/** The pause before a sample is repeated: the disturbance may have ended by then. */
const PAUSE_MS = 500

/** Seconds that all cores were busy, or that the host took away. @param {string} stat text of /proc/stat */
export function machineTime(stat) {
  const [user, nice, system, , , irq, softirq, steal = 0] = stat
    .match(/^cpu +(.*)$/m)[1]
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * TICK
}

/** Seconds of a process, and of its ended children. @param {string} stat text of /proc/PID/stat */
export function processTime(stat) {
  // The name, in parentheses, may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number)
  return { own: (user + system) * TICK, ended: (childrenUser + childrenSystem) * TICK }
}

/** @typedef {{ at: number, machine: number, ours: number }} Reading all in seconds */

/** CPU seconds per second that others used between two readings. */
export function othersShare(/** @type {Reading} */ before, /** @type {Reading} */ after) {
  return (after.machine - before.machine - (after.ours - before.ours)) / (after.at - before.at)
}

/** Whether that share is low enough for a sample of that length. */
export function isQuiet(others, seconds, share = SHARE) {
  return others <= share + SLACK / seconds
}

/** The result of `read`, or a substitute: a process may end at any time, and not every kernel has every file. */
function attempt(read, substitute) {
  try {
    return read()
  } catch {
    return substitute
  }
}

const readTime = (pid) => processTime(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** CPU seconds of a process and of all its children. */
export function timeWithChildren(/** @type {number} */ pid) {
  const { own, ended } = readTime(pid)
  return children(pid).reduce((sum, child) => sum + attempt(() => timeWithChildren(child), 0), own + ended)
}

/** Reads the machine, this process, and the given processes with all their children. @returns {Reading} */
export function readProc(pids) {
  const ours = pids.map((pid) => {
    const seconds = attempt(() => timeWithChildren(pid))
    if (seconds !== undefined) return seconds
    throw new Error(
      `process ${pid} has ended: its time cannot be separated from others'; keep it until after the sample`,
    )
  })
  // Without our own children: targets that do not run the sample count as others.
  const self = readTime(process.pid).own
  const machine = machineTime(readFileSync('/proc/stat', 'utf8'))
  return { at: performance.now() / 1000, machine, ours: ours.reduce((sum, seconds) => sum + seconds, self) }
}

/** The kernel lists children by thread, or not at all. */
function children(pid) {
  const list = (thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.flatMap((thread) =>
    attempt(() => list(thread), '')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  )
}

/**
 * @template T
 * @typedef {{ value: T, rejected: number, quiet?: boolean, others?: number }} Sample
 *   `rejected`: disturbed samples before it. `quiet`: false where all were disturbed. Without /proc there is no `quiet` and
 *   no `others`
 */

export class QuietGate {
  #read
  #share
  #pauseMs
  #retries
  /** After a sample that never was quiet: until one is, none is done again, or a busy machine would cost hours. */
  #givenUp = false

  /**
   * @param {{ share?: number, pauseMs?: number, retries?: number, read?: ((pids: number[]) => Reading) | null }} [options]
   *   `read`: null where the machine cannot be read
   */
  constructor({
    share = SHARE,
    pauseMs = PAUSE_MS,
    retries = RETRIES,
    read = attempt(() => readProc([])) ? readProc : null,
  } = {}) {
    this.#share = share
    this.#pauseMs = pauseMs
    this.#retries = retries
    this.#read = read
  }

  /** For a report. */
  get settings() {
    return { gated: this.#read !== null, share: this.#share, retries: this.#retries }
  }

  /**
   * @template T
   * @param {number[]} pids the processes that work in the sample, besides this one; they must outlive it
   * @param {() => Promise<T>} measure
   * @returns {Promise<Sample<T>>}
   */
  async sample(pids, measure) {
    if (this.#read === null) return { value: await measure(), rejected: 0 }
    let least
    for (let rejected = 0; ; rejected++) {
      const before = this.#read(pids)
      const value = await measure()
      const after = this.#read(pids)
      const others = othersShare(before, after)
      const quiet = isQuiet(others, after.at - before.at, this.#share)
      if (quiet) this.#givenUp = false
      if (quiet || least === undefined || others < least.others) least = { value, quiet, others }
      if (quiet || this.#givenUp || rejected === this.#retries) {
        this.#givenUp = !quiet
        return { ...least, rejected }
      }
      await sleep(this.#pauseMs)
    }
  }
}

/** A sentence for the report. @param {QuietGate['settings']} settings */
export function describeGate({ gated, share, retries }, { samples, rejected, notQuiet }) {
  if (!gated) return 'Not gated: without /proc/stat the load of other processes is unknown.'
  const rule = `A sample during which others used more than ${Math.round(share * 100)} % of a core was repeated, up to ${retries} times`
  const outcome = `${samples} samples kept, ${rejected} rejected`
  const bad = notQuiet > 0 ? `; NOT QUIET: ${notQuiet} of those kept were also disturbed` : ''
  return `${rule}: ${outcome}${bad}.`
}
