// The servers take turns with the same client. What counts is their CPU time by request, which other work on the machine
// changes little.
import { join } from 'node:path'
import { timeWithChildren } from '../../core/quiet.mjs'
import { spread } from '../../core/statistics.mjs'
import { TargetProcess } from '../../core/target-process.mjs'
import { closedLoop } from '../../targets/open-loop.mjs'
import { isClose } from '../../targets/services.mjs'
import { connect } from './client.mjs'
import { startServer } from './servers.mjs'

const IDLE = join(import.meta.dirname, '..', '..', 'targets', 'node.mjs')
/** Callers of a server: enough to keep it busy, also where it puts them together. */
const CALLERS = 32
const WARM_UP = 0.3
/** Requests before the first round, which V8 needs to compile a server's code. */
const FIRST_REQUESTS = 3000

/** Microseconds of CPU by request, and requests per second. */
async function sample({ server, ask }, seconds) {
  await closedLoop({ callers: CALLERS, ms: WARM_UP * seconds * 1000, serve: ask })
  const before = timeWithChildren(server.pid)
  const { answered, ms } = await closedLoop({ callers: CALLERS, ms: seconds * 1000, serve: ask })
  return {
    us: ((timeWithChildren(server.pid) - before) * 1e6) / answered,
    perSecond: (answered * 1000) / ms,
  }
}

/** A row for each server and kind of request. */
export async function measureServers(model, wanted, settings) {
  const { missing, seconds, rounds, onStep } = settings
  const entries = []
  const started = []
  try {
    for (const { id, label, kinds, python } of wanted) {
      if (python && missing) {
        entries.push({ id, label, kind: '', notMeasured: missing })
        continue
      }
      onStep(`${model.id}: ${id} starts`)
      const server = await startServer(id, model, settings)
      started.push(server)
      for (const kind of kinds)
        entries.push({ id, label, kind, server, ...connect(server, model, kind), us: [], perSecond: [] })
    }
    const measured = entries.filter(({ notMeasured }) => notMeasured === undefined)
    const expected = await measured[0].ask()
    for (const { id, kind, ask } of measured) {
      const answer = await ask()
      if (!isClose(answer, expected)) throw new Error(`${id}, ${kind}: got ${answer} instead of ${expected}`)
    }
    for (const { id, kind, ask } of measured) {
      onStep(`${model.id}: ${id}, ${kind}, warm-up`)
      const begin = performance.now()
      for (let sent = 0; sent < FIRST_REQUESTS && performance.now() - begin < 4000 * seconds; sent += CALLERS)
        await Promise.all(Array.from({ length: CALLERS }, ask))
    }
    for (let round = 0; round < rounds; round++)
      for (const entry of measured) {
        onStep(`${model.id}: round ${round + 1} of ${rounds}, ${entry.id}, ${entry.kind}`)
        const { us, perSecond } = await sample(entry, seconds)
        entry.us.push(us)
        entry.perSecond.push(perSecond)
      }
  } finally {
    for (const { close } of entries) close?.()
    for (const server of started) await server.stop()
  }
  return entries.map(({ id, label, kind, notMeasured, us, perSecond }) =>
    notMeasured === undefined
      ? { id, label, kind, us: spread(us), perSecond: spread(perSecond) }
      : { id, label, kind, notMeasured },
  )
}

/** The timer that measures a delay is due every millisecond, which is not a delay. */
const beyond = ({ delayMs }) =>
  Object.fromEntries(Object.entries(delayMs).map(([key, ms]) => [key, Math.max(0, ms - 1)]))

/** The delay of the server's event loop while a model of long runs is busy, and that of an idle process beside it. */
export async function eventLoopDelay(model, settings) {
  const { seconds, rounds, onStep } = settings
  const server = await startServer('ours-batching', model, settings)
  const { ask, close } = connect(server, model, 'binary')
  const idle = new TargetProcess([process.execPath, IDLE, 'idle'])
  try {
    onStep(`${model.id}: the event loop`)
    await closedLoop({ callers: CALLERS, ms: seconds * 1000, serve: ask })
    await server.process.ask({ op: 'delays' })
    const [{ answered }, beside] = await Promise.all([
      closedLoop({ callers: CALLERS, ms: seconds * rounds * 1000, serve: ask }),
      idle.ask({ op: 'delays', seconds: seconds * rounds }),
    ])
    const ours = beyond(await server.process.ask({ op: 'delays' }))
    return { callers: CALLERS, requests: answered, ours, idle: beyond(beside) }
  } finally {
    close()
    await Promise.all([server.stop(), idle.stop()])
  }
}
