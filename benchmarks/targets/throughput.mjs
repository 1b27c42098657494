// A target of the throughput suite: `throughput.mjs ID`. Questions: { op: 'open', case } answers the first requests,
// { op: 'put', load } applies a load and reports the result.
import { closedLoop, openLoop, poissonSchedule, stepResult } from './open-loop.mjs'
import { serve } from './serve.mjs'
import { INPUT_SETS, isClose, startService } from './services.mjs'
import { background, readQuestions, writeAnswers } from './work.mjs'

/** Callers before each load: caches and the processor's clock are the previous target's. */
const WARM_UP_CALLERS = 4

/**
 * @typedef {{ handler: number, background: number, everyMs: number }} Work units per request, and units per tick of the timer
 * @typedef {{ kind: 'closed', callers: number, ms: number, warmUpMs: number, work?: Work }} ClosedLoad
 * @typedef {{ kind: 'open', rate: number, requests: number, seed: number, mostWaiting: number, warmUpMs: number, work?: Work }} OpenLoad
 */

const [id] = process.argv.slice(2)
let service
const answers = []
/** Milliseconds that the other work of this load has taken. */
let workMs = 0

function timed(work, ...args) {
  const begin = performance.now()
  const result = work(...args)
  workMs += performance.now() - begin
  return result
}

/** A request's handler: reads the question, runs the model, writes the answer. */
const handler = (units) => async (request) => {
  const question = timed(readQuestions, units)
  const [answer, expected] = [await service(request), answers[request % INPUT_SETS]]
  if (!isClose(answer, expected))
    throw new Error(`${id}: request ${request} got ${answer} instead of ${expected}`)
  timed(writeAnswers, units, question)
}

/** @param {ClosedLoad | OpenLoad} load */
async function put(load) {
  const serveRequest = handler(load.work?.handler ?? 0)
  await closedLoop({ callers: WARM_UP_CALLERS, ms: load.warmUpMs, serve: serveRequest })
  workMs = 0
  const timer = load.work && setInterval(timed, load.work.everyMs, background, load.work.background)
  try {
    if (load.kind === 'closed') {
      const before = process.cpuUsage()
      const { answered, ms } = await closedLoop({ ...load, serve: serveRequest })
      const { user, system } = process.cpuUsage(before)
      return { perSecond: (answered / ms) * 1000, cpuUs: (user + system) / answered, workShare: workMs / ms }
    }
    const due = poissonSchedule(load)
    const result = await openLoop({ due, serve: serveRequest, mostWaiting: load.mostWaiting })
    return { ...stepResult(due, result), workShare: workMs / result.lastAnswer }
  } finally {
    clearInterval(timer)
  }
}

await serve({
  async open({ case: bench }) {
    service = await startService(id, bench)
    for (let set = 0; set < INPUT_SETS; set++) answers.push(await service(set))
    return { answers }
  },
  put: ({ load }) => put(load),
})
