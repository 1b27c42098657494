// This package's server as a target of bench:server: `model-server.mjs FOLDER HTTP_PORT GRPC_PORT`. Questions:
// { op: 'delays' } reports { delayMs } of its event loop since the last such question.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createServer } from '../../server/dist/index.js'
import { serve } from './serve.mjs'

const [modelRepository, httpPort, grpcPort] = process.argv.slice(2)
const server = await createServer({
  modelRepository,
  httpPort: Number(httpPort),
  grpcPort: Number(grpcPort),
  metricsPort: 0,
})
const bad = server.models.find(({ state }) => state !== 'READY')
if (bad !== undefined) throw new Error(`${bad.name}: ${bad.reason}`)
const histogram = monitorEventLoopDelay({ resolution: 1 })

await serve({
  delays() {
    const ms = (nanoseconds) => nanoseconds / 1e6
    const delayMs = {
      p50: ms(histogram.percentile(50)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
    }
    histogram.reset()
    histogram.enable()
    return { delayMs }
  },
})
