// The quiet-machine gate: how much of the machine others used while a sample ran. A sample that was not alone is done
// again, a few times; one that never was is kept, and marked.
//
// What the machine did is /proc/stat's; what is ours is taken from it by process. What other guests of the same host
// took from this one is there too, as steal. A host that is slow in another way (its clock, its caches) is not seen.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Both files count in hundredths of a second, whatever the kernel's own tick. */
const TICK = 0.01

/**
 * What others may use: CPU seconds a second, so this is 5 % of one core. On a contender whose threads wait for each other
 * at every node it costs at most as much, and less where there are more cores; a median over rounds loses most of it.
 */
export const SHARE = 0.05

/**
 * Seconds of CPU time by which the counters may be off, however short the sample: each is cut to hundredths, and the
 * kernel finds out who is busy only by looking at each tick. So a sample should take 0.3 s or more.
 */
const SLACK = 2 * TICK

/** How often a sample is done again. */
const RETRIES = 3

/** Before it is: what disturbed it may be over by then. */
const PAUSE_MS = 500

/** Seconds that all cores were busy, or taken away by the host. @param {string} stat text of /proc/stat */
export function machineTime(stat) {
  const [user, nice, system, , , irq, softirq, steal = 0] = stat
    .match(/^cpu +(.*)$/m)[1]
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * TICK
}

/**
 * Seconds of a process: its own, and those of its children that have ended.
 * @param {string} stat text of /proc/PID/stat
 */
export function processTime(stat) {
  // The name, in brackets, may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number)
  return { own: (user + system) * TICK, ended: (childrenUser + childrenSystem) * TICK }
}

/** @typedef {{ at: number, machine: number, ours: number }} Reading all in seconds */

/**
 * What others used between two readings: CPU seconds a second.
 * @param {Reading} before
 * @param {Reading} after
 */
export function othersShare(before, after) {
  return (after.machine - before.machine - (after.ours - before.ours)) / (after.at - before.at)
}

/** Whether that is little enough, for a sample of so many seconds. */
export function isQuiet(others, seconds, share = SHARE) {
  return others <= share + SLACK / seconds
}

/** @returns {Reading} of the machine, this process, and others with all that they have started */
export function readProc(pids) {
  const time = (pid) => processTime(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const withChildren = (pid) => {
    const { own, ended } = time(pid)
    return childrenOf(pid).reduce((sum, child) => {
      try {
        return sum + withChildren(child)
      } catch {
        return sum // it has ended since
      }
    }, own + ended)
  }
  const ours = pids.map((pid) => {
    try {
      return withChildren(pid)
    } catch {
      throw new Error(
        `process ${pid} has ended: its time cannot be told from others'; keep it until after the sample`,
      )
    }
  })
  // Of this process its own alone: contenders that are not in turn are others.
  const self = time(process.pid).own
  const machine = machineTime(readFileSync('/proc/stat', 'utf8'))
  return { at: performance.now() / 1000, machine, ours: ours.reduce((sum, seconds) => sum + seconds, self) }
}

/** Children are listed by the thread that started them; not every kernel lists them. */
function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number)
    } catch {
      return []
    }
  })
}

function hasProc() {
  try {
    readProc([])
    return true
  } catch {
    return false
  }
}

/**
 * @template T
 * @typedef {{ value: T, rejected: number, quiet?: boolean, others?: number }} Sample
 *   `rejected`: how many before it were thrown away. `quiet` is false where all were disturbed and this is the least so,
 *   and left out, like `others`, where there is no gate
 */

export class QuietGate {
  #read
  #share
  #pauseMs
  /** Set when a sample was never quiet: until one is, the next are not done again, or a busy machine would cost hours. */
  #givenUp = false

  /**
   * @param {{ share?: number, pauseMs?: number, read?: ((pids: number[]) => Reading) | null }} [options]
   *   `read`: null where the machine cannot be looked at
   */
  constructor({ share = SHARE, pauseMs = PAUSE_MS, read = hasProc() ? readProc : null } = {}) {
    this.#share = share
    this.#pauseMs = pauseMs
    this.#read = read
  }

  /** What the gate is, for a report. */
  get settings() {
    return { gated: this.#read !== null, share: this.#share, retries: RETRIES }
  }

  /**
   * @template T
   * @param {number[]} pids the processes that work in it, besides this one, which must be there until it has ended
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
      if (quiet || this.#givenUp || rejected === RETRIES) {
        this.#givenUp = !quiet
        return { ...least, rejected }
      }
      await sleep(this.#pauseMs)
    }
  }
}

/**
 * A sentence for the report.
 * @param {QuietGate['settings']} settings
 * @param {{ samples: number, rejected: number, notQuiet: number }} counts
 */
export function describeGate({ gated, share, retries }, { samples, rejected, notQuiet }) {
  if (!gated) return 'Not gated: there is no /proc/stat here, so what else the machine did is not known.'
  const rule = `A sample during which others used more than ${Math.round(share * 100)} % of a core was done again, up to ${retries} times`
  const outcome = `${samples} samples kept, ${rejected} rejected`
  const bad = notQuiet > 0 ? `; NOT QUIET: ${notQuiet} of those kept were disturbed too` : ''
  return `${rule}: ${outcome}${bad}.`
}
