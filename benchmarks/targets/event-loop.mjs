// A target of the event-loop suite: `event-loop.mjs ID`. It runs back to back for some seconds, and reports the delays of
// its event loop.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { pseudoRandom } from '../../test/helpers/random.mjs'
import { serve } from './serve.mjs'

const [id] = process.argv.slice(2)

async function start({ path, trips, threads }) {
  if (id === 'idle') return () => setTimeout(200)
  const module = id === 'ort-node' ? 'onnxruntime-node' : '../../dist/index.mjs'
  const { InferenceSession, OrtValue, Tensor } = await import(module)
  const session = await InferenceSession.create(path, { intraOpNumThreads: threads })
  const [count, x] = [BigInt64Array.of(BigInt(trips)), pseudoRandom(96 * 96)]
  if (id === 'binding') {
    const inputs = { trips: OrtValue.wrap('int64', count, []), x: OrtValue.wrap('float32', x, [96, 96]) }
    const binding = session.createIoBinding(inputs)
    return () => binding.run()
  }
  const feeds = { trips: new Tensor('int64', count, []), x: new Tensor('float32', x, [96, 96]) }
  return () => session.run(feeds)
}

async function delays(run, seconds) {
  await run()
  await setTimeout(100)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const begin = performance.now()
  let runs = 0
  do {
    await run()
    runs++
  } while (performance.now() - begin < seconds * 1000)
  const took = performance.now() - begin
  // One more turn of the event loop records the last delay.
  await setTimeout(5)
  delay.disable()
  const ms = (nanoseconds) => Math.round(nanoseconds / 1e3) / 1e3
  const delayMs = { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) }
  return { runs, runMs: id === 'idle' ? null : Math.round(took / runs), delayMs }
}

await serve({ run: async ({ bench, seconds }) => delays(await start(bench), seconds) })
