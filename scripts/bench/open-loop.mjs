// Load generators, on the event loop of what they load.
//
// Open loop: requests are due at times that were fixed before the run, whether or not the ones before them have been
// answered, as those of many callers are. A request's latency counts from when it was due: what holds the event loop up
// makes all that is due meanwhile late, and that is seen. (A generator that waits for an answer before it asks again
// leaves out just the requests that would have met the hold-up: coordinated omission.)

const now = performance.now.bind(performance)

/** A timer has whole milliseconds, and may come a good one late: what is due sooner is polled for. */
const NEAR_MS = 2

/** Uniform numbers in (0, 1], the same for the same seed. @param {number} seed */
function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (((mixed ^ (mixed >>> 15)) >>> 0) + 1) / 2 ** 32
  }
}

/**
 * When requests are due, in milliseconds from the start: a Poisson process.
 * @param {{ rate: number, requests: number, seed: number }} options `rate` is how many a second
 */
export function poissonSchedule({ rate, requests, seed }) {
  const random = seededRandom(seed)
  let at = 0
  return Float64Array.from({ length: requests }, () => {
    at += (-Math.log(random()) * 1000) / rate
    return at
  })
}

/**
 * @typedef {object} OpenLoopResult all times in milliseconds
 * @property {number} requests how many there were to be
 * @property {number} due how many of them were due when the last was sent, or when the queue was full
 * @property {number} answered how many were sent; each of them was waited for
 * @property {boolean} overloaded the queue was full, and the rest of the requests was not sent
 * @property {Float64Array} latencies of the answered, from when they were due
 * @property {Float64Array} lateness of the answered: from when they were due until they were sent
 * @property {number} firstAnswer
 * @property {number} lastAnswer
 */

/**
 * Sends each request when it is due, or as soon after that as the event loop lets it.
 *
 * One request is sent in a turn of the event loop, and the next turn is asked for by setImmediate: between two requests
 * that are both due the loop looks at its timers, its sockets and the answers of other threads, as a server's does. While
 * the next is near the loop polls (no timer is that exact), which keeps the loop's core busy and spares an answer the wake-up
 * of a loop that sleeps; while it is far, a timer lets the loop sleep.
 *
 * @param {object} options
 * @param {Float64Array} options.due when each request is due, ascending
 * @param {(request: number) => unknown} options.serve answers a request; a promise is waited for
 * @param {number} options.mostWaiting requests that are due and not answered; more end the run
 * @returns {Promise<OpenLoopResult>}
 */
export function openLoop({ due, serve, mostWaiting }) {
  const requests = due.length
  const latencies = new Float64Array(requests)
  const lateness = new Float64Array(requests)
  let [arrived, sent, answered, firstAnswer] = [0, 0, 0, 0]
  let [overloaded, failed] = [false, false]
  return new Promise((resolve, reject) => {
    const begin = now()

    async function send(request) {
      lateness[request] = now() - begin - due[request]
      await serve(request)
      const at = now() - begin
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
      while (arrived < requests && due[arrived] <= now() - begin) arrived++
      if (arrived - answered > mostWaiting) {
        overloaded = true
        if (answered === sent) finish(now() - begin)
        return
      }
      if (sent < arrived) send(sent++).catch(fail)
      if (sent === requests || failed) return
      const wait = due[sent] - (now() - begin)
      if (wait < NEAR_MS) setImmediate(turn)
      else setTimeout(turn, wait - NEAR_MS / 2)
    }

    turn()
  })
}

/**
 * As many callers as told, each of which asks again as soon as it has its answer: what a service can do at most.
 * @param {{ callers: number, ms: number, serve: (request: number) => unknown }} options
 * @returns {Promise<{ answered: number, ms: number }>}
 */
export async function closedLoop({ callers, ms, serve }) {
  const begin = now()
  let [sent, answered] = [0, 0]
  const call = async () => {
    while (now() - begin < ms) {
      await serve(sent++)
      answered++
      // A turn of the event loop between two requests, as in the open loop.
      await new Promise(setImmediate)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return { answered, ms: now() - begin }
}
