// A contender's process: started by fork, with the contender's id and the Case as JSON. It sends what the first requests'
// answers are, then answers each load that it is sent with what came of it.
import { closedLoop, openLoop, poissonSchedule } from './open-loop.mjs'
import { contenders, INPUT_SETS, isClose, nothing } from './throughput-services.mjs'
import { stepResult } from './throughput-statistics.mjs'
import { background, readQuestions, writeAnswers } from './throughput-work.mjs'

/** Before each load: the caches and the processor's clock are the last contender's. */
const WARM_UP = { callers: 4, ms: 200 }

/**
 * @typedef {{ handler: number, background: number, everyMs: number }} Work units a request, and units a tick of the timer
 * @typedef {{ kind: 'closed', callers: number, ms: number, work?: Work }} ClosedLoad
 * @typedef {{ kind: 'open', rate: number, requests: number, seed: number, mostWaiting: number, work?: Work }} OpenLoad
 */

const [id, bench] = process.argv.slice(2)
const service = await [...contenders, nothing]
  .find((contender) => contender.id === id)
  .start(JSON.parse(bench))
const answers = []
for (let set = 0; set < INPUT_SETS; set++) answers.push(await service(set))

/** Milliseconds that this load's other work has taken so far. */
let workMs = 0

function timed(work, ...args) {
  const begin = performance.now()
  const result = work(...args)
  workMs += performance.now() - begin
  return result
}

/** A request's handler: reads the question, has it answered, writes the answer. */
const handler = (units) => async (request) => {
  const question = timed(readQuestions, units)
  const [answer, expected] = [await service(request), answers[request % INPUT_SETS]]
  if (!isClose(answer, expected)) {
    throw new Error(`${id}: request ${request} got ${answer} instead of ${expected}`)
  }
  timed(writeAnswers, units, question)
}

/** @param {ClosedLoad | OpenLoad} load */
async function put(load) {
  const serve = handler(load.work?.handler ?? 0)
  await closedLoop({ ...WARM_UP, serve })
  workMs = 0
  const timer = load.work && setInterval(timed, load.work.everyMs, background, load.work.background)
  try {
    if (load.kind === 'closed') {
      const { answered, ms } = await closedLoop({ ...load, serve })
      return { perSecond: (answered / ms) * 1000, workShare: workMs / ms }
    }
    const due = poissonSchedule(load)
    const result = await openLoop({ due, serve, mostWaiting: load.mostWaiting })
    return { ...stepResult(due, result), workShare: workMs / result.lastAnswer }
  } finally {
    clearInterval(timer)
  }
}

process.on('message', (/** @type {ClosedLoad | OpenLoad} */ load) => {
  put(load).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  )
})
// The parent has gone, or wants no more.
process.on('disconnect', () => process.exit())
process.send({ answers })
