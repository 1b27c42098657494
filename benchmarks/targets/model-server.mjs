// This package's server as a target of bench:server: `model-server.mjs FOLDER HTTP_PORT GRPC_PORT`. Questions:
// { op: 'delays' } reports { delayMs } of its event loop since the last such question.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createServer } from '../../server/dist/index.js'
import { toMs } from './delays.mjs'
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
    const delayMs = toMs(histogram)
    histogram.reset()
    histogram.enable()
    return { delayMs }
  },
})
