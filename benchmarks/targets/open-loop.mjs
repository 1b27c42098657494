// Load generators, on the event loop that they load.
//
// Open loop: requests are due at times fixed before the run, whether or not earlier requests have been answered, like those
// of many callers. A latency counts from when its request was due, so it includes every delay of the event loop. (A
// generator that waits for a response before its next request omits exactly the requests that the delay would have
// affected: coordinated omission.)
import { randomNumbers } from '../../test/helpers/library.mjs'
import { percentiles } from '../core/statistics.mjs'

/** @typedef {{ now: () => number, setImmediate: (run: () => void) => void, setTimeout: (run: () => void, ms: number) => void }} Clock */

/** @type {Clock} */
const SYSTEM_CLOCK = { now: performance.now.bind(performance), setImmediate, setTimeout }

/** A timer has whole milliseconds and may be more than one late: the loop polls for requests that are due sooner. */
const NEAR_MS = 2

/** The longest latencies that a step keeps, as a share: enough for p99.9 over a few repetitions. */
const TAIL = 0.02

/**
 * When requests are due, in milliseconds from the start: a Poisson process.
 * @param {{ rate: number, requests: number, seed: number }} options `rate` per second
 */
export function poissonSchedule({ rate, requests, seed }) {
  const random = randomNumbers(seed)
  let at = 0
  return Float64Array.from({ length: requests }, () => {
    at += (-Math.log(1 - random()) * 1000) / rate
    return at
  })
}

/**
 * @typedef {object} OpenLoopResult all times in milliseconds
 * @property {number} requests in the schedule
 * @property {number} due requests that were due when the last one was sent, or when the queue was full
 * @property {number} answered requests that were sent; each was awaited
 * @property {boolean} overloaded the queue was full, and the remaining requests were not sent
 * @property {Float64Array} latencies of the answered requests, from when they were due
 * @property {Float64Array} lateness of the answered requests: from when they were due until they were sent
 * @property {number} firstAnswer
 * @property {number} lastAnswer
 */

/**
 * Sends each request when it is due, or as soon after that as the event loop allows.
 *
 * Each turn of the event loop sends one request, and setImmediate schedules the next turn: between two due requests the
 * loop serves timers, sockets and answers of other threads, as a server's does. While the next request is near, the loop
 * polls, since no timer is exact enough; this keeps its core busy and saves answers the wake-up of a sleeping loop.
 *
 * @param {object} options
 * @param {Float64Array} options.due ascending
 * @param {(request: number) => unknown} options.serve answers a request; a promise is awaited
 * @param {number} options.mostWaiting due requests without an answer; more of them end the run
 * @param {Clock} [options.clock]
 * @returns {Promise<OpenLoopResult>}
 */
export function openLoop({ due, serve, mostWaiting, clock = SYSTEM_CLOCK }) {
  const requests = due.length
  const latencies = new Float64Array(requests)
  const lateness = new Float64Array(requests)
  let [arrived, sent, answered, firstAnswer] = [0, 0, 0, 0]
  let [overloaded, failed] = [false, false]
  return new Promise((resolve, reject) => {
    const begin = clock.now()
    const elapsed = () => clock.now() - begin

    async function send(request) {
      lateness[request] = elapsed() - due[request]
      await serve(request)
      const at = elapsed()
      latencies[request] = at - due[request]
      if (answered++ === 0) firstAnswer = at
      if (answered === sent && (overloaded || sent === requests)) finish(at)
    }

    function finish(lastAnswer) {
      const counts = { requests, due: arrived, answered, overloaded }
      const times = { latencies: latencies.subarray(0, sent), lateness: lateness.subarray(0, sent) }
      resolve({ ...counts, ...times, firstAnswer, lastAnswer })
    }

    function fail(error) {
      failed = true
      reject(error)
    }

    function turn() {
      while (arrived < requests && due[arrived] <= elapsed()) arrived++
      if (arrived - answered > mostWaiting) {
        overloaded = true
        if (answered === sent) finish(elapsed())
        return
      }
      if (sent < arrived) send(sent++).catch(fail)
      if (sent === requests || failed) return
      const wait = due[sent] - elapsed()
      if (wait < NEAR_MS) clock.setImmediate(turn)
      else clock.setTimeout(turn, wait - NEAR_MS / 2)
    }

    turn()
  })
}

/**
 * Both rates are from the first to the last: of due requests, and of answers.
 * @param {Float64Array} due
 * @param {OpenLoopResult} result
 */
export function stepResult(due, { latencies, lateness, firstAnswer, lastAnswer, ...counts }) {
  const { requests, answered } = counts
  const rate = (count, ms) => (count > 1 && ms > 0 ? ((count - 1) / ms) * 1000 : 0)
  return {
    ...counts,
    offered: rate(requests, due[requests - 1] - due[0]),
    achieved: rate(answered, lastAnswer - firstAnswer),
    ...percentiles(latencies),
    tail: [...latencies].sort((a, b) => b - a).slice(0, Math.ceil(TAIL * latencies.length)),
    lateness: percentiles(lateness),
  }
}

/**
 * Callers that each ask again as soon as they have an answer: a service's capacity.
 * @param {{ callers: number, ms: number, serve: (request: number) => unknown, clock?: Clock }} options
 * @returns {Promise<{ answered: number, ms: number }>}
 */
export async function closedLoop({ callers, ms, serve, clock = SYSTEM_CLOCK }) {
  const begin = clock.now()
  let [sent, answered] = [0, 0]
  const call = async () => {
    while (clock.now() - begin < ms) {
      await serve(sent++)
      answered++
      // One turn of the event loop between two requests, as in the open loop.
      await new Promise((resolve) => clock.setImmediate(() => resolve(undefined)))
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return { answered, ms: clock.now() - begin }
}
