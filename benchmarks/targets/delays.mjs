// How long the event loop of this process is delayed while calls run back to back.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** What a histogram of monitorEventLoopDelay has recorded, in milliseconds. */
export function toMs(/** @type {import('node:perf_hooks').IntervalHistogram} */ histogram) {
  const ms = (nanoseconds) => Math.round(nanoseconds / 1e3) / 1e3
  return { p50: ms(histogram.percentile(50)), p99: ms(histogram.percentile(99)), max: ms(histogram.max) }
}

/** @param {(() => Promise<unknown>) | undefined} call undefined: nothing, in an idle process */
export async function delays(call, seconds) {
  await call?.()
  await setTimeout(100)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // A delay is recorded from one turn of the event loop to the next: the first must precede the first call.
  await setTimeout(5)
  const begin = performance.now()
  let runs = 0
  for (; runs === 0 || performance.now() - begin < seconds * 1000; runs++) await (call?.() ?? setTimeout(200))
  const runMs = call ? Math.round((performance.now() - begin) / runs) : null
  // One more turn of the event loop records the last delay.
  await setTimeout(5)
  delay.disable()
  return { runs, runMs, delayMs: toMs(delay) }
}
