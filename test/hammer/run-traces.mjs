// The child process of hammer.mjs: node --expose-gc run-traces.mjs '{"firstSeed":1,"seconds":60}', or of a trace.
import { setImmediate as turn } from 'node:timers/promises'
import { isFake } from '../helpers/fake-cuda.mjs'
import { hasDevice, makeTrace, runTrace } from './trace.mjs'

const { firstSeed, seconds, trace, times } = JSON.parse(process.argv[2])
const fake = hasDevice && isFake ? await import('../fake-cuda/fake-cuda.mjs') : undefined
const done = { traces: 0, operations: 0, checks: 0 }

/** To hammer.mjs, or where this is run by hand to the terminal. */
const send = (/** @type {object} */ message) =>
  process.send ? new Promise((resolve) => process.send?.(message, undefined, resolve)) : console.log(message)

/** Everything is freed once nobody has it. */
async function checkFreed() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await turn()
    await turn()
  }
  if (!fake) return
  const { deviceBlocks, pinnedBlocks, events, contextDepth } = fake.live()
  const violations = fake.violations()
  if (violations.length > 0) throw new Error(`the driver was misused: ${violations.join(', ')}`)
  if (deviceBlocks + pinnedBlocks + contextDepth > 0) {
    throw new Error(
      `left on the device: ${JSON.stringify({ deviceBlocks, pinnedBlocks, events, contextDepth })}`,
    )
  }
}

/** @param {import('./trace.mjs').Operation[]} one */
async function run(one) {
  const { operations, checks } = await runTrace(one)
  done.traces++
  done.operations += operations
  done.checks += checks
}

try {
  if (trace) {
    for (let i = 0; i < times; i++) await run(trace)
    await checkFreed()
  } else {
    const until = Date.now() + seconds * 1000
    for (let seed = firstSeed; Date.now() < until; seed++) {
      await send({ seed })
      await run(makeTrace(seed))
      if (seed % 10 === 0) await checkFreed()
    }
  }
  await send({ done })
} catch (error) {
  await send({ failure: error instanceof Error ? error.stack : String(error) })
  process.exit(1)
}
process.exit(0)
